"""B3's downloads: a zip, a zip inside a zip, a self-extracting archive (a zip behind a program), or the bare file.

Pure bytes in, bytes out, and never more of them than the caller allows: sizes that an archive states are not believed,
they are counted while it opens, over all entries and depths. Errors are ValueError with the reason; EmptyArchive is
B3's way to say "no file for that day".
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib

TINY_ARCHIVE = 1024  # B3 answers a day without a file with an archive of a few dozen bytes
_DEEPEST = 4
_MOST_ENTRIES = 1000
_CHUNK = 1 << 20


class EmptyArchive(ValueError):
    """The archive holds no file: B3 has none for that day."""


def unpacked(body: bytes, ending: str, most_bytes: int) -> list[tuple[str, bytes]]:
    """Files named *`ending` (any case) inside `body`, at any depth, in name order. A bare file comes back nameless.

    Raises EmptyArchive for an archive without files, ValueError for one that is broken, holds other files, holds two
    different ones of one name, or opens to more than `most_bytes` in all.
    """
    if not _is_archive(body):
        return [("", body)]
    found = _Opening(ending.lower(), most_bytes).files(body, 0)
    if found:
        named = dict(found)
        if any(named[name] != content for name, content in found):
            raise ValueError("two different files of one name in one archive")
        return sorted(named.items())
    if len(body) < TINY_ARCHIVE:
        raise EmptyArchive(f"an archive of {len(body)} bytes without a file")
    raise ValueError(f"archive of {len(body)} bytes without a *{ending} file")


def _is_archive(body: bytes) -> bool:
    """A zip, also the empty one, or a program (MZ) with a zip behind it."""
    return body[:4] in (b"PK\x03\x04", b"PK\x05\x06") or body[:2] == b"MZ"


class _Opening:
    """One answer as it opens: what may still come out of it."""

    def __init__(self, ending: str, most_bytes: int) -> None:
        self._ending, self._most, self._left, self._entries = ending, most_bytes, most_bytes, _MOST_ENTRIES

    def files(self, body: bytes, depth: int) -> list[tuple[str, bytes]]:
        if depth > _DEEPEST:
            raise ValueError(f"archives nested more than {_DEEPEST} deep")
        found: list[tuple[str, bytes]] = []
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                entries = archive.infolist()
                self._entries -= len(entries)
                if self._entries < 0:
                    raise ValueError(f"an archive of more than {_MOST_ENTRIES} entries")
                for entry in entries:
                    content = b"" if entry.is_dir() else self._read(archive, entry)
                    if _is_archive(content):
                        found += self.files(content, depth + 1)
                    elif content and entry.filename.lower().endswith(self._ending):
                        found.append((entry.filename, content))
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, LookupError, RuntimeError) as error:
            raise ValueError(f"broken archive of {len(body)} bytes: {error}") from error
        return found

    def _read(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
        """One entry whole, its CRC checked at its end (by zipfile)."""
        parts = []
        with archive.open(entry) as stream:
            while part := stream.read(min(_CHUNK, self._left + 1)):
                self._left -= len(part)
                if self._left < 0:
                    raise ValueError(
                        f"{entry.filename!r:.60} opens to more than the {self._most >> 20} MB of the source"
                    )
                parts.append(part)
        return b"".join(parts)
