"""What a run fetches of each dataset: missing cells, and a look-back for late and revised values. Pure.

A dataset that is fetched series by series has its coverage series by series (`series_windows.py`): what is missing of
one series is fetched for that series alone. A dataset with a file for each day, or without series, has its coverage by
ledger cells.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desk import calendars
from desk.model import Dataset, PublicationRule, Series, Window, desk_day
from desk.point_in_time.cells import cells, due


@dataclass(frozen=True)
class Coverage:
    """What the ledger holds of one dataset.

    covered_from   the earliest observation date that a successful fetch covered; None before the first one
    good           cells with rows, and cells that the source is known to have no number for
    """

    covered_from: dt.date | None = None
    good: frozenset[dt.date] = frozenset()


@dataclass(frozen=True)
class SeriesWindow:
    """One window of some series of a dataset; without series for a dataset that has none."""

    window: Window
    series: tuple[Series, ...]


@dataclass(frozen=True)
class FetchPlan:
    """The windows that a fetch of a dataset requests, and the ledger cells that it covers, ascending."""

    parts: tuple[SeriesWindow, ...]
    cells: tuple[dt.date, ...]


def is_by_series(dataset: Dataset, series: Sequence[Series]) -> bool:
    """Whether each series of the dataset has a coverage of its own."""
    return bool(series) and not dataset.per_day


def plan_of_windows(dataset: Dataset, series: Sequence[Series], spans: Iterable[Window]) -> FetchPlan:
    """The same windows for every series, a retired one up to its last day; every cell of the windows."""
    parts: list[SeriesWindow] = []
    days: list[dt.date] = []
    for span in spans:
        days += cells(dataset, span)
        alive = tuple(one for one in series if one.retired is None or one.retired >= span.end)
        ended = [one for one in series if one.retired is not None and span.start <= one.retired < span.end]
        if alive or not series:
            parts.append(SeriesWindow(span, alive))
        parts += [SeriesWindow(Window(span.start, one.retired), (one,)) for one in ended if one.retired is not None]
    return FetchPlan(tuple(parts), tuple(days))


def windows(dataset: Dataset, rule: PublicationRule, coverage: Coverage, as_of: dt.datetime) -> list[Window]:
    """The windows to fetch at `as_of`, ascending; empty when nothing is due.

    Before the first successful fetch: the dataset's whole history. Later: one window from the look-back or from the
    first missing cell, whichever is earlier. A dataset with a file for each day: the look-back and the missing days.
    """
    today = desk_day(as_of)
    first = today - dt.timedelta(days=dataset.history_days)
    lookback = calendars.by_name(dataset.calendar).offset(today, -dataset.lookback_bd)
    if dataset.per_day:
        due_days = due(rule, cells(dataset, Window(min(first, lookback), today)), as_of)
        return _merged(dataset, [day for day in due_days if day >= lookback or day not in coverage.good])
    if coverage.covered_from is None:
        return [Window(min(first, lookback), today)]
    # Counted from the history's first day, not from covered_from: a backfill may run before the first daily run (the
    # history is then still missing), or reach far behind the history (a daily run does not fill holes there).
    holes = missing(dataset, rule, coverage, Window(min(first, lookback), today), as_of)
    return [Window(min([lookback, *holes[:1]]), today)]


def missing(
    dataset: Dataset, rule: PublicationRule, coverage: Coverage, window: Window, as_of: dt.datetime
) -> list[dt.date]:
    """Due cells of `window` that are not good, ascending."""
    return [day for day in due(rule, cells(dataset, window), as_of) if day not in coverage.good]


def _merged(dataset: Dataset, days: Iterable[dt.date]) -> list[Window]:
    """`days` as windows, ascending; consecutive business days of the dataset's calendar share one window."""
    calendar = calendars.by_name(dataset.calendar)
    merged: list[Window] = []
    for day in sorted(days):
        if merged and calendar.offset(merged[-1].end, 1) == day:
            merged[-1] = Window(merged[-1].start, day)
        else:
            merged.append(Window(day, day))
    return merged
