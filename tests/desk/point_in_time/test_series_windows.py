"""What a morning asks of each series: its history, its look-back, or nothing."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import calendars
from desk.catalog import load_catalog
from desk.model import Series, Window, decision_time
from desk.point_in_time.fetch_windows import plan_of_windows
from desk.point_in_time.series_windows import LONGEST_PAUSE, SeriesCoverage, first_gap, plan_by_series, series_window

CATALOG = load_catalog()
DAY = dt.date(2026, 11, 19)
SGS = CATALOG.datasets["bcb_sgs_daily"]
ONE, OTHER = CATALOG.series_of("bcb_sgs_daily")[:2]
FIRST = DAY - dt.timedelta(days=SGS.history_days)
LOOKBACK = calendars.anbima().offset(DAY, -SGS.lookback_bd)
YESTERDAY = DAY - dt.timedelta(days=1)


def unknown(days: int, last: dt.date, code: str = ONE.code, *spans: Window) -> SeriesCoverage:
    return SeriesCoverage(spans, code, days, last)


def test_a_series_without_an_answered_look_is_asked_for_its_history_and_the_others_are_not() -> None:
    coverage = {OTHER.id: SeriesCoverage((Window(FIRST, YESTERDAY),))}
    plan = plan_by_series(SGS, [ONE, OTHER], coverage, frozenset(), decision_time(DAY))
    assert [(part.window.start, [one.id for one in part.series]) for part in plan.parts] == [
        (FIRST, [ONE.id]),
        (LOOKBACK, [OTHER.id]),
    ]


def test_series_with_one_window_share_one_ask() -> None:
    spans = SeriesCoverage((Window(FIRST, YESTERDAY),))
    plan = plan_by_series(SGS, [ONE, OTHER], {ONE.id: spans, OTHER.id: spans}, frozenset(), decision_time(DAY))
    (part,) = plan.parts
    assert part.window == Window(LOOKBACK, DAY)
    assert part.series == (ONE, OTHER)


def test_after_a_pause_it_is_asked_from_the_look_back_before_the_first_day_not_covered() -> None:
    """What was not out yet at the last look lies before that look's end."""
    last = dt.date(2026, 8, 3)
    window = series_window(SGS, ONE, SeriesCoverage((Window(FIRST, last),)), DAY)
    assert window == Window(calendars.anbima().offset(last + dt.timedelta(days=1), -SGS.lookback_bd), DAY)


@pytest.mark.parametrize(("days", "pause"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 28), (60, LONGEST_PAUSE)])
def test_an_unknown_series_is_asked_again_after_longer_and_longer_pauses(days: int, pause: int) -> None:
    for waited in range(pause + 2):
        window = series_window(SGS, ONE, unknown(days, DAY - dt.timedelta(days=waited)), DAY)
        assert (window is not None) == (waited >= pause), waited


def test_a_new_code_in_the_catalogue_is_asked_at_once() -> None:
    assert series_window(SGS, ONE, unknown(5, DAY), DAY) is None
    assert series_window(SGS, replace(ONE, code="99"), unknown(5, DAY), DAY) == Window(FIRST, DAY)


def test_a_retired_series_is_asked_up_to_its_last_day_then_no_more() -> None:
    ended = replace(ONE, retired=DAY - dt.timedelta(days=5))
    assert series_window(SGS, ended, SeriesCoverage(), DAY) == Window(FIRST, ended.retired or DAY)
    covered = SeriesCoverage((Window(FIRST, ended.retired or DAY),))
    assert series_window(SGS, ended, covered, DAY) == Window(LOOKBACK, ended.retired or DAY)
    assert series_window(SGS, ended, covered, DAY + dt.timedelta(days=60)) is None
    assert series_window(SGS, ended, unknown(1, DAY - dt.timedelta(days=90)), DAY) is None
    assert not plan_by_series(SGS, [ended], {ended.id: unknown(1, FIRST)}, frozenset(), decision_time(DAY)).parts


def test_a_backfill_asks_a_retired_series_for_its_own_days_only() -> None:
    ended = replace(ONE, retired=dt.date(2020, 6, 30))
    spans = [Window(dt.date(2020, 1, 1), dt.date(2020, 12, 31)), Window(dt.date(2021, 1, 1), dt.date(2021, 12, 31))]
    plan = plan_of_windows(SGS, [ended, OTHER], spans)
    found: dict[str, list[Window]] = {}
    for part in plan.parts:
        for one in part.series:
            found.setdefault(one.id, []).append(part.window)
    assert found == {OTHER.id: spans, ended.id: [Window(dt.date(2020, 1, 1), dt.date(2020, 6, 30))]}


def test_the_cells_are_those_of_the_look_back_and_the_earlier_ones_that_are_not_good() -> None:
    """A new series' history is no second attempt at 1,770 cells that are good."""
    every = frozenset(calendars.anbima().days(FIRST, DAY))
    hole = calendars.anbima().on_or_before(dt.date(2024, 5, 7))
    plan = plan_by_series(SGS, [ONE], {}, every - {hole}, decision_time(DAY))
    assert plan.cells == (hole, *calendars.anbima().days(LOOKBACK, DAY))


DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31))


@given(st.lists(st.tuples(DAYS, st.integers(0, 200)), max_size=6), DAYS)
def test_the_first_gap_is_the_first_day_that_no_span_holds(found: list[tuple[dt.date, int]], first: dt.date) -> None:
    spans = sorted((Window(start, start + dt.timedelta(days=days)) for start, days in found), key=lambda w: w.start)
    last = first + dt.timedelta(days=100)
    days = [first + dt.timedelta(days=n) for n in range(101)]
    brute = next((day for day in days if not any(span.start <= day <= span.end for span in spans)), None)
    assert first_gap(spans, first, last) == brute


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_no_day_is_left_out_whatever_the_pauses_between_mornings(pauses: list[int]) -> None:
    """Each number that came out within the look-back after its day is inside some later look."""
    covered: tuple[Window, ...] = ()
    today = dt.date(2026, 1, 5)
    looked: list[tuple[dt.date, Window]] = []
    for pause in pauses:
        window = series_window(SGS, ONE, SeriesCoverage(covered), today)
        assert window is not None
        looked.append((today, window))
        start = min(window.start, *(span.start for span in covered)) if covered else window.start
        covered = (Window(start, today),)
        today += dt.timedelta(days=pause)
    for (before, _), (_, window) in itertools.pairwise(looked):
        assert window.start <= calendars.anbima().offset(before, 1 - SGS.lookback_bd)


def test_a_replacement_wants_the_last_day_of_what_it_replaces() -> None:
    with pytest.raises(ValueError, match="without quotes"):
        replace(ONE, retired="2025-12-31")  # type: ignore[arg-type]
    assert isinstance(ONE, Series)
