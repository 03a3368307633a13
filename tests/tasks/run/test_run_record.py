"""The row of a run is closed once, with the state in which the run ended."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from desk.errors import RowsRefused, StoreError
from tasks.run.progress import NullProgress
from tasks.run.run import Run
from tasks.run.run_record import RunRecord
from tasks.run.stop_signals import STOPPED
from tasks.store import Store
from tests.tasks.run.runs import AS_OF, make_run

pytestmark = pytest.mark.db


@pytest.fixture
async def run(store: Store, tmp_path: Path) -> Run:
    return make_run(store, tmp_path, NullProgress())


async def stored(run: Run) -> dict[str, Any]:
    async with run.store.connections.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM pipeline_runs WHERE run_id = $1", run.run_id)
    return dict(row)


async def test_the_last_conclusion_is_stored_with_the_stages(run: Run) -> None:
    async with run.store.run_lock("run", str(run.run_id)):
        record = await RunRecord.open(run, "daily", AS_OF, {"a": 1})
        assert (await stored(run))["state"] == "running"
        async with record:
            record.stages.append({"name": "ingest", "rows": 3})
            record.conclude("completed", "first")
            record.conclude("completed_with_gaps", "fred failed", ["fred_daily"])
    row = await stored(run)
    assert (row["state"], row["message"], row["gaps"]) == ("completed_with_gaps", "fred failed", ["fred_daily"])
    assert (row["kind"], row["as_of"], json.loads(row["parameters"])) == ("daily", AS_OF, {"a": 1})
    assert json.loads(row["stages"]) == [{"name": "ingest", "rows": 3}]


async def test_an_error_after_a_conclusion_is_stored_as_failed_and_raised(run: Run) -> None:
    async def concluded_then_broken() -> None:
        async with await RunRecord.open(run, "backfill", AS_OF) as record:
            record.conclude("completed_with_gaps", "fred failed", ["fred_daily"])
            raise KeyError("a bug")

    with pytest.raises(KeyError):
        await concluded_then_broken()
    row = await stored(run)
    assert (row["state"], row["message"], row["gaps"]) == ("failed", "KeyError: 'a bug'", [])


async def test_a_run_that_forgets_its_conclusion_is_not_completed(run: Run) -> None:
    record = await RunRecord.open(run, "daily", AS_OF)
    async with record:
        pass
    assert (await stored(run))["state"] == "failed"
    with pytest.raises(StoreError, match="was not open"):
        async with record:
            record.conclude("completed", "")


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (StoreError("the database cannot be reached"), "died", "StoreError: the database cannot be reached"),
        (httpx.ConnectError("Prefect is gone"), "died", "ConnectError: Prefect is gone"),
        (RowsRefused("a null"), "failed", "RowsRefused: a null"),
        (asyncio.CancelledError(), "cancelled", STOPPED),
        (KeyboardInterrupt(), "cancelled", STOPPED),
    ],
)
async def test_what_ended_a_run_decides_whether_it_is_made_again(
    run: Run, error: BaseException, state: str, message: str
) -> None:
    """Died: caught up. Failed: for a person. Cancelled: by a person, or with the machine."""
    record = await RunRecord.open(run, "daily", AS_OF)
    with pytest.raises(type(error)):
        async with record:
            raise error
    row = await stored(run)
    assert (row["state"], row["message"]) == (state, message)
    assert record.is_cancelled == (state == "cancelled")
