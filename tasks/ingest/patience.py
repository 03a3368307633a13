"""Patience by the clock: while the deadline leaves room, a source that is out is tried again minutes later.

The quick tries of `source_task` are over within a minute. What is still open then gets further tries at fixed minutes
after the fetch began; the other sources go on meanwhile, and what comes late joins before the report.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from desk.model import SAO_PAULO
from tasks.run.run import Run

REPORT_NEEDS = dt.timedelta(minutes=8)
"""From the last try to the report: a slow source's answer, and every stage after it."""
STAGES_NEED = dt.timedelta(minutes=3)
"""From the last answer to the report: every stage after the fetch."""
LIVE_TRIES = (60, 300, 900)


@dataclass(frozen=True, slots=True)
class FurtherTry:
    """`wait`: seconds until it begins; `longest`: seconds that it may take."""

    wait: float
    longest: float


def further_tries(run: Run, began_at: dt.datetime, opens_in: Callable[[], float] = lambda: 0.0) -> Iterator[FurtherTry]:
    """Each further try, counted from each call. Ends where the deadline leaves no room for one: a source whose tries
    take longer than the pauses between them, as a first load of years of files, begins its next one late. So does one
    whose host is shut: a try before it opens, in `opens_in()` seconds, would send nothing.

    By the setting ALVORADA_PATIENCE_SECONDS; without it a live run of today's decision has LIVE_TRIES, others none.
    """
    offsets = run.settings.patience_seconds
    if offsets is None:
        offsets = LIVE_TRIES if run.sources == "live" else ()
    deadline = dt.datetime.combine(run.day, run.settings.watchdog_deadline, SAO_PAULO)
    for offset in offsets:
        now = run.clock()
        at = max(began_at + dt.timedelta(seconds=offset), now + dt.timedelta(seconds=opens_in()))
        if at + REPORT_NEEDS > deadline:
            return
        yield FurtherTry((at - run.clock()).total_seconds(), (deadline - STAGES_NEED - at).total_seconds())
