"""Mornings of one source without Prefect: real connector, HTTP client, store and ledger; a made source, and its truth.

The source speaks SGS's wire. It publishes each number at an hour of its own, one in ten of them days late, and from one
day on answers one code with an HTML page under status 200, as SGS answers a code that it has dropped.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import polars as pl

from blocks.settings import load_settings
from desk import calendars
from desk.catalog import Catalog, load_catalog
from desk.model import Dataset, Series, decision_time
from desk.point_in_time.fetch_windows import FetchPlan
from desk.point_in_time.publication_rules import publication_times
from flows.ingest import plan_of
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import SourceConfig
from tasks.http.client import HttpClient
from tasks.ingest.ledger_cells import open_cells
from tasks.ingest.source_job import SourceJob, fetch_open_queries
from tasks.ingest.source_task import TRIES, conclude_fetch
from tasks.run.progress import NullProgress
from tasks.run.run import Run
from tasks.store import Store
from tasks.store.lake import Bronze, Lake

LATE_SHARE = 0.1
LATEST_DAYS = 6.0
_REQUESTED = re.compile(r"sgs\.(\d+)/dados\?formato=json&dataInicial=([\d/%F]+)&dataFinal=([\d/%F]+)")


@dataclass
class MadeSource:
    """SGS with the series of one dataset. `visible`: (code, obs_date) -> the hour from which the source shows it.

    `dead`: code -> the instant from which it is answered with an HTML page, and until when.
    """

    series: list[Series]
    visible: dict[str, dict[dt.date, dt.datetime]]
    dead: dict[str, tuple[dt.datetime, dt.datetime]]
    now: dt.datetime
    requests: Counter[str] = field(default_factory=Counter)

    @classmethod
    def make(
        cls, catalog: Catalog, dataset: Dataset, series: list[Series], first: dt.date, last: dt.date, seed: int
    ) -> MadeSource:
        """Numbers of every business day, public by the rule of their series, one in ten some days after it."""
        draw = random.Random(seed)
        days = calendars.by_name(dataset.calendar).days(first, last)
        obs_dates = pl.Series("obs_date", days, dtype=pl.Date)
        visible = {}
        for one in series:
            due = publication_times(catalog.rules[one.rule], obs_dates).to_list()
            late = [draw.uniform(0, LATEST_DAYS) if draw.random() < LATE_SHARE else 0.0 for _ in days]
            visible[one.code] = {
                day: at + dt.timedelta(days=delay) for day, at, delay in zip(days, due, late, strict=True)
            }
        return cls(series, visible, {}, decision_time(first))

    def answer(self, request: httpx.Request) -> httpx.Response:
        """SGS's answer now."""
        match = _REQUESTED.search(str(request.url))
        assert match is not None, request.url
        code, start, end = match.group(1), *(_day(text) for text in match.groups()[1:])
        self.requests[code] += 1
        since, until = self.dead.get(code, (self.now, self.now))
        if since <= self.now < until:
            return httpx.Response(200, text="<!DOCTYPE html><html><title>Requisicao invalida!</title></html>")
        shown = [day for day, at in self.visible[code].items() if start <= day <= end and at <= self.now]
        if not shown:
            return httpx.Response(404, json={"erro": {"statusCode": 404, "detail": "Value(s) not found"}})
        rows = [{"data": f"{day:%d/%m/%Y}", "valor": f"{5 + day.day / 100:.2f}"} for day in shown]
        return httpx.Response(200, text=json.dumps(rows))


def _day(text: str) -> dt.date:
    day, month, year = text.replace("%2F", "/").split("/")
    return dt.date(int(year), int(month), int(day))


@dataclass
class Mornings:
    """Mornings on one store, and the requests of each."""

    store: Store
    source: MadeSource
    dataset: Dataset
    catalog: Catalog
    folder: Path
    requests: list[int] = field(default_factory=list)

    async def morning(self, day: dt.date) -> SourceJob | None:
        """The fetch of the dataset at 06:00 of `day`, tries and all; None where nothing is requested."""
        self.source.now = decision_time(day)
        run = self._run(day)
        before = self.source.requests.total()
        plan = await plan_of(run, self.dataset)
        job = None
        if plan.parts:
            job = await self._fetch(run, plan)
        self.requests.append(self.source.requests.total() - before)
        return job

    async def _fetch(self, run: Run, plan: FetchPlan) -> SourceJob:
        bronze = Bronze(run.lake, self.store, run.run_id, "sandbox")
        addresses = dict.fromkeys(self.catalog.sources[self.dataset.source].base_urls, "https://made.example")
        config = SourceConfig(self.dataset.source, addresses, rate_per_second=1e6)
        transport = httpx.MockTransport(self.source.answer)
        async with HttpClient(
            {config.source: config}, clock=run.clock, sink=bronze.keep, transport=transport, sleep=_at_once
        ) as client:
            job = SourceJob(config.source, CONNECTORS[config.source](config), client, bronze)
            job.add_plan(run, self.dataset, plan)
            await open_cells(run, job.fetches)
            for _ in range(TRIES):
                try:
                    await fetch_open_queries(run, job)
                    break
                except Exception as error:
                    if not getattr(error, "retryable", False):
                        raise
            await conclude_fetch(run, job, run.clock())
        return job

    def _run(self, day: dt.date) -> Run:
        return Run(
            run_id=uuid.uuid4(),
            as_of=decision_time(day),
            sources="sandbox",
            settings=load_settings(),
            catalog=self.catalog,
            store=self.store,
            lake=Lake.open(str(self.folder)),
            clock=lambda: decision_time(day),
            progress=NullProgress(),
            code_version="bench",
        )

    async def too_early(self, days: list[dt.date]) -> int:
        """Stored values that the decision of one of `days` may use and that the source did not show by then."""
        names = {one.id: one.code for one in self.source.series}
        async with self.store.connections.acquire() as connection:
            rows = await connection.fetch("SELECT series_id, obs_date, knowledge_time FROM observation")
        moments = [decision_time(day) for day in days]
        wrong = 0
        for row in rows:
            shown = self.source.visible[names[row["series_id"]]][row["obs_date"]]
            first_user = next((at for at in moments if at >= row["knowledge_time"]), None)
            wrong += first_user is not None and first_user < shown
        return wrong

    async def stored_rows(self, without: str | None = None) -> list[tuple[object, ...]]:
        """Every stored row but those of one series, in key order."""
        async with self.store.connections.acquire() as connection:
            rows = await connection.fetch(
                "SELECT series_id, obs_date, knowledge_time, value, stamp FROM observation"
                " WHERE series_id IS DISTINCT FROM $1 ORDER BY 1, 2, 3",
                without,
            )
        return [tuple(row) for row in rows]


def shortened(dataset_id: str, count: int | None, history_days: int) -> tuple[Catalog, Dataset, list[Series]]:
    """The catalogue with a dataset of its first `count` daily series and a shorter history."""
    full = load_catalog()
    dataset = replace(full.datasets[dataset_id], history_days=history_days)
    series = [one for one in full.series_of(dataset_id) if one.frequency == "D"][:count]
    catalog = Catalog(full.sources, {dataset_id: dataset}, {one.id: one for one in series}, full.rules)
    return catalog, dataset, series


async def _at_once(seconds: float) -> None:
    await asyncio.sleep(0)
