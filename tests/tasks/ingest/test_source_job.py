"""The fetch of one source with the real store and a connector whose answers the test defines."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import pytest

from blocks.settings import load_settings
from desk.catalog import Catalog
from desk.errors import BadPayload, NoData, Outage
from desk.model import OBSERVATION, SETTLEMENT, UTC, Dataset, Frames, Series, Window, parsed_frame
from tasks.connectors.base import Connector
from tasks.connectors.exchange import Client, Fetched, Payload, Query, Request, SourceConfig
from tasks.ingest import ledger_cells
from tasks.ingest.source_job import SourceJob, fetch_open_queries
from tasks.ingest.source_task import conclude_fetch, keep_trying
from tasks.run.progress import NullProgress
from tasks.run.run import Run
from tasks.store import Store
from tasks.store.lake import Bronze
from tests.tasks.run.runs import AS_OF, make_run
from tests.tasks.silver_counts import silver_counts

pytestmark = pytest.mark.db

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

    async def fetch(self, client: Client, query: Query) -> list[Fetched]:
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


@pytest.fixture
async def run(store: Store, tmp_path: Path) -> Run:
    return make_run(store, tmp_path, NullProgress())


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


async def test_a_cell_is_ok_empty_or_not_yet(run: Run) -> None:
    """The auctions' promise is eight business days: a day without one is only then known to be empty."""
    answers_by_dataset = {"stn_auctions": on({THU: auction}, nothing)}
    job = job_of(run, answers_by_dataset, {"stn_auctions": [Window(LONG_AGO, LONG_AGO), Window(WED, THU)]})
    await ledger_cells.open_cells(run, job.fetches)
    assert set((await cells(run, "stn_auctions")).values()) == {("running", None)}
    await fetch_open_queries(run, job)
    await close_open_cells(run, job)
    states = {day: state for day, (state, _) in (await cells(run, "stn_auctions")).items()}
    assert states == {LONG_AGO: "empty", WED: "not_yet", THU: "ok"}
    assert job.inserted == 1
    assert job.errors == []


async def test_a_day_that_fails_leaves_the_other_days(run: Run) -> None:
    answers_by_dataset = {"stn_auctions": on({TUE: outage, WED: refused}, auction)}
    job = job_of(run, answers_by_dataset, {"stn_auctions": [Window(MON, THU)]})
    await ledger_cells.open_cells(run, job.fetches)
    with pytest.raises(Outage):
        await fetch_open_queries(run, job)
    states = {day: state for day, (state, _) in (await cells(run, "stn_auctions")).items()}
    assert states == {MON: "ok", TUE: "running", WED: "failed", THU: "ok"}, "what may be retried stays open"
    await close_open_cells(run, job)
    after = await cells(run, "stn_auctions")
    assert after[TUE] == ("failed", "stn_fiscal: HTTP 503"), "each day has its own error"
    assert after[WED] == ("failed", "stn_fiscal: no such column")
    assert job.inserted == 2


async def test_another_try_sends_only_the_queries_still_open(run: Run) -> None:
    answers: dict[dt.date, Answer] = {TUE: outage}
    answers_by_dataset = {"stn_auctions": lambda query: answers.get(query.window.start, auction)(query)}
    job = job_of(run, answers_by_dataset, {"stn_auctions": [Window(MON, WED)]})
    connector: Scripted = job.connector  # type: ignore[assignment]
    await ledger_cells.open_cells(run, job.fetches)
    with pytest.raises(Outage):
        await fetch_open_queries(run, job)
    connector.fetched.clear()
    answers.clear()
    await fetch_open_queries(run, job)
    await close_open_cells(run, job)
    assert connector.fetched == [f"stn_auctions {TUE}"]
    assert job.errors == []
    assert {state for state, _ in (await cells(run, "stn_auctions")).values()} == {"ok"}
    assert (job.inserted, job.tries) == (3, 2)


async def test_a_final_error_is_not_raised_for_another_try(run: Run) -> None:
    job = job_of(run, {"stn_auctions": refused}, {"stn_auctions": [Window(MON, TUE)]})
    await ledger_cells.open_cells(run, job.fetches)
    await fetch_open_queries(run, job)
    await close_open_cells(run, job)
    found = await cells(run, "stn_auctions")
    assert {state for state, _ in found.values()} == {"failed"}
    assert job.fetches[0].error_summary() == "stn_fiscal: no such column (and 1 more)"


