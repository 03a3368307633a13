"""Which morning is caught up, and which is left alone: every case by its facts, and the clock as an argument."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.client.schemas.schedules import construct_schedule
from prefect.server.schemas.schedules import CronSchedule

from alvorada.catch_up.lost_runs import is_lost
from alvorada.catch_up.morning import TRIES, Morning, due_day, verdict
from alvorada.catch_up.prefect_api import CAUGHT_UP, Deployment, FlowRun
from desk.model import SAO_PAULO, decision_time

DAY = dt.date(2026, 11, 19)
SIX = decision_time(DAY)
NOON = dt.time(12, 0)
LONG_AGO = SIX - dt.timedelta(days=30)


def at(minutes: float) -> dt.datetime:
    return SIX + dt.timedelta(minutes=minutes)


def flow_run(state: str = "SCHEDULED", **more: Any) -> FlowRun:
    made = FlowRun("r1", "daily", "d", state, state.capitalize(), "", SIX, SIX, None, None, ("auto-scheduled",))
    return replace(made, **more)


def morning(**facts: Any) -> Morning:
    given_facts: dict[str, Any] = {
        "day": DAY, "deployment": Deployment("d", "daily", LONG_AGO, "live", None), "decided": False, "outcomes": (),
        "was_in_operation": True, "runs": (),
    } | facts  # fmt: skip
    return Morning(**given_facts)


@pytest.mark.parametrize(
    ("minutes", "due"),
    [(-1, False), (0, False), (1.9, False), (2, True), (5, True), (359, True), (360, False), (600, False)],
)
def test_a_day_is_due_from_shortly_after_six_to_the_deadline(minutes: float, due: bool) -> None:
    assert due_day(at(minutes), NOON) == (DAY if due else None)


def test_a_day_without_a_session_is_never_due() -> None:
    for day in (dt.date(2026, 11, 20), dt.date(2026, 11, 21), dt.date(2026, 12, 25)):
        assert due_day(decision_time(day) + dt.timedelta(minutes=5), NOON) is None


@given(
    day=st.dates(dt.date(2017, 1, 1), dt.date(2027, 12, 31)),
    zone=st.sampled_from(["UTC", "America/New_York", "Europe/London", "Pacific/Auckland", "Asia/Kolkata"]),
    minutes=st.integers(0, 24 * 60 - 1),
)
def test_the_zone_of_the_server_plays_no_part(day: dt.date, zone: str, minutes: int) -> None:
    """Brazil had summer time till 2019, and servers still have it: 06:00 is São Paulo's."""
    utc = dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(minutes=minutes)
    assert due_day(utc, NOON) == due_day(utc.astimezone(ZoneInfo(zone)), NOON)
    found = due_day(utc, NOON)
    if found is not None:
        assert dt.time(6, 2) <= utc.astimezone(SAO_PAULO).time() < NOON
        assert utc.astimezone(SAO_PAULO).date() == found


@pytest.mark.parametrize("start", ["2018-11-01", "2019-02-14", "2026-03-05", "2026-10-31"])
@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
async def test_prefects_schedule_stays_at_six_over_changes_of_the_clock(start: str, zone: str) -> None:
    """Both sides' summer times begin or end within these five days, and the server lives in another zone."""
    given_schedule = construct_schedule(cron="0 6 * * *", timezone="America/Sao_Paulo")
    begin = dt.date.fromisoformat(start)
    schedule = CronSchedule(**given_schedule.dict())
    found = await schedule.get_dates(6, start=dt.datetime.combine(begin, dt.time(), ZoneInfo(zone)))
    dates = [dt.datetime.fromtimestamp(moment.timestamp(), dt.UTC) for moment in found]
    assert [moment.astimezone(SAO_PAULO).time() for moment in dates] == [dt.time(6)] * 6
    days = [moment.astimezone(SAO_PAULO).date() for moment in dates]
    assert days == [days[0] + dt.timedelta(days=n) for n in range(6)]
    for moment, day in zip(dates, days, strict=True):
        assert moment == decision_time(day)


def test_the_command_reads_its_clock_in_any_zone_of_the_machine() -> None:
    code = (
        "import datetime as dt; from alvorada.cli.clock import now; from alvorada.catch_up.morning import due_day;"
        "print(due_day(now(), dt.time(12)))"
    )
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        env = {**os.environ, "TZ": zone, "ALVORADA_NOW": at(5).isoformat()}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == str(DAY)


