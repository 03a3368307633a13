"""What a run asks of each dataset: the days that lack, and a look-back that catches late and revised values. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from desk import calendars
from desk.model import Dataset, PublicationRule, Window, desk_day
from desk.point_in_time.cells import cells, due


@dataclass(frozen=True)
class Coverage:
    """What the ledger knows of one dataset. `good`: cells that came in, or are known to be empty."""

    covered_from: dt.date | None = None
    good: frozenset[dt.date] = frozenset()


def windows(dataset: Dataset, rule: PublicationRule, coverage: Coverage, as_of: dt.datetime) -> list[Window]:
    """The windows to ask for at `as_of`, ascending; empty when nothing is due.

    Nothing stored: the dataset's whole history. Else: from the look-back, or from the first due cell that lacks.
    """
    today = desk_day(as_of)
    first = today - dt.timedelta(days=dataset.history_days)
    lookback = calendars.by_name(dataset.calendar).offset(today, -dataset.lookback_bd)
    if dataset.per_day:
        wanted = due(rule, cells(dataset, Window(min(first, lookback), today)), as_of)
        return _runs(dataset, [day for day in wanted if day >= lookback or day not in coverage.good])
    if coverage.covered_from is None:
        return [Window(min(first, lookback), today)]
    # From the history's first day, wherever the ledger begins: a backfill may have come before the first run (the
    # history is still to come) or gone far behind it (older holes are its own business, not every day's).
    lacking = missing(dataset, rule, coverage, Window(min(first, lookback), today), as_of)
    return [Window(min([lookback, *lacking[:1]]), today)]


def missing(
    dataset: Dataset, rule: PublicationRule, coverage: Coverage, window: Window, as_of: dt.datetime
) -> list[dt.date]:
    """Due cells of `window` that are not good, ascending."""
    return [day for day in due(rule, cells(dataset, window), as_of) if day not in coverage.good]


def _runs(dataset: Dataset, days: Iterable[dt.date]) -> list[Window]:
    """Days as windows; neighbours in the dataset's calendar share one."""
    calendar = calendars.by_name(dataset.calendar)
    runs: list[Window] = []
    for day in sorted(days):
        if runs and calendar.offset(runs[-1].end, 1) == day:
            runs[-1] = Window(runs[-1].start, day)
        else:
            runs.append(Window(day, day))
    return runs
