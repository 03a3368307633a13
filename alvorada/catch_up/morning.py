"""Whether today's run is missing, and what is to be done about it. Pure; the clock is an argument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from alvorada.catch_up.prefect_api import CAUGHT_UP, OPEN, Deployment, FlowRun
from desk import calendars
from desk.model import SAO_PAULO, decision_time

PATIENCE = dt.timedelta(minutes=2)
"""After 06:00, for Prefect's own run: its scheduler and its worker look every few seconds."""
PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (0, 10, 30))
"""Before each run that the catch-up starts for a day, from when the one before it was due. A database or a machine that
comes and goes for some minutes must not use up the day; a run that takes the machine down with it must not go on."""
TRIES = len(PAUSES)


@dataclass(frozen=True, slots=True)
class Morning:
    """What is known of a day. `decided`: the day has its decision; `outcomes`: how its daily runs ended, by the desk's
    own record; `was_in_operation`: a daily run had been made before this day's hour, or its schedule was there;
    `runs`: Prefect's, of the daily deployment; `cancelled`: ids of those that a person has cancelled."""

    day: dt.date
    deployment: Deployment
    decided: bool
    outcomes: Sequence[str]
    was_in_operation: bool
    runs: Sequence[FlowRun]
    cancelled: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`attempt`: the number of the run to start now, counted from 0; None for none. `reason`: in words. `given_up`:
    nothing starts a run of this day any more, and a person is to."""

    attempt: int | None
    reason: str
    given_up: bool = False


def due_day(now: dt.datetime, until: dt.time) -> dt.date | None:
    """The day whose run may be caught up at `now`: today in São Paulo, where it is a B3 session, from shortly after
    06:00 to `until`. Else None."""
    local = now.astimezone(SAO_PAULO)
    day = local.date()
    if not calendars.b3().is_business_day(day) or local.time() >= until:
        return None
    return day if now >= decision_time(day) + PATIENCE else None


def verdict(morning: Morning, now: dt.datetime) -> Verdict:
    """What to do about the day.

    A run that failed on what it found (a required dataset, a stage) has told so, and one that a person cancelled needs
    no word: neither is repeated. One that died, or that never reached the desk's record, has decided nothing: it is.
    """
    day = morning.day
    if morning.decided:
        return Verdict(None, f"{day} is decided")
    if "running" in morning.outcomes:
        return Verdict(None, f"a run of {day} is at work")
    if "failed" in morning.outcomes:
        return Verdict(None, f"the run of {day} failed: a person is to look at it")
    of_the_day = [run for run in morning.runs if _is_of(run, day, now)]
    for run in of_the_day:
        if run.state_type in (*OPEN, "PAUSED") or (run.state_type == "SCHEDULED" and run.due <= now):
            return Verdict(None, f"a run of {day} is {run.state_name.lower()}")
    if any(run.id in morning.cancelled for run in of_the_day):
        return Verdict(None, f"the run of {day} was cancelled by a person")
    if not morning.was_in_operation:
        return Verdict(None, f"nothing was missed: the schedule is younger than 06:00 of {day}")
    if morning.deployment.paused:
        return Verdict(None, morning.deployment.paused)
    own = [run.due for run in of_the_day if CAUGHT_UP in run.tags]
    if len(own) >= TRIES:
        return Verdict(None, f"{day} was tried {len(own)} times, and no run has reached its end", given_up=True)
    if own and now < max(own) + PAUSES[len(own)]:
        next_at = (max(own) + PAUSES[len(own)]).astimezone(SAO_PAULO)
        return Verdict(None, f"no run of {day} has decided: tried again at {next_at:%H:%M}")
    return Verdict(len(own), f"no run of {day} has decided")


def _is_of(run: FlowRun, day: dt.date, now: dt.datetime) -> bool:
    """Whether the run decides, or was to decide, on this day: by name, or, without one, whatever it finds as today."""
    if run.day is not None:
        return run.day == str(day)
    if run.state_type in (*OPEN, "PAUSED", "SCHEDULED"):
        return run.due <= now
    return run.due.astimezone(SAO_PAULO).date() == day
