"""A missed morning is caught up, once: on a real Prefect server, whose workers, runs and itself are really killed."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alvorada.catch_up.morning import PAUSES
from alvorada.catch_up.prefect_api import CAUGHT_UP
from alvorada.stack.postgres import Postgres
from alvorada.stack.postgres_account import free_port
from tasks.run.stop_signals import STOPPED
from tests.fixtures.flows import NEXT_DAY, RunningDesk, drop_database
from tests.fixtures.sandbox import RunningSandbox
from tests.flows.prefect_desk import PrefectDesk, prefect_desk

pytestmark = [pytest.mark.flow, pytest.mark.db, pytest.mark.process, pytest.mark.timeout(900)]
LATE = dt.timedelta(minutes=5)
SECOND, THIRD = LATE + PAUSES[1], LATE + PAUSES[1] + PAUSES[2]
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
SLOW = {"bcb_sgs": 1.0, "fred": 1.0, "yahoo_finance": 1.0}


@pytest.fixture
async def served(
    postgres: Postgres, filled_desk: RunningDesk, database_numbers: Iterator[int], tmp_path: Path
) -> AsyncIterator[PrefectDesk]:
    name = f"prefect_{next(database_numbers)}"
    made = await prefect_desk(postgres, filled_desk, name, tmp_path / "prefect")
    yield made
    made.stop()
    await drop_database(postgres, name)


async def until(seen: Callable[[], Awaitable[Any]], seconds: float = 400.0) -> Any:
    """What `seen` returns once it is true."""
    async with asyncio.timeout(seconds):
        while not (found := await seen()):  # noqa: ASYNC110  # processes and servers set no event of ours
            await asyncio.sleep(0.3)
    return found


async def ended(served: PrefectDesk, run_id: str) -> Any:
    async def look() -> Any:
        run = served.runs()[run_id]
        return run if run["state_type"] in FINAL else None

    return await until(look)


async def test_a_machine_that_was_down_at_six_decides_once(served: PrefectDesk) -> None:
    assert set((await served.deploy("sandbox")).values()) == {"created"}
    served.schedule(NEXT_DAY)
    [scheduled] = served.runs()
    assert served.runs()[scheduled]["auto_scheduled"]
    later = await served.look(NEXT_DAY, LATE)
    assert later.started is None, "Prefect has the run of the day, and starts it itself"

    assert set((await served.deploy()).values()) == {"as it was"}
    assert list(served.runs()) == [scheduled], "nothing has changed, so nothing is lost"
    assert served.deployment()["parameters"]["sources"] == "sandbox", "a plain deploy flips no world"

    alerts = served.deployment("alerts/alerts")
    served.ask(f"/deployments/{alerts['id']}/set_schedule_inactive", {}, "POST")
    await served.redeploy_changed("alerts/alerts", description="another")
    after = served.deployment("alerts/alerts")
    assert (after["description"], after["paused"]) == ("another", True), "what a person has paused stays so"
    assert [schedule["active"] for schedule in after["schedules"]] == [False]

    await served.redeploy_changed("daily/daily", description="another")
    assert served.runs() == {}, "Prefect deletes scheduled runs at every update, Late ones too"

    one, other = await asyncio.gather(served.look(NEXT_DAY, LATE), served.look(NEXT_DAY, LATE))
    started = {found.started for found in (one, other)} - {None}
    assert len(started) == 1, (one, other)
    served.schedule(NEXT_DAY)  # and Prefect's own late run beside it
    assert len(served.runs()) == 2
    served.start_worker(NEXT_DAY, LATE)
    runs = [await ended(served, run_id) for run_id in served.runs()]
    assert sorted(run["state_name"] for run in runs) == ["Completed", "Reproduced"], [run["state"] for run in runs]
    assert await served.decisions(NEXT_DAY) == ["live"]
    assert await served.ledger(NEXT_DAY) == ["completed", "completed"]
    again = await served.look(NEXT_DAY, LATE)
    assert (again.started, again.lines[-1]) == (None, f"{NEXT_DAY} is decided")


async def test_a_morning_whose_runs_are_killed_and_stopped_is_decided_once(
    served: PrefectDesk, quiet_sandbox: RunningSandbox
) -> None:
    await served.deploy("sandbox")
    nowhere = f"postgresql://nobody:x@127.0.0.1:{free_port()}/nothing"
    served.start_worker(NEXT_DAY, LATE, DATABASE_URL=nowhere)
    first = (await served.look(NEXT_DAY, LATE)).started
    assert first is not None
    run = await ended(served, first)
    assert (run["state_type"], await served.ledger(NEXT_DAY)) == ("FAILED", []), run["state"]
    assert "cannot be reached" in run["state"]["message"]

    served.kill("worker")
    quiet_sandbox.configure(latency=SLOW)
    served.start_worker(NEXT_DAY, LATE)
    too_soon = await served.look(NEXT_DAY, LATE)
    assert (too_soon.started, "tried again at 06:15" in too_soon.lines[-1]) == (None, True)
    second = (await served.look(NEXT_DAY, SECOND)).started
    assert second not in (None, first)
    await until(lambda: running(served))
    served.kill("worker")  # and its run with it
    assert served.runs()[second]["state_type"] == "RUNNING", "nobody tells Prefect"

    third = await served.look(NEXT_DAY, THIRD)
    assert "its process is gone: crashed" in third.lines[0]
    assert (served.runs()[second]["state_type"], await served.ledger(NEXT_DAY)) == ("CRASHED", ["died"])
    served.start_worker(NEXT_DAY, LATE)
    await until(lambda: running(served))
    assert third.started is not None
    process = int(served.runs()[third.started]["infrastructure_pid"].rpartition(":")[2])
    os.kill(process, signal.SIGTERM)
    run = await ended(served, third.started)
    assert (run["state_type"], run["state"]["message"]) == ("CANCELLED", STOPPED)
    assert await served.ledger(NEXT_DAY) == ["cancelled", "died"]
    await until(lambda: gone(process), 20)

    given_up = await served.look(NEXT_DAY, THIRD)
    assert (given_up.started, "tried 3 times" in given_up.lines[-1]) == (None, True)
    assert await served.decisions(NEXT_DAY) == []

    quiet_sandbox.configure(latency={})
    served.kill("server")
    served.start_server()
    served.schedule(NEXT_DAY)
    [own] = [run_id for run_id, run in served.runs().items() if CAUGHT_UP not in run["tags"]]
    assert (await ended(served, own))["state_name"] == "Completed", "a worker outlives its server"
    assert await served.decisions(NEXT_DAY) == ["live"]


async def test_a_run_that_a_person_cancels_is_left_alone(served: PrefectDesk, quiet_sandbox: RunningSandbox) -> None:
    await served.deploy("sandbox")
    quiet_sandbox.configure(latency=SLOW)
    served.start_worker(NEXT_DAY, LATE)
    started = (await served.look(NEXT_DAY, LATE)).started
    await until(lambda: running(served))
    served.ask(f"/flow_runs/{started}/set_state", {"state": {"type": "CANCELLING"}})
    assert started is not None
    assert (await ended(served, started))["state_type"] == "CANCELLED"
    assert await served.ledger(NEXT_DAY) == ["cancelled"]
    found = await served.look(NEXT_DAY, LATE)
    assert (found.started, found.lines[-1]) == (None, f"the run of {NEXT_DAY} was cancelled by a person")


async def running(served: PrefectDesk) -> bool:
    """Whether a run of the day is at its sources."""
    cells = await served.desk.rows("SELECT 1 FROM ledger WHERE state = 'running'")
    return bool(cells) and "running" in await served.ledger(NEXT_DAY)


async def gone(process: int) -> bool:
    return not (Path("/proc") / str(process)).exists()
