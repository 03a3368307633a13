"""The ledger records every attempt and its result, also when the process was killed during it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import signal
import sys
import uuid
from asyncio.subprocess import PIPE

import pytest

from desk.errors import BadInput, StoreError
from desk.model import UTC, Window
from tasks.store import Store, ledger
from tasks.store.ledger import Outcome
from tasks.store.pipeline_runs import RunStart, begin_run, finish_run

pytestmark = pytest.mark.db

NOW = dt.datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
DAYS = [dt.date(2026, 1, 7), dt.date(2026, 1, 8), dt.date(2026, 1, 9)]
WEEK = Window(DAYS[0], DAYS[-1])


async def tried(store: Store, states: dict[dt.date, ledger.CellState], at: dt.datetime = NOW, **facts: object) -> None:
    run_id = uuid.uuid4()
    await ledger.begin(store, {"bcb_ptax": list(states)}, run_id, at, "test")
    outcome = Outcome("bcb_ptax", states, at + dt.timedelta(seconds=3), **facts)  # type: ignore[arg-type]
    await ledger.finish(store, run_id, outcome)


async def states(store: Store) -> dict[dt.date, tuple[str, int]]:
    frame = await ledger.cell_states(store, ["bcb_ptax"], WEEK)
    return {day: (state, attempts) for day, state, attempts in frame.select("day", "state", "attempts").rows()}


async def test_attempts_count_up_and_a_good_cell_stays_good(store: Store) -> None:
    await tried(store, {DAYS[0]: "ok", DAYS[1]: "failed", DAYS[2]: "not_yet"})
    await tried(store, {DAYS[0]: "failed", DAYS[1]: "empty"})
    assert await states(store) == {DAYS[0]: ("ok", 2), DAYS[1]: ("empty", 2), DAYS[2]: ("not_yet", 1)}
    assert await ledger.good_days(store, "bcb_ptax") == {DAYS[0], DAYS[1]}


async def test_the_cells_that_a_backfill_wants(store: Store) -> None:
    await tried(store, {DAYS[0]: "ok", DAYS[1]: "failed"})
    cells = {"bcb_ptax": DAYS, "fred_daily": DAYS[:1]}
    assert await ledger.missing_cells(store, cells, {"missing"}) == {"bcb_ptax": [DAYS[2]], "fred_daily": DAYS[:1]}
    assert await ledger.missing_cells(store, cells, {"failed"}) == {"bcb_ptax": [DAYS[1]], "fred_daily": []}
    assert await ledger.missing_cells(store, {"bcb_ptax": []}, {"missing"}) == {"bcb_ptax": []}


async def test_what_a_fetch_says_lands_in_every_cell_of_it(store: Store) -> None:
    await tried(
        store, {DAYS[0]: "ok", DAYS[1]: "ok"}, rows={DAYS[0]: 2, DAYS[1]: 4}, covered=WEEK, inserted=5, bytes=1234,
        seconds=0.5, checks={"score": 1.0}, input_hash="ab",
    )  # fmt: skip
    async with store.connections.acquire() as connection:
        row = dict(await connection.fetchrow("SELECT * FROM v_ledger WHERE day = $1", DAYS[1]))
    assert (row["rows"], row["inserted"], row["bytes"], row["fetch_cells"]) == (4, 5, 1234, 2)
    assert (row["covered_from"], row["covered_to"], row["input_hash"]) == (WEEK.start, WEEK.end, "ab")
    assert json.loads(row["checks"]) == {"score": 1.0}
    assert await ledger.covered_from(store, "bcb_ptax") == WEEK.start


async def test_a_failure_keeps_its_error_and_covers_nothing(store: Store) -> None:
    await tried(store, {DAYS[0]: "failed"}, covered=WEEK, error_kind="Outage", error="bcb_ptax: 503")
    async with store.connections.acquire() as connection:
        row = await connection.fetchrow("SELECT last_state, last_error_kind, last_error FROM v_cells")
    assert tuple(row) == ("failed", "Outage", "bcb_ptax: 503")
    assert await ledger.covered_from(store, "bcb_ptax") is None
    assert (await ledger.earlier_fetches(store, "bcb_ptax", WEEK)).is_empty()


async def test_earlier_fetches_have_the_dates_covered_and_the_time_of_the_newest_fetch(store: Store) -> None:
    later = NOW + dt.timedelta(days=1)
    await tried(store, {DAYS[0]: "ok", DAYS[1]: "ok"}, covered=WEEK)
    await tried(store, {DAYS[1]: "ok"}, at=later, covered=WEEK)
    await tried(store, {DAYS[2]: "not_yet"}, at=later)
    found = await ledger.earlier_fetches(store, "bcb_ptax", WEEK)
    assert sorted(found.rows()) == sorted([("*", WEEK.start, WEEK.end, later), ("*", DAYS[2], DAYS[2], later)])
    assert (await ledger.earlier_fetches(store, "bcb_ptax", Window(DAYS[2], DAYS[2]))).height == 2
    assert (
        await ledger.earlier_fetches(store, "bcb_ptax", Window(dt.date(2026, 2, 1), dt.date(2026, 2, 2)))
    ).is_empty()


async def test_closing_a_cell_that_is_not_open_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="bcb_ptax: 1 cells came in, and 0 of them were open"):
        await ledger.finish(store, uuid.uuid4(), Outcome("bcb_ptax", {DAYS[0]: "ok"}, NOW))


async def test_many_cells_open_and_close(store: Store) -> None:
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=n) for n in range(150)]
    cells = {f"dataset_{n}": days for n in range(20)}
    run_id = uuid.uuid4()
    assert await ledger.begin(store, cells, run_id, NOW, "test") == 3_000
    for dataset in cells:
        await ledger.finish(store, run_id, Outcome(dataset, dict.fromkeys(days, "ok"), NOW))
    assert len(await ledger.good_days(store, "dataset_7")) == 150


async def test_one_hash_for_the_inputs_whatever_their_order() -> None:
    assert ledger.input_hash([]) is None
    assert ledger.input_hash(["a", "a"]) == "a"
    assert ledger.input_hash(["a", "b"]) == ledger.input_hash(["b", "a"]) != ledger.input_hash(["a", "c"])


async def test_a_run_that_is_alive_is_not_marked_dead(store: Store) -> None:
    run_id = uuid.uuid4()
    async with store.run_lock("run", str(run_id)):
        await begin_run(store, RunStart(run_id, "daily", "sandbox", NOW, "test", as_of=NOW))
        await ledger.begin(store, {"bcb_ptax": DAYS}, run_id, NOW, "test")
        assert await ledger.mark_dead_runs(store, NOW) == ledger.DeadRuns(0, 0)
        await finish_run(store, run_id, "completed_with_gaps", NOW, gaps=["fred"], stages=[{"name": "ingest"}])
    with pytest.raises(StoreError, match="was not open"):
        await finish_run(store, run_id, "completed", NOW)
    async with store.connections.acquire() as connection:
        row = await connection.fetchrow("SELECT state, gaps, stages FROM v_pipeline_runs")
    assert (row["state"], row["gaps"], json.loads(row["stages"])) == (
        "completed_with_gaps",
        ["fred"],
        [{"name": "ingest"}],
    )


async def test_a_live_run_by_a_clock_that_was_set_back_is_refused(store: Store) -> None:
    def start(at: dt.datetime, sources: str = "live") -> RunStart:
        return RunStart(uuid.uuid4(), "daily", sources, at, "test", as_of=at)

    await begin_run(store, start(NOW))
    await begin_run(store, start(NOW - dt.timedelta(minutes=59)))  # another machine's clock
    with pytest.raises(BadInput, match=r"the clock says 20\d\d-.* is on record: set this machine's clock"):
        await begin_run(store, start(NOW - dt.timedelta(days=365)))
    await begin_run(store, start(NOW - dt.timedelta(days=365), "sandbox"))  # simulated time may go anywhere


KILLED_PROCESS = """
import asyncio, datetime as dt, sys, uuid
from tasks.store import ledger
from tasks.store.pipeline_runs import RunStart, begin_run
from tasks.store import open_store

