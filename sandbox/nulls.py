"""A body of the right shape without its numbers: null in JSON, NaN in texts, tables and XML, also inside archives."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable

_NUMERIC = re.compile(r"-?\d+(?:[.,]\d+)?\Z")
_CELL = re.compile(rb"(?<=[;,])-?\d+(?:[.,]\d+)?(?=[;,\r\n]|\Z)")
_ELEMENT = re.compile(rb">-?\d+\.\d+<")
_FIXED_WIDTH_RATE = re.compile(rb"(?m)^(.{51}[+-])\d{14}")
_STAMP = (2026, 1, 1, 20, 0, 0)


def without_numbers(body: bytes) -> bytes:
    """`body` with none of its values; dates and names stay. A body of no known format is left as it is."""
    start = body.find(b"PK\x03\x04")
    if start == 0 or (start > 0 and body[:2] == b"MZ"):
        return body[:start] + _repacked(body[start:], without_numbers)
    if body.lstrip()[:1] in (b"{", b"["):
        return json.dumps(_nulled(json.loads(body)), separators=(",", ":"), ensure_ascii=False).encode()
    if body.lstrip()[:1] == b"<":
        return _ELEMENT.sub(b">NaN<", body)
    if _FIXED_WIDTH_RATE.search(body):
        return _FIXED_WIDTH_RATE.sub(rb"\g<1>           NaN", body)
    return _CELL.sub(b"NaN", body)


def _repacked(archive: bytes, change: Callable[[bytes], bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(packed, "w") as out:
        for entry in source.infolist():
            out.writestr(zipfile.ZipInfo(entry.filename, _STAMP), change(source.read(entry)), zipfile.ZIP_DEFLATED, 1)
    return packed.getvalue()


def _nulled(value: object) -> object:
    if isinstance(value, dict):
        return {key: _nulled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_nulled(inner) for inner in value]
    if isinstance(value, str):
        return "NaN" if _NUMERIC.match(value) else value
    return value if value is None or isinstance(value, bool) else None
