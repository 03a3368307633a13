"""Faults of a response: rejections, error pages, another schema, no numbers; a body cut, dripping or without an end."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.nulls import without_numbers
from sandbox.settings import Kind
from sandbox.source_http import SourceResponse

_PAGE = b"""<!DOCTYPE html>
<html lang="en"><head><title>Just a moment...</title></head>
<body><h1>Checking your browser before accessing this site.</h1></body></html>
"""
_GARBAGE_BYTES = 20_000
_DRIP_SECONDS = 0.05
_PART = 1 << 20
_HUGE_PARTS = 2048
_FORBIDDEN = b"<html><head><title>403 Forbidden</title></head><body>Access Denied</body></html>"
_UNAVAILABLE = b"<html><head><title>503 Service Unavailable</title></head><body>Service Unavailable</body></html>"


def with_fault(answer: SourceResponse, kind: Kind) -> SourceResponse:
    """`answer` changed by a fault. Those of sending (cut, dripping, without an end) are made when it is sent."""
    if kind == "rate_limit":
        return SourceResponse(b"Too Many Requests\r\n", 429, "text/plain")
    if kind == "server_error":
        return SourceResponse(_UNAVAILABLE, 503, "text/html")
    if kind == "refused":
        return SourceResponse(_FORBIDDEN, 403, "text/html")
    if kind == "html":
        return SourceResponse(_PAGE, 200, "text/html; charset=UTF-8")
    if kind == "empty":
        return SourceResponse(b"", 200, answer.media)
    if kind == "garbage":
        return SourceResponse(random.Random(len(answer.body)).randbytes(_GARBAGE_BYTES), 200, answer.media)
    if kind == "nulls":
        return SourceResponse(without_numbers(answer.body), answer.status, answer.media)
    if kind == "wrong_schema":
        return SourceResponse(_renamed(answer.body), answer.status, answer.media)
    if kind == "wrong_unit":
        return SourceResponse(_other_unit(answer.body), answer.status, answer.media)
    return answer


class TruncatedResponse(Response):
    """Half of the body with the Content-Length of the whole body; then the connection closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of the body."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        # returning without the last part makes the server close the connection
        await send({"type": "http.response.body", "body": half, "more_body": True})


async def dripping(body: bytes) -> AsyncIterator[bytes]:
    """`body` byte by byte, too slowly for anybody: no time-out of one read sees it."""
    for place in range(len(body)):
        yield body[place : place + 1]
        await asyncio.sleep(_DRIP_SECONDS)


async def endless(body: bytes) -> AsyncIterator[bytes]:
    """`body` and blanks behind it, two gigabytes of them."""
    yield body
    for _ in range(_HUGE_PARTS):
        yield b" " * _PART


def _renamed(body: bytes) -> bytes:
    """The same structure with other names, as after a change of format."""
    start = body.lstrip()[:1]
    if start in (b"{", b"["):
        return json.dumps(_rename(json.loads(body)), separators=(",", ":"), ensure_ascii=False).encode()
    if start == b"<":
        return re.sub(rb"<(/?)(?:d:)?([A-Za-z])", rb"<\1new_\2", body)
    if body[:2] in (b"PK", b"MZ"):
        return b"Arquivo;Status\r\n1;novo formato\r\n"
    lines = body.split(b"\n", 1)
    return b"NewColumn," + lines[0][::-1].strip() + b"\n" + (lines[1] if len(lines) > 1 else b"")


_UNIT_FIELDS = {"units": "Bushels", "units_short": "Bushels", "unidade": "Toneladas", "currency": "XAU"}


def _other_unit(body: bytes) -> bytes:
    """The same metadata with another unit in it; a body that is no JSON is left as it is."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return body
    return json.dumps(_with_units(json.loads(body)), separators=(",", ":"), ensure_ascii=False).encode()


def _with_units(value: object) -> object:
    if isinstance(value, dict):
        return {key: _UNIT_FIELDS.get(key) or _with_units(inner) for key, inner in value.items()}
    return [_with_units(inner) for inner in value] if isinstance(value, list) else value


def _rename(value: object) -> object:
    if isinstance(value, dict):
        return {f"{key}V2": _rename(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rename(inner) for inner in value]
    return value