async def main():
    run_id, now = uuid.UUID(sys.argv[2]), dt.datetime(2026, 1, 12, 9, tzinfo=dt.UTC)
    async with open_store(sys.argv[1], "sandbox") as store, store.run_lock("run", str(run_id)):
        await begin_run(store, RunStart(run_id, "daily", "sandbox", now, "test", as_of=now))
        await ledger.begin(store, {"bcb_ptax": [dt.date(2026, 1, 7), dt.date(2026, 1, 8)]}, run_id, now, "test")
        print("begun", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.process
async def test_a_killed_run_is_marked_dead_and_its_cells_can_be_fetched_again(store: Store, database_url: str) -> None:
    run_id = uuid.uuid4()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED_PROCESS, database_url, str(run_id), stdout=PIPE, stderr=PIPE
    )
    assert child.stdout is not None
    assert (await asyncio.wait_for(child.stdout.readline(), 60)).strip() == b"begun"
    assert await ledger.mark_dead_runs(store, NOW) == ledger.DeadRuns(0, 0)
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    for _ in range(500):  # the server sees the closed socket a moment later
        if not await store.is_locked("run", str(run_id)):
            break
        await asyncio.sleep(0.02)
    assert await ledger.mark_dead_runs(store, NOW) == ledger.DeadRuns(1, 2)
    assert await ledger.missing_cells(store, {"bcb_ptax": DAYS}, {"died"}) == {"bcb_ptax": DAYS[:2]}
    await tried(store, {DAYS[0]: "ok"})
    assert (await states(store))[DAYS[0]] == ("ok", 2)
    assert await ledger.mark_dead_runs(store, NOW) == ledger.DeadRuns(0, 0)
