"""The fetch of one source with the real store and a connector whose answers the test defines."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest

from blocks.settings import load_settings
from desk.errors import Outage
from desk.model import UTC, Frames, Window
from tasks.connectors.exchange import Query
from tasks.ingest import ledger_cells
from tasks.ingest.source_job import fetch_open_queries
from tasks.ingest.source_task import conclude_fetch, keep_trying
from tasks.run.run import Run
from tests.tasks.ingest.scripted import (
    FRI,
    LONG_AGO,
    MON,
    THU,
    TUE,
    WED,
    Answer,
    Scripted,
    auction,
    cells,
    close_open_cells,
    job_of,
    nothing,
    on,
    outage,
    refused,
    value,
    with_series,
)
from tests.tasks.run.runs import AS_OF
from tests.tasks.silver_counts import silver_counts

pytestmark = pytest.mark.db


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
    job.renew_budget = lambda source, longest: renewed.append(source)
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
