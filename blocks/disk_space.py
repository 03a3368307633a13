"""Whether a disk has room for a run, checked before the run starts: a full one cuts a run in its middle. And how a
full disk is recognised in the messages of the system and of PostgreSQL."""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path

from desk.errors import StoreError

MEGABYTE = 1 << 20
NOT_WRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""Full, over its quota, read-only: what nothing but more room, or another place, mends."""
_FULL = re.compile(r"No space left on device|Disk quota exceeded|Read-only file system|wrote only \d+ of \d+ bytes")


def require_space(folder: Path, megabytes: int, use: str) -> None:
    """Raises StoreError, which names the folder, where its disk has less free space than this."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free // MEGABYTE
    if free < megabytes:
        raise StoreError(
            f"no space left for {use} in {folder}: {free} MB are free, and a run needs {megabytes} MB"
            " (ALVORADA_MIN_FREE_MB); nothing was started"
        )


def full_disk_line(text: str) -> str | None:
    """The first line in which a program reports a full disk, without its time stamp and severity."""
    found = next((line for line in text.splitlines() if _FULL.search(line)), None)
    return None if found is None else found.split(":  ", 1)[-1].strip()


def cannot_be_written(error: OSError) -> str | None:
    """One clear line for an error of NOT_WRITABLE, with the file where the error knows it; None for another error."""
    if error.errno not in NOT_WRITABLE:
        return None
    return f"{error.strerror}: {error.filename or 'a file that this command writes'} cannot be written"
