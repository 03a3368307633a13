"""A file that is written whole or not at all: a reader never sees half of it, and a crash leaves the old one."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomically(path: Path, text: str, mode: int = 0o666) -> None:
    """Writes `text` (UTF-8) to a temporary file beside `path`, then renames it to `path`.

    The temporary name carries the process id, so that two processes do not write into each other's file. Raises
    OSError, which names `path`, and then `path` is as it was.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        temporary.touch(mode=mode)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        error.filename = str(path)  # a disk that is full is told without a name, by the write itself
        raise
