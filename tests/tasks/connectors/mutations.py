"""Twelve ways to spoil a body, whatever its format: bytes and a seeded generator in, other bytes out."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Mutation = Callable[[bytes, random.Random], bytes]
NUMBER = re.compile(rb"(?<![\w/.:-])-?\d+(?:[.,]\d+)?(?![\w/.:-])")
DATE = re.compile(rb"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}|(?<=01)20\d{6}")
ODD_NUMBERS = (
    b"1E1000000", b"-1e999", b"9" * 5000, b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b'""', b"", b'"x"',
    b"0x1F", b"1_000", b"1.2.3", "\u0665".encode(), b"[]", b"{}", b"1e-400", b"\x00", b"--1", b'"\\u0000"',
    b'"\\ud800"',
)  # fmt: skip
ODD_DATES = (
    b"01/03/29", b"0029-03-01", b"9999-12-31", b"2026-02-30", b"", b"null", b"99999999", b"20269999", b"31/31/2026",
    b"2026-11-03T00:00:00+14:00", b"\xff\xfe",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, [], {}, "", "x", 0, -1, 1.5, 10**40, [[]], {"a": 1}, "\0", "\ud800", "1" * 3000, ["x"] * 3, 10**18,
)  # fmt: skip


def cut(text: bytes, rng: random.Random) -> bytes:
    """Never at the end of a line: what is left then is a smaller table, and no format of lines can tell."""
    places = [rng.randrange(1, max(2, len(text))) for _ in range(20)]
    fit = (at for at in places if text[at - 1 : at] not in b"\r\n" and text[at : at + 1] not in (b"\r", b"\n", b""))
    return text[: next(fit, len(text) // 2)]


def doubled(text: bytes, rng: random.Random) -> bytes:
    """The whole again, or one line of it again with another number."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 3 or rng.random() < 0.3:
        return text + text
    at = rng.randrange(1, len(lines))
    other = NUMBER.sub(b"7", lines[at], count=1) if rng.random() < 0.5 else lines[at]
    return b"".join([*lines[: at + 1], other, *lines[at + 1 :]])


def odd_number(text: bytes, rng: random.Random) -> bytes:
    return _with(text, rng, NUMBER, ODD_NUMBERS)


def odd_date(text: bytes, rng: random.Random) -> bytes:
    return _with(text, rng, DATE, ODD_DATES)


def _with(text: bytes, rng: random.Random, pattern: re.Pattern[bytes], odd: tuple[bytes, ...]) -> bytes:
    found = list(pattern.finditer(text))
    if not found:
        return text + rng.choice(odd)
    one = rng.choice(found)
    return text[: one.start()] + rng.choice(odd) + text[one.end() :]


def retyped(text: bytes, rng: random.Random) -> bytes:
    """A value of a JSON document of another type; elsewhere a field of a line."""
    return _changed(text, rng, lambda holder, key: holder.__setitem__(key, rng.choice(ODD_VALUES)))


def renamed(text: bytes, rng: random.Random) -> bytes:
    def rename(holder: Any, key: Any) -> None:
        value = holder.pop(key)
        if isinstance(holder, dict) and rng.random() < 0.7:
            holder[rng.choice((f"{key}_", str(key).upper(), "\0", "x"))] = value

    return _changed(text, rng, rename)


def repeated(text: bytes, rng: random.Random) -> bytes:
    """A row of a JSON list again, one of its values another."""

    def repeat(holder: Any, key: Any) -> None:
        if isinstance(holder, list):
            copy = json.loads(json.dumps(holder[key]))
            if isinstance(copy, dict) and copy:
                copy[rng.choice(sorted(copy))] = rng.choice(("7", 7, 7.5, None))
            holder.insert(key, copy)

    return _changed(text, rng, repeat)


def _changed(text: bytes, rng: random.Random, change: Callable[[Any, Any], None]) -> bytes:
    try:
        document = json.loads(text)
    except ValueError:
        return _with(text, rng, re.compile(rb"[^,;<>\r\n]+"), (*ODD_NUMBERS, *ODD_DATES))
    holder, key = rng.choice(list(_places([document])))
    change(holder, key)
    return json.dumps(document).encode()


def _places(holder: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    for key in keys:
        if depth:
            yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key], depth + 1)


def nested(text: bytes, rng: random.Random) -> bytes:
    deep = rng.choice((60, 2000, 100_000))
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>")))
    whole = opening * deep + (text if rng.random() < 0.5 else b"") + (closing * deep if rng.random() < 0.5 else b"")
    found = list(NUMBER.finditer(text))
    if not found or rng.random() < 0.5:
        return whole
    one = rng.choice(found)
    return text[: one.start()] + whole + text[one.end() :]


def other_encoding(text: bytes, rng: random.Random) -> bytes:
    words = text.decode("utf-8", "replace")
    kind = rng.choice(("utf-16", "utf-16-be", "utf-32", "latin-1", "utf-7", "cp037"))
    return words.encode(kind, "replace") if rng.random() < 0.8 else b"\xef\xbb\xbf" * 2 + text


def odd_bytes(text: bytes, rng: random.Random) -> bytes:
    """NUL, control characters, lone bytes of UTF-8, flipped bits."""
    spoiled = bytearray(text or b"x")
    for _ in range(rng.choice((1, 1, 3, 50))):
        at = rng.randrange(len(spoiled))
        odd = rng.choice((b"\0", b"\x1b", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\n", b'"', b"<", b";", b","))
        spoiled[at : at + rng.choice((0, 1))] = odd if rng.random() < 0.7 else bytes([rng.randrange(256)])
    return bytes(spoiled)


def other_width(text: bytes, rng: random.Random) -> bytes:
    """A line shorter or longer by a field, or of another separator; the last line without its end."""
    lines = text.splitlines(keepends=True) or [b""]
    at, roll = rng.randrange(len(lines)), rng.random()
    mark = b";" if b";" in lines[at] else b","
    if roll < 0.25:
        lines[-1] = lines[-1].rstrip(b"\r\n")[: -rng.choice((1, 2, 3))]
    elif roll < 0.5:
        lines[at] = lines[at].replace(mark, b"", 1)
    elif roll < 0.75:
        lines[at] = lines[at].replace(mark, mark * 2, 1)
    else:
        lines[at] = lines[at].replace(mark, b"|")
    return b"".join(lines)


def another_answer(text: bytes, rng: random.Random) -> bytes:
    """A page, an empty body, an error of a gateway, a document with entities, another archive."""
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]><feed>' + b"&b;" * 10 + b"</feed>"
    return rng.choice(
        (b"", b" ", b"null", b"[]", b"{}", b"0", b'"x"', b"<html></html>", b"<a/>", bomb, b"PK\x03\x04", b"PK\x05\x06",
         b"MZ", b"\x1f\x8b\x08", b"\x00" * 5000, b"Too Many Requests", b'{"value": null}', b"[null]", b'{"chart": []}',
         text[::-1])
    )  # fmt: skip


MUTATIONS: Mapping[str, Mutation] = {
    one.__name__.replace("_", " "): one
    for one in (
        cut, doubled, odd_number, odd_date, retyped, renamed, repeated, nested, other_encoding, odd_bytes, other_width,
        another_answer,
    )
}  # fmt: skip
