"""One desk of the delivery tests: a database, both channels, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from desk.alerts.facts import Metrics
from tasks.alerts.evaluation import evaluate_alerts
from tasks.alerts.postgres_records import PostgresRecords
from tasks.alerts.sending import SendResult, send_due
from tasks.channels.message import Channel
from tasks.store import Store
from tests.desk.alerts.book import at, half_hourly

RULES = {name: half_hourly()[name] for name in ("VAR_BREACH", "LIMIT_BREACH")}


@dataclass
class Desk:
    """One database, both channels, and a clock that stands where a test puts it."""

    store: Store
    channels: Sequence[Channel]
    now: dt.datetime = field(default_factory=at)
    var_95: object = 0.01
    used: dict[str, object] = field(default_factory=lambda: {"gross_leverage": 0.5})

    @property
    def records(self) -> PostgresRecords:
        """New each time: nothing lives but what is in the database."""
        return PostgresRecords(self.store, RULES)

    async def read(self, now: dt.datetime) -> Metrics:
        return Metrics(now, None, var_95=self.var_95, utilisation=dict(self.used))

    async def evaluate(self, now: dt.datetime | None = None) -> None:
        self.now = now or self.now
        names = [channel.name for channel in self.channels]
        await evaluate_alerts(self.records, self.read, names, lambda: self.now, link="http://desk/alerts")

    async def send(self, now: dt.datetime | None = None) -> SendResult:
        self.now = now or self.now
        return await send_due(self.records, self.channels, lambda: self.now, sleep=no_wait)

    async def turn(self, now: dt.datetime) -> None:
        await self.evaluate(now)
        await self.send()

    async def rows(self, query: str) -> list[Any]:
        async with self.store.connections.acquire() as connection:
            return list(await connection.fetch(query))


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)
