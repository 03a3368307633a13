"""B3's downloads: a zip, a zip inside a zip, a self-extracting archive (a zip behind a program), or the bare file.

Pure bytes in, bytes out. Errors are ValueError with the reason; EmptyArchive is B3's way to say "no file for that day".
"""

from __future__ import annotations

import io
import zipfile
import zlib

TINY_ARCHIVE = 1024  # B3 answers a day without a file with an archive of a few dozen bytes
_DEEPEST = 4
_MOST_BYTES = 1 << 30


class EmptyArchive(ValueError):
    """The archive holds no file: B3 has none for that day."""


def unpacked(body: bytes, ending: str) -> list[tuple[str, bytes]]:
    """Files named *`ending` (any case) inside `body`, at any depth, in name order. A bare file comes back nameless.

    Raises EmptyArchive for an archive without files, ValueError for one that is broken or holds other files.
    """
    if not _is_archive(body):
        return [("", body)]
    found = _inside(body, ending.lower(), 0)
    if found:
        return sorted(found)
    if len(body) < TINY_ARCHIVE:
        raise EmptyArchive(f"an archive of {len(body)} bytes without a file")
    raise ValueError(f"archive of {len(body)} bytes without a *{ending} file")


def _is_archive(body: bytes) -> bool:
    """A zip, also the empty one, or a program (MZ) with a zip behind it."""
    return body[:4] in (b"PK\x03\x04", b"PK\x05\x06") or body[:2] == b"MZ"


def _inside(body: bytes, ending: str, depth: int) -> list[tuple[str, bytes]]:
    if depth > _DEEPEST:
        raise ValueError(f"archives nested more than {_DEEPEST} deep")
    found: list[tuple[str, bytes]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for entry in archive.infolist():
                if entry.is_dir() or not entry.file_size:
                    continue
                if entry.file_size > _MOST_BYTES:
                    raise ValueError(f"{entry.filename} unpacks to {entry.file_size} bytes")
                content = archive.read(entry)
                if _is_archive(content):
                    found += _inside(content, ending, depth + 1)
                elif entry.filename.lower().endswith(ending):
                    found.append((entry.filename, content))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"broken archive of {len(body)} bytes: {error}") from error
    return found
