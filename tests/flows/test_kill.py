"""kill -9 at several stages, then the same command: it finishes, with no row twice and none missing.

Runs on one data folder are killed during the ingest, between signals and book, before the report, and during a
backfill. Its database at the end equals, row by row, that of runs which were not killed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import postgres_in_use
from alvorada.stack.postgres import Postgres
from desk.gold import GOLD
from desk.model import SILVER, decision_time
from flows.backfill import backfill
from tests.fixtures.flows import FILLED, FILLED_DAY, RunningDesk, drop_database
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.process, pytest.mark.db]

ROOT = Path(__file__).resolve().parents[2]
RUN = ("run", "--sources", "sandbox", "--as-of", str(FILLED_DAY))
OLD = (dt.date(2015, 1, 5), dt.date(2015, 2, 27))
BACKFILL = ("backfill", "--from", str(OLD[0]), "--to", str(OLD[1]), "--sources", "sandbox")
SLOW = {"b3_market_data": 0.3}
"""Seconds per answer: 1,400 of them, eight at a time, so that a kill among the first sources' ends is amid this one."""
PATIENCE = 240.0


class HomeToKill:
    """A home of its own with its own PostgreSQL, and the commands that work there."""

    def __init__(self, path: Path, sandbox: RunningSandbox) -> None:
        self.home = DataDir(path)
        environment = RunningDesk("", path, sandbox.root).environment(FILLED_DAY)
        outside = ("DATABASE_URL", "PREFECT_API_URL", "PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_HOME")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in outside},
            **{name: value for name, value in environment.items() if name not in outside},
        }

    def killed(self, arguments: tuple[str, ...], at: str, after: float = 0.0) -> None:
        """Runs the command and kills its process group `after` seconds from when it prints a line that matches."""
        process = self._start(arguments)
        assert process.stderr is not None
        alarm = threading.Timer(PATIENCE, process.kill)
        alarm.start()
        seen = []
        for line in process.stderr:
            seen.append(line)
            if re.match(at, line.strip()):
                time.sleep(after)
                os.killpg(process.pid, signal.SIGKILL)
                break
        else:
            process.wait()
            pytest.fail(f"no line {at!r} in:\n{''.join(seen)}")
        alarm.cancel()
        process.stderr.close()
        assert process.wait(10) == -signal.SIGKILL

    def finished(self, arguments: tuple[str, ...]) -> str:
        """Runs the command to its end, which must be exit code 0. Returns its output on stderr."""
        process = self._start(arguments)
        try:
            _, output = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert process.returncode == 0, output
        return output

    def _start(self, arguments: tuple[str, ...]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "alvorada", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def processes(self) -> list[str]:
        """Command lines of the living processes that know of this home."""
        mark, found = str(self.home.path).encode(), []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                command = (folder / "cmdline").read_bytes()
                if mark in command or b"ALVORADA_HOME=" + mark in (folder / "environ").read_bytes():
                    found.append(command.replace(b"\0", b" ").decode(errors="replace"))
            except OSError:  # it ended just now, or belongs to another user
                continue
        return found


@pytest.fixture
def home(quiet_sandbox: RunningSandbox, tmp_path: Path) -> Iterator[HomeToKill]:
    quiet_sandbox.configure(now=decision_time(FILLED_DAY))
    made = HomeToKill(tmp_path / "home", quiet_sandbox)
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


BODY = "(SELECT sha256 FROM payload WHERE payload.payload_id = own.payload_id)"


def columns_of(name: str) -> str:
    """What two databases must agree on: not which run wrote a row, and of its payload the bytes, not the number."""
    table = SILVER.get(name)
    columns = table.stored_schema if table else GOLD[name].schema
    return ", ".join(BODY if column == "payload_id" else column for column in columns)


async def differences(ours: RunningDesk, theirs: RunningDesk) -> dict[str, Any]:
    """Silver and gold tables that differ: rows here, rows there, and a few that only one side has."""
    found = {}
    for name in [*SILVER, *GOLD]:
        row = f"SELECT ROW({columns_of(name)})::text AS line FROM {name} AS own"
        mark = f"SELECT count(*), sum(hashtextextended(line, 0)) FROM ({row}) AS rows"
        if tuple((await ours.rows(mark))[0]) != tuple((await theirs.rows(mark))[0]):
            here, there = [[record["line"] for record in await desk.rows(row)] for desk in (ours, theirs)]
            only = sorted(set(here) ^ set(there))
            found[name] = (len(here), len(there), len(only), only[:4])
    return found


async def test_after_kills_at_every_stage_the_database_equals_that_of_unkilled_runs(
    home: HomeToKill, unkilled: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(latency=SLOW)
    await asyncio.to_thread(home.killed, RUN, r"source bcb_sgs +done")
    quiet_sandbox.configure(latency={})
    await asyncio.to_thread(home.killed, RUN, r"stage +signals +done")
    await asyncio.to_thread(home.killed, RUN, r"stage +risk +done")
    await asyncio.to_thread(home.finished, RUN)
    assert home.processes() == []

    with postgres_in_use(home.home) as cluster:
        desk = RunningDesk(cluster.url("alvorada_sandbox"), home.home.path, quiet_sandbox.root)
        assert await differences(desk, unkilled) == {}
        await assert_tidy(desk, "daily", ["died", "died", "died", "completed"])

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
