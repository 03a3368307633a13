"""Further tries by the clock: at +1, +5, +15 minutes while the deadline leaves room, in live runs of their own day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import cast

import pytest

from blocks.settings import load_settings
from desk.model import SAO_PAULO
from tasks.ingest.patience import STAGES_NEED, further_tries
from tasks.run.progress import NullProgress
from tasks.run.run import Run
from tasks.store import Store
from tests.tasks.run.runs import AS_OF, make_run


def run_at(folder: Path, sources: str, minutes: float, **settings: object) -> Run:
    run = make_run(cast("Store", None), folder, NullProgress())
    now = AS_OF + dt.timedelta(minutes=minutes)
    run.sources, run.settings, run.clock = sources, load_settings(**settings), lambda: now
    return run


@pytest.mark.parametrize(
    ("sources", "minutes", "waits"),
    [
        ("live", 0.0, [60.0, 300.0, 900.0]),
        ("live", 25.0, [60.0, 300.0]),  # 06:25: a try at 06:40 would leave no time for the report
        ("live", 36.5, []),
        ("live", 60 * 24 * 3, []),  # a past day has no deadline to wait for
        ("sandbox", 0.0, []),
        ("recorded", 0.0, []),
    ],
)
async def test_the_clock_decides(tmp_path: Path, sources: str, minutes: float, waits: list[float]) -> None:
    run = run_at(tmp_path, sources, minutes)
    assert [one.wait for one in further_tries(run, run.clock())] == waits


async def test_a_wait_is_shorter_by_what_the_tries_before_took(tmp_path: Path) -> None:
    run = run_at(tmp_path, "live", 2.0)
    assert [one.wait for one in further_tries(run, AS_OF)] == [0.0, 180.0, 780.0]


async def test_no_further_try_comes_while_the_host_is_shut(tmp_path: Path) -> None:
    """A 429 fifty seconds into the first try shuts Yahoo for five minutes: tries at +1 and +5 would send nothing."""
    run = run_at(tmp_path, "live", 0.0)
    clock = {"now": AS_OF + dt.timedelta(seconds=61), "opens": AS_OF + dt.timedelta(seconds=350)}
    run.clock = lambda: clock["now"]
    began = []
    for one in further_tries(run, AS_OF, lambda: max(0.0, (clock["opens"] - clock["now"]).total_seconds())):
        clock["now"] += dt.timedelta(seconds=one.wait)
        began.append((clock["now"] - AS_OF).total_seconds())
        clock["opens"] = clock["now"] + dt.timedelta(seconds=300)  # refused at once, and shut again
    assert began == [350.0, 650.0, 950.0]


async def test_a_host_that_stays_shut_to_the_deadline_is_not_tried_again(tmp_path: Path) -> None:
    run = run_at(tmp_path, "live", 0.0)
    assert list(further_tries(run, run.clock(), lambda: 3600.0)) == []


async def test_the_setting_speaks_for_every_world(tmp_path: Path) -> None:
    run = run_at(tmp_path, "sandbox", 0.0, patience_seconds=(5, 10))
    assert [one.wait for one in further_tries(run, run.clock())] == [5.0, 10.0]
    run = run_at(tmp_path, "live", 0.0, patience_seconds=())
    assert [one.wait for one in further_tries(run, run.clock())] == []


async def test_tries_that_take_longer_than_the_pauses_leave_the_report_its_time(tmp_path: Path) -> None:
    """A first load of B3's files: each try may take its budget of 900 s, and the report is due at 06:45."""
    run = run_at(tmp_path, "live", 15.0)
    now, began, ended = run.clock(), [], []
    run.clock = lambda: now
    deadline = dt.datetime.combine(run.day, run.settings.watchdog_deadline, SAO_PAULO)
    for one in further_tries(run, AS_OF):
        began.append(now + dt.timedelta(seconds=one.wait))
        now = began[-1] + dt.timedelta(seconds=min(900.0, one.longest))
        ended.append(now)
    assert [(at - AS_OF).total_seconds() / 60 for at in began] == [15.0, 30.0]
    assert [(at - AS_OF).total_seconds() / 60 for at in ended] == [30.0, 42.0]
    assert max(ended) <= deadline - STAGES_NEED
