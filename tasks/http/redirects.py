"""Where an answer may send us: the same host only, or from http up to https there."""

from __future__ import annotations

import httpx

from desk.errors import BadPayload
from tasks.connectors.exchange import Request


def next_address(sent: httpx.URL, response: httpx.Response, request: Request) -> httpx.URL:
    """Where `response` sends us: the same host and scheme, or from http up to https. Raises BadPayload."""
    location = response.headers["location"]
    try:
        target = sent.join(location)
    except (httpx.InvalidURL, ValueError):
        target = httpx.URL()
    is_same = (target.scheme, target.host, target.port) == (sent.scheme, sent.host, sent.port)
    is_upgrade = sent.scheme == "http" and target.scheme == "https" and sent.port is None and target.port is None
    if request.method != "GET" or not (is_same or (is_upgrade and target.host == sent.host)):
        words = f"redirected to another address, not followed: {without_query(location)}"
        raise BadPayload(request.source, words, url=request.url, status=response.status_code)
    return target


def without_query(location: str) -> str:
    """It may echo the request, secrets and all."""
    return location.partition("?")[0][:200]
