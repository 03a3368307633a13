"""What every source's body is looked at for: HTML in place of data, a challenge page, JSON with exact numbers.

Pure functions over bytes and payloads, shared by the HTTP client and the connectors. A connector that knows a better
meaning for a status or a body asks its own question first and leaves the rest to these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from desk.errors import BadPayload, BadRequest, HtmlPayload, Outage, RateLimited
from tasks.connectors.base import Payload
from tasks.connectors.strict_values import json_value

_BOM = b"\xef\xbb\xbf"
_HEAD_BYTES = 2048
_HTML_MARKS = (b"<!doctype html", b"<html", b"<head>", "<title>requisição".encode())
_CHALLENGE_MARK = b"<title>just a moment"


def looks_like_html(body: bytes) -> bool:
    """True for a page meant for people: HTML, or the XHTML error page of BCB that begins with `<?xml`.

    Only the first non-blank byte and the head are read; Content-Type is not to be trusted (SGS sends JSON as
    text/html). An XML feed (`<?xml ... <feed`) is not HTML.
    """
    head = _head(body)
    return head.startswith(b"<") and any(mark in head for mark in _HTML_MARKS)


def is_challenge(headers: Mapping[str, str], body: bytes) -> bool:
    """True for a Cloudflare challenge, whatever its status (403, 503 and 200 were seen)."""
    return headers.get("cf-mitigated", "").lower() == "challenge" or _CHALLENGE_MARK in _head(body)


def _head(body: bytes) -> bytes:
    return body[:_HEAD_BYTES].removeprefix(_BOM).lstrip().lower()


def text_body(payload: Payload) -> str:
    """The body as UTF-8 text without its byte-order mark. Raises BadPayload."""
    try:
        return payload.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadPayload(
            payload.request.source, f"body is not UTF-8: {error.reason}", url=payload.request.url
        ) from error


def json_body(payload: Payload) -> Any:
    """The body as JSON, with every number a Decimal as written. Raises Outage (empty), HtmlPayload, BadPayload.

    A comment around the whole body (`/* ... */`, seen at Olinda) is taken off.
    """
    require_body(payload)
    text = text_body(payload).strip()
    if text.startswith("/*") and text.endswith("*/"):
        text = text[2:-2]
    try:
        return json_value(text)
    except ValueError as error:
        if looks_like_html(payload.body):
            raise HtmlPayload(
                payload.request.source, "an HTML page in place of JSON", url=payload.request.url
            ) from None
        bad_payload(payload, f"not JSON ({error}): {snippet(payload)}")


def require_ok(payload: Payload) -> None:
    """Lets 2xx pass. Raises Outage (5xx, 401, 403, 408), RateLimited (429), BadRequest (every other status).

    401 and 403 are refusals by a firewall or a gateway in every source that has no key: nothing is wrong in the
    question, and the next try may be let through.
    """
    status, source, url = payload.status, payload.request.source, payload.request.url
    if 200 <= status < 300:
        return
    if status == 429:
        raise RateLimited(source, "too many requests", url=url)
    if status >= 500 or status in (401, 403, 408):
        raise Outage(source, f"HTTP {status}", url=url, status=status)
    raise BadRequest(source, f"HTTP {status}: {snippet(payload)}", url=url, status=status)


def require_body(payload: Payload) -> None:
    """An empty body where data is promised is a gateway's failure that heals: Outage, not another format."""
    if not payload.body.strip():
        raise Outage(payload.request.source, "an empty body", url=payload.request.url, status=payload.status)


def bad_payload(payload: Payload, message: str) -> NoReturn:
    """Raises BadPayload with the place of the payload."""
    raise BadPayload(payload.request.source, message, url=payload.request.url, status=payload.status)


def snippet(payload: Payload, length: int = 160) -> str:
    """The beginning of the body on one line, for an error that a person reads."""
    return " ".join(payload.body[: 4 * length].decode("utf-8", "replace").split())[:length]
