"""A stage that fails is recorded and what needs it is skipped; a bug is raised when the report is out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from prefect.client.schemas.objects import State
from prefect.states import Completed, Crashed, Failed

from desk.errors import StageFailed
from tasks.run.stage_runner import StageRunner
from tasks.run.stages import StageResult
from tasks.store import Store
from tests.fixtures.flows import Listener
from tests.tasks.run.runs import make_run

pytestmark = pytest.mark.db


def ending_in(state: State[Any]) -> Callable[[], Awaitable[State[Any]]]:
    async def stage() -> State[Any]:
        return state

    return stage


async def not_to_be_called() -> State[Any]:
    raise AssertionError("a stage was called whose input is absent")


async def test_a_result_is_returned_and_recorded(store: Store, tmp_path: Path) -> None:
    records: list[dict[str, Any]] = []
    stages = StageRunner(make_run(store, tmp_path, Listener()), records)
    result = StageResult("signals", 12, 5, 1.23456)
    assert await stages.call("signals", ending_in(Completed(data=result))) == result
    assert records == [{"name": "signals", "seconds": 1.235, "rows": 12}]
    assert stages.failures == {}


async def test_what_needs_a_failed_stage_is_skipped_along_the_chain(store: Store, tmp_path: Path) -> None:
    listener = Listener()
    stages = StageRunner(make_run(store, tmp_path, listener), [])
    assert await stages.call("transform", ending_in(Failed(data=StageFailed("no feature")))) is None
    assert await stages.call("signals", not_to_be_called, needs="transform") is None
    assert await stages.call("portfolio", not_to_be_called, needs="signals") is None
    assert stages.failures == {
        "transform": "transform: no feature",
        "signals": "signals needs transform",
        "portfolio": "portfolio needs signals",
    }
    assert [(record["name"], record["error"]) for record in stages.records] == [("transform", "no feature")]
    assert [(name, state) for _, name, state, _ in listener.events] == [
        ("transform", "failed"),
        ("signals", "skipped"),
        ("portfolio", "skipped"),
    ]


async def test_a_bug_in_a_stage_is_kept_until_the_report_is_out(store: Store, tmp_path: Path) -> None:
    stages = StageRunner(make_run(store, tmp_path, Listener()), [])
    bug = ZeroDivisionError("a bug")
    assert await stages.call("risk", ending_in(Failed(data=bug))) is None
    assert stages.bug is bug
    assert stages.failures == {"risk": "risk: ZeroDivisionError: a bug"}
    await stages.call("report", ending_in(Failed(data=KeyError("another"))))
    assert stages.bug is bug


async def test_a_panic_of_polars_is_such_a_bug(store: Store, tmp_path: Path) -> None:
    async def panics() -> State[Any]:
        raise pl.exceptions.PanicException("index out of bounds")

    stages = StageRunner(make_run(store, tmp_path, Listener()), [])
    assert await stages.call("transform", panics) is None
    assert isinstance(stages.bug, pl.exceptions.PanicException)


async def test_what_stops_the_process_is_raised_at_once(store: Store, tmp_path: Path) -> None:
    stages = StageRunner(make_run(store, tmp_path, Listener()), [])
    with pytest.raises(asyncio.CancelledError):
        await stages.call("risk", ending_in(Crashed(data=asyncio.CancelledError())))
