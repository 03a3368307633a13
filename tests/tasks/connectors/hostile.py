"""Mutations of an attacker, beside those of accidents (mutations.py): each form is one that some reader takes.

Keys that come twice, byte-order marks in the middle, numbers with another culture's separators or signs, dates of other
calendars, lone surrogates, lines without an end, archives in archives and archives that claim other sizes.
"""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zipfile
from collections.abc import Mapping

from tests.tasks.connectors.mutations import DATE, NUMBER, Mutation

SEPARATED = (
    b"1.234,56", b"1,234.56", b"1'234.56", b"1 234.56", "1\u00a0234,56".encode(), "1\u202f234.56".encode(), b"1_234.56",
    "\u0661\u0662\u066b\u0665".encode(), "\uff11\uff12.\uff15".encode(), "\u2212".encode() + b"12.5", b"12.5-",
    b"(12.5)", b"+12.5", b"12.5%", b"R$ 12.5", b"1/3", b"12.5e0", b"0x1.8p3", b"1e5", b".5", b"5.", b"00012.5",
    b"1.2e+0003", b"-.0", "\u00bd".encode(), "1\u200b2.5".encode(), b"1,2,3", b"1.2.3,4",
)  # fmt: skip
ZEROS = (b"-0", b"-0.0", b"-0,0", b"0e0", b"-0e999999", b"0.0000000000000000000000000000000000001", b"-1e-999")
DATES = (
    b"5787-08-23", b"1448-05-02", b"2569-11-18", b"0008-11-18", b"2026-W47-3", b"2026-322", b"20261118",
    b"2026-11-18T24:00:00", b"2026-02-29", b"2026-11-31", b"2026-13-18", b"18.11.2026", b"11/18/26", b"18/11/2569",
    b"2026-11-18+14:00", b"-2026-11-18", b"02026-11-18", "\u0662\u0660\u0662\u0666-11-18".encode(), b"1900-02-29",
    b"2100-02-29", b"1763424000", b"46344", b"2026-11-18 23:59:60", b"2026-00-18", b"31/12/1899", b"01/01/2201",
)  # fmt: skip
TEXTS = ("\ud800", "\udfff", "\u202e", "\ufeff", "\u2028", "\x85", "\u0000", "\x7f", "a" * 5000, "\u0301" * 300, "🇧🇷")


def key_twice(text: bytes, rng: random.Random) -> bytes:
    """A key of a JSON object again, with the same or another value; in a table, a column's name again."""
    found = list(re.finditer(rb'"[^"\\]{1,40}":(?=[^\[{])', text))
    if not found:
        head, mark, rest = text.partition(b"\n")
        cells = re.split(rb"[;,]", head)
        return head.replace(cells[-1], cells[0]) + mark + rest
    one = rng.choice(found)
    value = rng.choice((b"1", b"null", b'"x"', b'"2026-11-03"', b"[]"))
    twin = one.group(0) if rng.random() < 0.7 else one.group(0).replace(b"a", b"\\u0061", 1)
    return text[: one.start()] + twin + value + b"," + text[one.start() :]


def mark_inside(text: bytes, rng: random.Random) -> bytes:
    """A byte-order mark before a name, a number or a line; or all of it twice, in two encodings."""
    mark = rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x0e", b"\xc2\xa0", b"\xe2\x80\x8b"))
    roll = rng.random()
    if roll < 0.3:
        return mark + text
    if roll < 0.4:
        half = len(text) // 2
        return text[:half] + text[half:].decode("utf-8", "replace").encode("utf-16-le")
    at = rng.choice([match.start() for match in re.finditer(rb"[\w]+", text)] or [0])
    return text[:at] + mark + text[at:]


def other_separators(text: bytes, rng: random.Random) -> bytes:
    return _replaced(text, rng, NUMBER, SEPARATED)


def odd_zero(text: bytes, rng: random.Random) -> bytes:
    return _replaced(text, rng, NUMBER, ZEROS)


def other_calendar(text: bytes, rng: random.Random) -> bytes:
    return _replaced(text, rng, DATE, DATES)


