"""Prefect's server answers its own pages and programs, and no page of another site."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest

from alvorada.stack.prefect_server import OwnOrigin, own_hosts

FROM_ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
HOSTS = own_hosts(
    {
        "PREFECT_UI_URL": "https://desk.example",
        "PREFECT_UI_API_URL": "http://127.0.0.1:4200/api",
        "ALVORADA_PREFECT_HOSTS": "prefect:4200, ",
    }
)


async def answered(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """An application that answers everything, as Prefect's does: with a header that lets every site read."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"access-control-allow-origin", b"*")]})
    await send({"type": "http.response.body", "body": b"secrets"})


def test_the_hosts_are_those_of_the_environment() -> None:
    assert frozenset({"desk.example", "127.0.0.1:4200", "localhost:4200", "prefect:4200"}) == HOSTS


@pytest.mark.parametrize(
    ("method", "host", "headers", "is_answered"),
    [
        ("GET", "127.0.0.1:4200", {}, True),  # a worker, curl
        ("POST", "prefect:4200", {}, True),
        ("POST", "127.0.0.1:4200", {"Origin": "http://127.0.0.1:4200", "Sec-Fetch-Site": "same-origin"}, True),
        ("POST", "desk.example", {"Origin": "https://desk.example"}, True),
        ("GET", "127.0.0.1:4200", FROM_ELSEWHERE, True),  # from Slack
        ("GET", "127.0.0.1:4200", {**FROM_ELSEWHERE, "Sec-Fetch-Dest": "document"}, True),
        ("GET", "127.0.0.1:4200", {**FROM_ELSEWHERE, "Sec-Fetch-Dest": "iframe"}, False),  # a click on it is not meant
        ("POST", "127.0.0.1:4200", {"Origin": "https://evil.example"}, False),
        ("OPTIONS", "127.0.0.1:4200", {"Origin": "https://evil.example"}, False),
        ("POST", "127.0.0.1:4200", {"Origin": "null"}, False),
        ("POST", "127.0.0.1:4200", {"Origin": "http://127.0.0.1:8080"}, False),
        ("GET", "127.0.0.1:4200", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, False),
        ("POST", "127.0.0.1:4200", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, False),
        ("GET", "127.0.0.1:4200", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, False),
        ("GET", "evil.example:4200", {}, False),  # DNS rebinding
        ("GET", "127.0.0.1:4200.evil.example", {}, False),
    ],
)
async def test_only_its_own_origin_is_answered(
    method: str, host: str, headers: dict[str, str], is_answered: bool
) -> None:
    transport = httpx.ASGITransport(OwnOrigin(answered, HOSTS))
    async with httpx.AsyncClient(transport=transport, base_url="http://anything") as client:
        answer = await client.request(method, "/api/block_documents/filter", headers={"Host": host, **headers})
    assert (answer.status_code, b"secrets" in answer.content) == ((200, True) if is_answered else (403, False))
    assert ("access-control-allow-origin" in answer.headers) == is_answered


@pytest.mark.parametrize(("origin", "word"), [(b"http://127.0.0.1:4200", "accept"), (b"https://evil.example", "close")])
async def test_a_websocket_of_another_site_is_closed(origin: bytes, word: str) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "headers": [(b"host", b"127.0.0.1:4200"), (b"origin", origin)]}
    await OwnOrigin(answered, HOSTS)(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == [f"websocket.{word}"]
