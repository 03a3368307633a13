"""Over a real connection: bodies whole and bounded, redirects to the same host, texts washed, no rest kept."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from desk.errors import BadPayload, Outage, SourceError
from tasks.connectors.exchange import Payload
from tasks.http.client import HttpClient
from tests.tasks.http.setup import BASE, NOW, Setup, always, config, request
from tests.tasks.http.test_client import loopback

TABLE = b"observation_date,DGS10\n" + b"".join(b"2026-11-%02d,4.%02d\n" % (day, 3 * day) for day in range(1, 31))
PACKED = gzip.compress(TABLE)


class Kept(list[Payload]):
    async def keep(self, payload: Payload) -> None:
        self.append(payload)


@asynccontextmanager
async def served(raw: bytes, most: int = 1 << 20) -> AsyncIterator[tuple[HttpClient, str, Kept]]:
    kept = Kept()
    async with loopback(raw) as root:
        one = config(base=root, max_body_bytes=most)
        async with HttpClient({"alpha": one}, clock=lambda: NOW, sink=kept.keep) as client:
            yield client, f"{root}/a", kept


def chunked(raw: bytes) -> bytes:
    parts = (raw[start : start + 100] for start in range(0, len(raw), 100))
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


CLOSED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("ends", ["closed", "chunked"])
async def test_a_compressed_body_cut_on_its_way_is_an_outage_wherever_it_is_cut(ends: str) -> None:
    for end in (*range(20, len(PACKED), 17), len(PACKED) * 6 // 10, len(PACKED) - 1):
        cut = PACKED[:end]
        async with served(CLOSED + cut if ends == "closed" else CHUNKED + chunked(cut)) as (client, url, kept):
            with pytest.raises(Outage, match="cut body: gzip without its end") as raised:
                await client.send(request(url))
            assert raised.value.retryable
            assert kept == []
    async with served(CLOSED + PACKED if ends == "closed" else CHUNKED + chunked(PACKED)) as (client, url, kept):
        assert (await client.send(request(url))).body == TABLE
        assert [one.body for one in kept] == [TABLE]


async def test_all_members_under_a_right_length_are_the_body() -> None:
    raw = gzip.compress(TABLE[:200]) + gzip.compress(TABLE[200:])
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(raw)
    async with served(head + raw) as (client, url, _):
        assert (await client.send(request(url))).body == TABLE


async def test_a_bomb_is_refused_by_name_and_not_tried_again() -> None:
    async with served(CLOSED + gzip.compress(bytes(50 << 20)), most=2 << 20) as (client, url, kept):
        with pytest.raises(BadPayload, match="more than the 2 MB that an answer of this source may have") as raised:
            await client.send(request(url))
        assert not raised.value.retryable
        assert kept == []


async def test_an_encoding_that_was_not_asked_for_is_refused() -> None:
    async with served(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nx") as (client, url, _):
        with pytest.raises(BadPayload, match="not requested: 'br'"):
            await client.send(request(url))


@pytest.mark.parametrize(
    ("requested", "location", "followed"),
    [
        ("https://data.example/a", "/b", True),
        ("https://data.example/a", "https://data.example/b?c=d", True),
        ("http://data.example/a", "https://data.example/b", True),
        ("http://127.0.0.1:9000/a", "/b", True),
        ("https://data.example/a", "http://data.example/b", False),
        ("https://data.example/a", "https://data.example:8443/b", False),
        ("https://data.example/a", "http://127.0.0.1:5432/", False),
        ("https://data.example/a", "http://169.254.169.254/latest/meta-data", False),
        ("https://data.example/a", "//elsewhere.example/b", False),
        ("https://data.example/a", "https://data.example.evil.example/b", False),
        ("https://data.example/a", "https://data.example@evil.example/b", False),
        ("http://127.0.0.1:9000/a", "http://127.0.0.1:9001/b", False),
        ("https://data.example/a", "file:///etc/passwd", False),
    ],
)
async def test_a_redirect_is_followed_to_the_same_host_only(requested: str, location: str, followed: bool) -> None:
    def answer(outgoing: httpx.Request) -> httpx.Response:
        here = str(outgoing.url) == requested
        return httpx.Response(302, headers={"location": location}) if here else httpx.Response(200, content=b"[]")

    setup = Setup(answer, config(rate_per_second=1e6))
    if followed:
        payload = await setup.client.send(request(requested))
        assert (payload.body, payload.request.url, len(setup.requested)) == (b"[]", requested, 2)
        return
    with pytest.raises(SourceError, match="not followed"):
        await setup.client.send(request(requested))
    assert (len(setup.requested), setup.kept) == (1, [])


async def test_headers_are_washed_before_they_are_kept() -> None:
    setup = Setup(always(200, b"[]", content_type="text/x\x1b[2J", etag="e" * 5000))
    headers = (await setup.client.send(request(f"{BASE}/a"))).headers
    assert headers["content-type"] == "text/x [2J"
    assert len(headers["etag"]) == 500
