"""What a run asks of each series of a dataset that is fetched series by series. Pure.

One dead code is one dead code: it costs one question now and then, and nothing of the other series' coverage. A series
is fetched from the look-back before the first day that no answered look has covered, so that what was not published yet
when it was last asked is caught as well; without any answered look, its whole history.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from desk import calendars
from desk.model import Dataset, Series, Window, desk_day
from desk.point_in_time.cells import cells
from desk.point_in_time.fetch_windows import FetchPlan, SeriesWindow
from desk.point_in_time.silent_series import SILENCE_DAYS

LONGEST_PAUSE = 28
"""Calendar days between two questions about a series that its source does not know, at most."""


@dataclass(frozen=True)
class SeriesCoverage:
    """The requests of one series so far.

    spans          observation dates that answered looks covered, ascending and apart from each other
    unknown_code   the code that its source did not know, at every look since the last answered one; None: it knows it
    unknown_days   days on which it was requested in vain; `last_unknown`: the newest of them
    """

    spans: tuple[Window, ...] = ()
    unknown_code: str | None = None
    unknown_days: int = 0
    last_unknown: dt.date | None = None


NOTHING = SeriesCoverage()


def plan_by_series(
    dataset: Dataset,
    series: Sequence[Series],
    coverage: Mapping[str, SeriesCoverage],
    good: Collection[dt.date],
    as_of: dt.datetime,
) -> FetchPlan:
    """The asks of a morning, one for each window with the series that share it, the earliest window first.

    `coverage`: by series id. `good`: ledger cells that need no other answer; the plan's cells are those of the
    look-back and the ones before it that are not good.
    """
    today = desk_day(as_of)
    lookback = calendars.by_name(dataset.calendar).offset(today, -dataset.lookback_bd)
    shared: dict[tuple[dt.date, dt.date], list[Series]] = {}
    for one in series:
        window = series_window(dataset, one, coverage.get(one.id, NOTHING), today)
        if window is not None:
            shared.setdefault((window.start, window.end), []).append(one)
    parts = tuple(SeriesWindow(Window(*span), tuple(shared[span])) for span in sorted(shared))
    if not parts:
        return FetchPlan((), ())
    hull = Window(min(part.window.start for part in parts), max(part.window.end for part in parts))
    return FetchPlan(parts, tuple(day for day in cells(dataset, hull) if day >= lookback or day not in good))


def series_window(dataset: Dataset, series: Series, coverage: SeriesCoverage, today: dt.date) -> Window | None:
    """The window to fetch of one series on the day `today`; None where nothing is due, as of a retired series whose
    end the look-back has left behind."""
    if not question_is_due(series, coverage, today):
        return None
    calendar = calendars.by_name(dataset.calendar)
    end = today if series.retired is None else min(today, series.retired)
    first = min(today - dt.timedelta(days=dataset.history_days), calendar.offset(today, -dataset.lookback_bd))
    gap = first_gap(coverage.spans, first, end)
    known_from = min(gap or today, today)
    if coverage.unknown_code == series.code:  # the looks before the finding were answered, and without its numbers
        known_from -= dt.timedelta(days=SILENCE_DAYS[series.frequency])
    start = max(first, calendar.offset(known_from, -dataset.lookback_bd))
    return Window(start, end) if start <= end else None


def question_is_due(series: Series, coverage: SeriesCoverage, today: dt.date) -> bool:
    """A series that its source does not know is requested again after 1, 2, 4 ... days, and at once when the catalogue
    gives it another code; a retired one is not asked again."""
    if coverage.unknown_code != series.code or coverage.last_unknown is None:
        return True
    if series.retired is not None:
        return False
    pause = min(1 << min(coverage.unknown_days - 1, 10), LONGEST_PAUSE)
    return (today - coverage.last_unknown).days >= pause


def first_gap(spans: Sequence[Window], first: dt.date, last: dt.date) -> dt.date | None:
    """The first day from `first` to `last` that no span holds; None where there is none. `spans`: ascending."""
    day = first
    for span in spans:
        if span.start > day:
            break
        day = max(day, span.end + dt.timedelta(days=1))
    return day if day <= last else None