async def test_one_dataset_that_fails_leaves_the_others(run: Run) -> None:
    run.catalog = with_series(run.catalog)
    answers_by_dataset = {"stn_auctions": outage, "spread": value}
    job = job_of(run, answers_by_dataset, {"stn_auctions": [Window(MON, MON)], "spread": [Window(MON, FRI)]})
    await ledger_cells.open_cells(run, job.fetches)
    with pytest.raises(Outage):
        await fetch_open_queries(run, job)
    await close_open_cells(run, job)
    assert {state for state, _ in (await cells(run, "stn_auctions")).values()} == {"failed"}
    spread = await cells(run, "spread")
    assert {day: state for day, (state, _) in spread.items()} == dict.fromkeys([MON, TUE, WED, THU, FRI], "ok")
    assert (await silver_counts(run.store))["observation"] == 5
    assert [fetch.dataset.id for fetch in job.fetches if fetch.errors] == ["stn_auctions"]


async def test_a_window_closes_its_cells_only_at_the_end(run: Run) -> None:
    """One request covers the whole window, so one answer decides all its days."""
    run.catalog = with_series(run.catalog)
    job = job_of(run, {"spread": value}, {"spread": [Window(MON, FRI)]})
    await ledger_cells.open_cells(run, job.fetches)
    await fetch_open_queries(run, job)
    assert {state for state, _ in (await cells(run, "spread")).values()} == {"running"}
    await close_open_cells(run, job)
    async with run.store.connections.acquire() as connection:
        rows = await connection.fetch("SELECT DISTINCT covered_from, covered_to, inserted, fetch_cells FROM ledger")
    assert [tuple(row.values()) for row in rows] == [(MON, FRI, 5, 5)]


async def test_days_are_closed_while_others_are_still_fetched(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file a day: what is in, is in, whatever becomes of the process before the last day answers."""
    monkeypatch.setattr("tasks.ingest.source_job.BATCH", 1)
    late = asyncio.Event()
    answers_by_dataset = {"stn_auctions": auction}
    job = job_of(run, answers_by_dataset, {"stn_auctions": [Window(MON, WED)]}, gates={WED: late})
    await ledger_cells.open_cells(run, job.fetches)
    working = asyncio.create_task(fetch_open_queries(run, job))
    async with asyncio.timeout(20):
        while len([1 for state, _ in (await cells(run, "stn_auctions")).values() if state == "ok"]) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await cells(run, "stn_auctions"))[WED] == ("running", None)
    assert (await silver_counts(run.store))["settlement"] == 2
    late.set()
    await working
    assert (await cells(run, "stn_auctions"))[WED] == ("ok", None)


async def test_the_same_answer_again_writes_nothing(run: Run) -> None:
    for expected in (2, 0):
        job = job_of(run, {"stn_auctions": auction}, {"stn_auctions": [Window(MON, TUE)]})
        await ledger_cells.open_cells(run, job.fetches)
        await fetch_open_queries(run, job)
        await close_open_cells(run, job)
        assert job.inserted == expected
        run.run_id = uuid.uuid4()


async def test_the_ledger_keeps_hash_bytes_and_checks(run: Run) -> None:
    job = job_of(run, {"stn_auctions": auction}, {"stn_auctions": [Window(MON, MON)]})
    await ledger_cells.open_cells(run, job.fetches)
    await fetch_open_queries(run, job)
    await close_open_cells(run, job)
    async with run.store.connections.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM ledger WHERE dataset = 'stn_auctions'")
        payload = await connection.fetchrow("SELECT * FROM payload")
        stored = await connection.fetchrow("SELECT * FROM settlement")
    assert row["input_hash"] == payload["sha256"]
    assert row["bytes"] == payload["bytes"] == len(f"https://data.example/stn_auctions/{MON}")
    assert row["checks"] is not None
    assert stored["payload_id"] == payload["payload_id"]
    assert row["finished_at"] == AS_OF.astimezone(UTC)


async def test_what_is_late_joins_by_a_further_try_and_costs_only_what_is_open(run: Run) -> None:
    """Out for the quick tries, back at the further one: its rows are stored before anything reads them."""
    out_for = 2

    def late(query: Query) -> Frames:
        nonlocal out_for
        out_for -= 1
        if out_for >= 0:
            raise Outage("stn_fiscal", "HTTP 503")
        return value(query)

    renewed: list[str] = []
    windows = {"stn_tesouro_direto": [Window(MON, MON)], "bcb_ptax": [Window(MON, MON)]}
    job = job_of(run, {"stn_tesouro_direto": auction, "bcb_ptax": late}, windows)
    job.renew_budget = renewed.append
    run.settings = load_settings(patience_seconds=(0, 0, 0))
    await ledger_cells.open_cells(run, job.fetches)
    with pytest.raises(Outage):
        await fetch_open_queries(run, job)
    await keep_trying(run, job, run.clock())
    await conclude_fetch(run, job, run.clock())
    assert job.fetches[1].inserted == 1
    assert not job.errors
    assert renewed == ["stn_fiscal", "stn_fiscal"]
    assert [line.partition(" ")[0] for line in job.connector.fetched] == ["stn_tesouro_direto", *["bcb_ptax"] * 3]  # type: ignore[attr-defined]
