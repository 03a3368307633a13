"""Encodings are opened to their end, every member of them, under a cap; what was cut is never taken for whole."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.connectors.encodings import BrokenEncoding, Opener, TooLarge, UnknownEncoding

TABLE = b"observation_date,DGS10\n" + b"".join(b"2026-11-%02d,4.%02d\n" % (day, 3 * day) for day in range(1, 31))
MB = 1 << 20


def deflated(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


def opened(encoding: str | None, raw: bytes, most: int = MB, piece: int = 7) -> bytes:
    opener = Opener(encoding, most)
    for start in range(0, len(raw), piece):
        opener.feed(raw[start : start + piece])
    return opener.close()


@given(st.binary(max_size=3000), st.sampled_from(sorted(PACKED)), st.integers(1, 500))
def test_a_body_comes_back_whatever_the_pieces(body: bytes, encoding: str, piece: int) -> None:
    assert opened(encoding, PACKED[encoding](body), piece=piece) == body
    assert opened("Deflate ", deflated(body) if len(body) > 1 else zlib.compress(body), piece=piece) == body
    assert opened(None, body, piece=piece) == body


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_no_cut_body_is_taken_for_whole(encoding: str) -> None:
    """Of 60 cut points 53 were once accepted, and eleven gave another last price."""
    raw = PACKED[encoding](TABLE)
    for end in range(1, len(raw)):
        with pytest.raises(BrokenEncoding, match="cut body"):
            opened(encoding, raw[:end])
    bare = deflated(TABLE)
    with pytest.raises(BrokenEncoding, match="cut body"):
        opened("deflate", bare[: len(bare) * 6 // 10])


def test_every_member_is_opened_and_each_has_its_end() -> None:
    first, second = gzip.compress(TABLE[:300]), gzip.compress(TABLE[300:])
    assert opened("gzip", first + second) == TABLE
    assert opened("gzip", first + second + bytes(512)) == TABLE, "a padding of zeros is allowed"
    for end in range(len(first) + 1, len(first + second)):
        with pytest.raises(BrokenEncoding):
            opened("gzip", (first + second)[:end])
    with pytest.raises(BrokenEncoding, match="bytes after its end"):
        opened("gzip", first + b"<html>")
    with pytest.raises(BrokenEncoding, match="bytes after its end"):
        opened("deflate", zlib.compress(TABLE) * 2)
    with pytest.raises(BrokenEncoding, match="more than 1000 members"):
        opened("gzip", gzip.compress(b"") * 1001, piece=65536)


@pytest.mark.parametrize("place", [-1, -5, 12])
def test_a_damaged_end_mark_or_middle_is_found(place: int) -> None:
    raw = bytearray(gzip.compress(TABLE))
    raw[place] ^= 0x55
    with pytest.raises(BrokenEncoding):
        opened("gzip", bytes(raw))


def test_the_cap_holds_while_it_opens() -> None:
    bomb = gzip.compress(bytes(40 * MB))
    assert len(bomb) < 50_000
    opener = Opener("gzip", 2 * MB)
    with pytest.raises(TooLarge, match="more than the 2 MB"):
        opener.feed(bomb)
    noise = random.Random(1).randbytes(3 * MB)
    with pytest.raises(TooLarge):
        opened(None, noise, 2 * MB, piece=65536)
    assert opened("gzip", gzip.compress(noise), 4 * MB, piece=65536) == noise


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress\0"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(UnknownEncoding, match="not requested"):
        Opener(encoding, MB)


def test_an_empty_body_has_no_end_to_look_for() -> None:
    assert opened("gzip", b"") == b""
