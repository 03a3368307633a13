"""A client whose network, clock and sleep the test holds in its hands."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from desk.model import Dataset, Window
from tasks.connectors.exchange import Payload, Query, Request, SourceConfig
from tasks.http.client import HttpClient

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
BASE = "https://data.example"


class FakeTime:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def config(source: str = "alpha", base: str = BASE, **manners: Any) -> SourceConfig:
    return SourceConfig(source, {"api": base}, **{"rate_per_second": 2.0, "concurrency": 2, **manners})


def request(url: str = f"{BASE}/a", source: str = "alpha", **more: Any) -> Request:
    day = dt.date(2026, 11, 19)
    dataset = Dataset("d", source, "d", (), "anbima", "ptax", 1, 1, 1, 1)
    return Request(Query(dataset, (), Window(day, day)), url, **more)


class Setup:
    def __init__(
        self, answer: Callable[[httpx.Request], Any], *configs: SourceConfig, time: FakeTime | None = None
    ) -> None:
        self.time = time or FakeTime()
        self.kept: list[Payload] = []
        self.requested: list[httpx.Request] = []
        self.requested_at: list[float] = []

        async def handler(outgoing: httpx.Request) -> httpx.Response:
            self.requested.append(outgoing)
            self.requested_at.append(self.time())
            response = answer(outgoing)
            answered: httpx.Response = await response if isinstance(response, Awaitable) else response
            return answered

        self.client = HttpClient(
            {one.source: one for one in configs or (config(),)},
            clock=lambda: NOW,
            sink=self.keep,
            contact="desk@example.org",
            transport=httpx.MockTransport(handler),
            monotonic=self.time,
            sleep=self.time.sleep,
        )

    async def keep(self, payload: Payload) -> None:
        self.kept.append(payload)


def always(status: int = 200, body: bytes = b"[]", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda outgoing: httpx.Response(status, content=body, headers=named)