def odd_text(text: bytes, rng: random.Random) -> bytes:
    """A text of a document is one that no name should be, as an escape where it is JSON."""
    words = list(re.finditer(rb'(?<=")[A-Za-z][^"\\]{0,40}(?=")', text)) or list(re.finditer(rb"[A-Za-z]{3,}", text))
    odd = json.dumps(rng.choice(TEXTS))[1:-1] if text.lstrip()[:1] in (b"{", b"[") else rng.choice(TEXTS)
    if not words:
        return text
    one = rng.choice(words)
    return text[: one.start()] + odd.encode("utf-8", "surrogatepass") + text[one.end() :]


def long_line(text: bytes, rng: random.Random) -> bytes:
    """A line, a field or a number of a megabyte; a quote that never closes."""
    filler = rng.choice((b"9" * 1_000_000, b" " * 1_000_000, b"," * 300_000, b";" * 300_000, b'"' + b"a" * 1_000_000,
                         b"\\" * 1_000_001, b"\t" * 1_000_000, b"1." + b"0" * 1_000_000 + b"1"))  # fmt: skip
    found = list(NUMBER.finditer(text))
    if not found:
        return text + filler
    one = rng.choice(found)
    return text[: one.start()] + filler + text[one.end() :]


def odd_archive(text: bytes, rng: random.Random) -> bytes:
    """An archive in place of the text: of itself, of many, of blanks, encrypted, with sizes and names that lie."""
    kind = rng.randrange(6)
    if kind == 0:
        packed = text
        for depth in range(rng.choice((3, 6, 12))):
            packed = _zip({f"{depth}.zip": packed})
        return packed
    if kind == 1:
        return _zip({f"{number}.txt": text[:200] for number in range(rng.choice((50, 1500)))})
    if kind == 2:
        return _zip({"TaxaSwap.txt": b" " * 30_000_000, "a.xml": b"<" * 30_000_000})
    if kind == 3:
        return _zip({"../../etc/passwd.txt": text, "/abs.xml": text, "a\0b.txt": text, "con.txt/": b""})
    archive = bytearray(_zip({"TaxaSwap.txt": text, "a.xml": text}))
    if kind == 4:  # the flag of encryption, or a method that nobody knows
        place = archive.index(b"PK\x01\x02")
        archive[place + rng.choice((8, 10))] ^= rng.choice((1, 9, 99))
        return bytes(archive)
    place = archive.index(b"PK\x01\x02")  # sizes of the directory that are not those of the entries
    struct.pack_into("<I", archive, place + rng.choice((16, 20, 24, 42)), rng.choice((0, 1, 2**31, 2**32 - 1)))
    return bytes(archive)


def odd_markup(text: bytes, rng: random.Random) -> bytes:
    """XML's own ways: declarations of other encodings, comments, CDATA, namespaces, references, instructions."""
    odd = rng.choice((
        b'<?xml version="1.0" encoding="utf-7"?>', b'<?xml version="1.1" encoding="UTF-16"?>', b"<!-- - -->",
        b"<![CDATA[1.5]]>", b"&#0;", b"&#xD800;", b"&#65;", b"&lt;", b"<?php x?>",
        b'<a xmlns="x:y" xmlns:b="x:y" b:c="1"/>',
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", b"]]>", b"<a/>" * 1000, b"</a>",
    ))  # fmt: skip
    at = rng.choice([match.end() for match in re.finditer(rb"[>,:\n]", text)] or [0])
    return odd + text if rng.random() < 0.3 else text[:at] + odd + text[at:]


def _replaced(text: bytes, rng: random.Random, pattern: re.Pattern[bytes], odd: tuple[bytes, ...]) -> bytes:
    found = list(pattern.finditer(text))
    if not found:
        return text + rng.choice(odd)
    value = rng.choice(odd)
    if text.lstrip()[:1] in (b"{", b"[") and rng.random() < 0.6:
        value = b'"' + value + b'"'
    one = rng.choice(found)
    return text[: one.start()] + value + text[one.end() :]


def _zip(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


HOSTILE: Mapping[str, Mutation] = {
    one.__name__.replace("_", " "): one
    for one in (
        key_twice, mark_inside, other_separators, odd_zero, other_calendar, odd_text, long_line, odd_archive,
        odd_markup,
    )
}  # fmt: skip
