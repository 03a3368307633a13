"""Content-Encoding, opened as the bytes come: never more than a cap, and no body without its own end.

gzip may come in several members, each with its end mark, CRC and length (RFC 1952); deflate in a zlib stream or bare.
An encoding that was not requested is refused.
"""

from __future__ import annotations

import zlib

ACCEPTED = "gzip, deflate"
_GZIP, _ZLIB, _BARE = 31, 15, -15
_GZIP_MARK = b"\x1f\x8b"
_IN, _OUT = 1 << 16, 1 << 20
_MOST_MEMBERS = 1000


class BrokenEncoding(Exception):
    """The bytes are not of their encoding, or end before it does: another try may bring them whole."""


class TooLarge(Exception):
    """The body is larger than its source's answers may be."""


class UnknownEncoding(Exception):
    """The body is in an encoding that was not requested."""


class Opener:
    """Takes raw bytes by `feed` and gives the whole body by `close`.

    encoding    the Content-Encoding header; None or "identity" leaves the bytes as they are
    most_bytes  cap on the opened body, and on the raw one
    """

    def __init__(self, encoding: str | None, most_bytes: int) -> None:
        self._encoding = (encoding or "identity").strip().lower() or "identity"
        if self._encoding not in ("identity", "gzip", "x-gzip", "deflate"):
            raise UnknownEncoding(f"an encoding that was not requested: {self._encoding!r:.40}")
        self._most, self._size, self.raw_bytes = most_bytes, 0, 0
        self._parts: list[bytes] = []
        self._rest, self._members = b"", 0
        self._member: zlib._Decompress | None = None

    def feed(self, raw: bytes) -> None:
        """Raises BrokenEncoding, TooLarge."""
        self.raw_bytes += len(raw)
        if self.raw_bytes > self._most:
            raise TooLarge(self._words())
        if self._encoding == "identity":
            self._keep(raw)
            return
        for start in range(0, len(raw), _IN):
            self._rest += raw[start : start + _IN]
            try:
                self._open()
            except zlib.error as error:
                raise BrokenEncoding(f"broken {self._encoding}: {error}") from None

    def close(self) -> bytes:
        """The whole body. Raises BrokenEncoding where the encoding has not ended."""
        has_ended = self._member is None and self._members and not self._rest
        if self._encoding != "identity" and self.raw_bytes and not has_ended:
            raise BrokenEncoding(f"cut body: {self._encoding} without its end, after {self.raw_bytes} bytes")
        return b"".join(self._parts)

    def _open(self) -> None:
        while True:
            self._member = self._member or self._next_member()
            if self._member is None:
                return
            opened = self._member.decompress(self._rest, _OUT)
            self._rest = self._member.unconsumed_tail
            self._keep(opened)
            if self._member.eof:
                self._rest, self._member = self._member.unused_data, None
            elif len(opened) < _OUT and not self._rest:
                return

    def _next_member(self) -> zlib._Decompress | None:
        """After an end there is another member of gzip, a padding of zeros, or nothing. None: not known yet."""
        if self._members:
            is_gzip = self._encoding != "deflate"
            self._rest = self._rest.lstrip(b"\0") if is_gzip else self._rest
            if self._rest and not (is_gzip and _GZIP_MARK.startswith(self._rest[:2])):
                raise BrokenEncoding(f"broken {self._encoding}: bytes after its end")
        if len(self._rest) < 2:
            return None
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BrokenEncoding(f"broken {self._encoding}: more than {_MOST_MEMBERS} members")
        return zlib.decompressobj(self._window())

    def _window(self) -> int:
        if self._encoding != "deflate":
            return _GZIP
        first, second = self._rest[:2]
        return _ZLIB if first & 0x0F == 8 and (first << 8 | second) % 31 == 0 else _BARE

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._most:
            raise TooLarge(self._words())
        if part:
            self._parts.append(part)

    def _words(self) -> str:
        return f"a body of more than the {self._most >> 20} MB that an answer of this source may have"
