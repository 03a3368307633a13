"""kill -9 at several stages, then the same command: it finishes, with no row twice and none missing.

Runs on one data folder are killed during the ingest, before the report, and during a backfill. Its database at the end
equals, row by row, that of runs which were not killed. bench/kills.py kills at sixty random moments.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from alvorada.stack.local_stack import postgres_in_use
from alvorada.stack.postgres import Postgres
from desk.model import decision_time
from flows.backfill import backfill
from tests.fixtures.flows import FILLED, FILLED_DAY, RunningDesk, drop_database
from tests.fixtures.sandbox import RunningSandbox
from tests.flows.killing import HomeToKill, differences

pytestmark = [pytest.mark.flow, pytest.mark.process, pytest.mark.db]

RUN = ("run", "--sources", "sandbox", "--as-of", str(FILLED_DAY))
OLD = (dt.date(2015, 1, 5), dt.date(2015, 2, 27))
BACKFILL = ("backfill", "--from", str(OLD[0]), "--to", str(OLD[1]), "--sources", "sandbox")
SLOW = {"b3_market_data": 0.3}
"""Seconds per answer: 1,400 of them, eight at a time, so that a kill among the first sources' ends is amid this one."""


@pytest.fixture
def home(quiet_sandbox: RunningSandbox, tmp_path: Path) -> Iterator[HomeToKill]:
    quiet_sandbox.configure(now=decision_time(FILLED_DAY))
    made = HomeToKill(tmp_path / "home", quiet_sandbox.root)
    yield made
    with postgres_in_use(made.home):  # stops the cluster where a killed command has left it running
        pass


@pytest.fixture
async def unkilled(
    postgres: Postgres, filled: RunningDesk, database_numbers: Iterator[int], home: HomeToKill, tmp_path: Path
) -> AsyncIterator[RunningDesk]:
    """What an uninterrupted run holds."""
    name = f"unkilled_{next(database_numbers)}"
    desk = RunningDesk(await postgres.ensure_database_async(name, FILLED), tmp_path / "unkilled", filled.sandbox_root)
    yield desk
    await drop_database(postgres, name)


async def test_after_kills_at_every_stage_the_database_equals_that_of_unkilled_runs(
    home: HomeToKill, unkilled: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(latency=SLOW)
    await asyncio.to_thread(home.killed, RUN, r"source bcb_sgs +done")
    quiet_sandbox.configure(latency={})
    await asyncio.to_thread(home.killed, RUN, r"stage +risk +done")
    await asyncio.to_thread(home.finished, RUN)
    assert home.processes() == []

    with postgres_in_use(home.home) as cluster:
        desk = RunningDesk(cluster.url("alvorada_sandbox"), home.home.path, quiet_sandbox.root)
        assert await differences(desk, unkilled) == {}
        await assert_tidy(desk, "daily", ["died", "died", "completed"])

    quiet_sandbox.configure(latency={"b3_market_data": 1.0})  # five seconds for its first chunk of forty days
    await asyncio.to_thread(home.killed, BACKFILL, r"source stn_fiscal +done", after=2.0)
    quiet_sandbox.configure(latency={})
    output = await asyncio.to_thread(home.finished, BACKFILL)
    assert "bcb_sgs_daily" not in output  # it was filled before the kill
    assert home.processes() == []

    await fill(unkilled)
    with postgres_in_use(home.home) as cluster:
        desk = RunningDesk(cluster.url("alvorada_sandbox"), home.home.path, quiet_sandbox.root)
        assert await differences(desk, unkilled) == {}
        await assert_tidy(desk, "backfill", ["died", "completed"])
    assert home.processes() == []


async def fill(desk: RunningDesk) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in desk.environment(FILLED_DAY).items():
            patch.setenv(name, value)
        state = await backfill(*OLD, sources="sandbox", return_state=True)
    assert state.name == "Completed", state.message


async def assert_tidy(desk: RunningDesk, kind: str, states: list[str]) -> None:
    """The runs ended as they did, no cell is left open, and what the dead left open is marked."""
    runs = await desk.rows("SELECT run_id, state FROM pipeline_runs WHERE kind = $1 ORDER BY ctid", kind)
    assert sorted(row["state"] for row in runs) == sorted(states)
    assert await desk.rows("SELECT 1 FROM ledger WHERE state = 'running'") == []
    dead = [row["run_id"] for row in runs if row["state"] == "died"]
    marked = await desk.rows("SELECT DISTINCT run_id FROM ledger WHERE state = 'died' AND run_id = ANY($1)", dead)
    assert marked, "no killed run had cells in hand"
    open_cells = await desk.rows(
        "SELECT DISTINCT dataset FROM v_cells WHERE state IN ('died', 'failed', 'running') ORDER BY 1"
    )
    assert open_cells == []
