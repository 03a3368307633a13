"""A connector whose answers a test defines, and a source's job of it with the real store."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from desk.catalog import Catalog
from desk.errors import BadPayload, NoData, Outage
from desk.model import OBSERVATION, SETTLEMENT, Dataset, Frames, Series, Window, parsed_frame
from tasks.connectors.base import Connector
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request, SourceConfig
from tasks.ingest import ledger_cells
from tasks.ingest.source_job import SourceJob
from tasks.run.run import Run
from tasks.store.lake import Bronze
from tests.tasks.run.runs import AS_OF

MON, TUE, WED, THU, FRI = (dt.date(2026, 1, day) for day in range(5, 10))
LONG_AGO = dt.date(2025, 12, 1)

Answer = Callable[[Query], Frames]


def value(query: Query) -> Frames:
    """Every day of the window, at 5.0."""
    days = [query.window.start + dt.timedelta(days=n) for n in range((query.window.end - query.window.start).days + 1)]
    rows = {"series_id": [query.series[0].id] * len(days), "obs_date": days, "value": [5.0] * len(days)}
    return {"observation": parsed_frame(OBSERVATION, rows)}


def auction(query: Query) -> Frames:
    rows = {
        "contract_id": ["AUCTION:LTN_2027-07-01"], "obs_date": [query.window.start], "price": [900.0], "rate": [0.14],
        "open_interest": [None], "volume": [1.0],
    }  # fmt: skip
    return {"settlement": parsed_frame(SETTLEMENT, rows)}


@dataclass(frozen=True)
class Scripted(Connector):
    """One query per day for a dataset with a file a day, else one. `answers_by_dataset` gives the rows, or raises."""

    source: ClassVar[str] = "stn_fiscal"
    answers_by_dataset: Mapping[str, Answer] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    gates: Mapping[dt.date, asyncio.Event] = field(default_factory=dict)

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        if not dataset.per_day:
            return [Query(dataset, tuple(series), window)]
        count = (window.end - window.start).days + 1
        days = [window.start + dt.timedelta(days=n) for n in range(count)]
        return [Query(dataset, tuple(series), Window(day, day)) for day in days]

    def build_request(self, query: Query) -> Request:
        return Request(query, f"https://data.example/{query.dataset.id}/{query.window.start}")

    def parse(self, payload: Payload) -> Frames:
        return self.answers_by_dataset[payload.query.dataset.id](payload.query)

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        self.fetched.append(f"{query.dataset.id} {query.window.start}")
        if query.window.start in self.gates:
            await self.gates[query.window.start].wait()
        return await super().fetch(client, query)


class Echo:
    """A client that answers each request with its address as the body, stored in bronze."""

    def __init__(self, bronze: Bronze) -> None:
        self.bronze = bronze

    async def send(self, request: Request) -> Payload:
        payload = Payload(request, 200, {}, request.url.encode(), AS_OF)
        await self.bronze.keep(payload)
        return payload


def job_of(
    run: Run, answers_by_dataset: Mapping[str, Answer], windows: Mapping[str, list[Window]], **more: object
) -> SourceJob:
    bronze = Bronze(run.lake, run.store, run.run_id, "sandbox")
    connector = Scripted(SourceConfig("stn_fiscal", {}), answers_by_dataset, **more)  # type: ignore[arg-type]
    job = SourceJob("stn_fiscal", connector, Echo(bronze), bronze)
    for name, spans in windows.items():
        # A dataset with a file for each day, whatever the catalogue makes of it.
        job.add_dataset(run, replace(run.catalog.datasets[name], per_day=name == "stn_auctions"), spans)
    return job


async def close_open_cells(run: Run, job: SourceJob) -> None:
    for fetch in job.fetches:
        await ledger_cells.close_open_cells(run, fetch)


async def cells(run: Run, dataset: str) -> dict[dt.date, tuple[str, str | None]]:
    async with run.store.connections.acquire() as connection:
        rows = await connection.fetch(
            "SELECT day, state, error FROM ledger WHERE dataset = $1 AND run_id = $2", dataset, run.run_id
        )
    return {row["day"]: (row["state"], row["error"]) for row in rows}


def outage(query: Query) -> Frames:
    raise Outage("stn_fiscal", "HTTP 503", status=503)


def refused(query: Query) -> Frames:
    raise BadPayload("stn_fiscal", "no such column")


def nothing(query: Query) -> Frames:
    raise NoData("stn_fiscal", "nothing")


def on(days: Mapping[dt.date, Answer], otherwise: Answer) -> Answer:
    return lambda query: days.get(query.window.start, otherwise)(query)


def with_series(catalog: Catalog) -> Catalog:
    """The catalogue with the auctions' dataset beside a day-by-day observation of ours at the same source."""
    spread = replace(catalog.datasets["bcb_ptax"], id="spread", source="stn_fiscal")
    series = replace(catalog.series["usdbrl_ptax_sell"], id="spread", source="stn_fiscal", dataset="spread")
    return Catalog(
        catalog.sources,
        {**catalog.datasets, "spread": spread},
        {**catalog.series, "spread": series},
        catalog.rules,
    )
