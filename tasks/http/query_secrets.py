"""Secrets in a query string, added below everything that logs or raises.

httpx logs every URL and attaches the request to its errors. So the client gets the URL without secrets, and this
transport adds the secret parameters as the last step before sending. A redirect to another host gets none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus, urlencode

import httpx

SECRETS = "alvorada_secrets"
MASK = b"***"


@dataclass(frozen=True)
class Secrets:
    """Parameters for requests to `netloc` only."""

    netloc: str
    params: Mapping[str, str] = field(repr=False)


class SecretParams(httpx.AsyncBaseTransport):
    """Wraps the transport that sends the requests."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request with its secrets. The response refers to the request without them."""
        secrets: Secrets | None = request.extensions.get(SECRETS)
        if secrets is None or not secrets.params or request.url.netloc.decode("ascii") != secrets.netloc:
            return await self._inner.handle_async_request(request)
        sent = httpx.Request(
            request.method,
            with_params(str(request.url), secrets.params),
            headers=request.headers,
            stream=request.stream,
            extensions={name: value for name, value in request.extensions.items() if name != SECRETS},
        )
        response = await self._inner.handle_async_request(sent)
        if "location" in response.headers:  # it may contain the query string, and it is logged and requested next
            response.headers["location"] = without_params(response.headers["location"], secrets.params)
        return response

    async def aclose(self) -> None:
        """Closes the wrapped transport."""
        await self._inner.aclose()


def with_params(url: str, params: Mapping[str, str]) -> str:
    """`url` with `params` at the end of its query string; the rest stays as it is."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params, quote_via=quote)}"


def without_params(url: str, params: Mapping[str, str]) -> str:
    """`url` without the pairs of `params` in its query string."""
    head, mark, query = url.partition("?")
    kept = [pair for pair in query.split("&") if unquote_plus(pair) not in {f"{k}={v}" for k, v in params.items()}]
    return scrub((head + mark * bool(kept) + "&".join(kept)).encode(), params).decode()


def scrub(text: bytes, secrets: Mapping[str, str]) -> bytes:
    """`text` with every secret value masked, plain or percent-encoded, in whatever case a source repeats it."""
    for value in secrets.values():
        for form in {value.encode(), quote(value, safe="").encode()} - {b""}:
            text = re.sub(re.escape(form), lambda _: MASK, text, flags=re.IGNORECASE)
    return text