def test_a_missed_morning_is_started_once() -> None:
    assert verdict(morning(), at(5)).attempt == 0


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"decided": True}, "is decided"),
        ({"outcomes": ("running",)}, "is at work"),
        ({"outcomes": ("died", "failed")}, "a person is to look at it"),
        ({"was_in_operation": False}, "nothing was missed"),
        ({"deployment": Deployment("d", "daily", LONG_AGO, "live", "the queue daily is paused")}, "queue daily is"),
        ({"runs": (flow_run(state_name="Late"),)}, "a run of 2026-11-19 is late"),
        ({"runs": (flow_run("PENDING"),)}, "is pending"),
        ({"runs": (flow_run("RUNNING", day=str(DAY)),)}, "is running"),
        ({"runs": (flow_run("CANCELLED"),), "cancelled": {"r1"}}, "cancelled by a person"),
        ({"runs": tuple(flow_run("CRASHED", tags=(CAUGHT_UP,)) for _ in range(TRIES))}, "tried 3 times"),
    ],
)
def test_a_morning_is_left_alone(facts: dict[str, Any], reason: str) -> None:
    found = verdict(morning(**facts), at(5))
    assert found.attempt is None
    assert reason in found.reason


@pytest.mark.parametrize(
    ("dues", "minutes", "attempt", "given_up"),
    [
        ((2,), 3, None, False),  # the first died at once: ten minutes later, not at once
        ((2,), 11.9, None, False),
        ((2,), 12, 1, False),
        ((2, 12), 41.9, None, False),
        ((2, 12), 42, 2, False),
        ((2, 12, 42), 43, None, True),
        ((2, 12, 42), 350, None, True),
    ],
)
def test_three_tries_take_their_time_and_the_last_is_told(
    dues: tuple[float, ...], minutes: float, attempt: int | None, given_up: bool
) -> None:
    runs = tuple(flow_run("CRASHED", due=at(due), tags=(CAUGHT_UP,)) for due in dues)
    found = verdict(morning(runs=runs, outcomes=("died",) * len(dues)), at(minutes))
    assert (found.attempt, found.given_up) == (attempt, given_up)


@pytest.mark.parametrize(
    "runs",
    [
        (flow_run(due=at(24 * 60)),),  # tomorrow's
        (flow_run("CRASHED"),),  # killed: it has decided nothing
        (flow_run("CANCELLED"),),  # stopped with the machine, by nobody who asked Prefect
        (flow_run("RUNNING", day="2026-11-18"),),  # another day's, by hand
        (flow_run("COMPLETED", due=at(-24 * 60)),),
        (flow_run("FAILED"),),  # its database was down: the desk's record has no word of it
    ],
)
def test_these_runs_do_not_stand_for_todays(runs: tuple[FlowRun, ...]) -> None:
    assert verdict(morning(runs=runs), at(5)).attempt == 0


def test_each_try_has_a_number_of_its_own() -> None:
    one = flow_run("CRASHED", tags=("alvorada", CAUGHT_UP))
    assert verdict(morning(outcomes=("died",), runs=(one,)), at(60)).attempt == 1


@pytest.fixture
def sleeper() -> Any:
    process = subprocess.Popen(["sleep", "60"], env={"PREFECT__FLOW_RUN_ID": "r1", "PATH": "/usr/bin:/bin"})
    yield process
    process.kill()
    process.wait()


def test_a_run_is_lost_when_its_process_is_gone(sleeper: subprocess.Popen[bytes]) -> None:
    here, now = socket.gethostname(), at(1)
    running = flow_run("RUNNING", process=f"{here}:{sleeper.pid}")
    assert not is_lost(running, now)
    assert is_lost(replace(running, id="another"), now), "the pid is used again by another program"
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert is_lost(running, now), "a zombie runs nothing"
    sleeper.wait()
    assert is_lost(running, now)


def test_a_run_elsewhere_is_lost_only_after_its_own_time_out() -> None:
    elsewhere = flow_run("RUNNING", process="another-host:12")
    assert not is_lost(elsewhere, at(119))
    assert is_lost(elsewhere, at(121))
    assert not is_lost(replace(elsewhere, tags=("alvorada", "backfill")), at(5000))
    assert not is_lost(flow_run("RUNNING"), at(5000)), "a run of a command line is no worker's"
    assert not is_lost(flow_run("PENDING"), at(9))
    assert is_lost(flow_run("PENDING"), at(11))
