"""Which decision days a stage computes: those that are not a record yet.

The rows of a decided day are never written again, so a stage that computed them would compute for nothing. A morning
after a decided one has one day, a first run all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from desk import calendars
from desk.model import decision_time, desk_day
from tasks.run.run import Run


async def open_days(run: Run, tables: Sequence[str], since: dt.date) -> list[dt.date]:
    """The decision days from `since` to the run's, ascending, that are not decided or have no row in one of `tables` (a
    later release has added it, say); and the run's own day always."""
    days = [decision_time(day) for day in calendars.b3().days(since, run.day)]
    found = [desk_day(as_of) for as_of in await run.store.open_days(tables, days)]
    return found if run.day in found else [*found, run.day]
