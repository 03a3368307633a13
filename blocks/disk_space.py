"""Whether a disk has room for a run, asked before the run starts: a full one cuts a run in its middle."""

from __future__ import annotations

import shutil
from pathlib import Path

from desk.errors import StoreError

MEGABYTE = 1 << 20


def require_space(folder: Path, megabytes: int, use: str) -> None:
    """Raises StoreError, which names the folder, where its disk has less free space than this."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free // MEGABYTE
    if free < megabytes:
        raise StoreError(
            f"no space left for {use} in {folder}: {free} MB are free, and a run needs {megabytes} MB"
            " (ALVORADA_MIN_FREE_MB); nothing was started"
        )
