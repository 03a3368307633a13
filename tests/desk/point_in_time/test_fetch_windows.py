"""What a run fetches: the whole history first, then the look-back and missing cells."""

from __future__ import annotations

import datetime as dt

from desk import calendars
from desk.catalog import load_catalog
from desk.model import Dataset, PublicationRule, Window, decision_time
from desk.point_in_time.fetch_windows import Coverage, missing, windows

CATALOG = load_catalog()
DAY = dt.date(2026, 11, 19)
AS_OF = decision_time(DAY)
SGS = CATALOG.datasets["bcb_sgs_daily"]
CURVES = CATALOG.datasets["b3_swap_curves"]


def rule(dataset: Dataset) -> PublicationRule:
    return CATALOG.rules[dataset.rule]


def good_days(dataset: Dataset, start: dt.date, end: dt.date) -> frozenset[dt.date]:
    return frozenset(calendars.by_name(dataset.calendar).days(start, end))


def test_an_empty_store_fetches_the_whole_history() -> None:
    (window,) = windows(SGS, rule(SGS), Coverage(), AS_OF)
    assert window == Window(DAY - dt.timedelta(days=SGS.history_days), DAY)


def test_a_full_store_fetches_the_look_back_only() -> None:
    start = DAY - dt.timedelta(days=SGS.history_days)
    coverage = Coverage(start, good_days(SGS, start, DAY))
    (window,) = windows(SGS, rule(SGS), coverage, AS_OF)
    assert window == Window(calendars.anbima().offset(DAY, -SGS.lookback_bd), DAY)


def test_a_missing_cell_extends_the_window_back_to_it() -> None:
    start, hole = DAY - dt.timedelta(days=SGS.history_days), dt.date(2026, 3, 10)
    coverage = Coverage(start, good_days(SGS, start, DAY) - {hole})
    assert windows(SGS, rule(SGS), coverage, AS_OF)[0].start == hole
    assert missing(SGS, rule(SGS), coverage, Window(start, DAY), AS_OF)[0] == hole


def test_a_source_with_a_file_a_day_is_fetched_for_missing_due_days_and_the_look_back() -> None:
    start, hole = DAY - dt.timedelta(days=CURVES.history_days), dt.date(2024, 5, 8)
    coverage = Coverage(start, good_days(CURVES, start, DAY) - {hole})
    fetched = windows(CURVES, rule(CURVES), coverage, AS_OF)
    assert fetched[0] == Window(hole, hole)
    # the 19th itself settles in the evening, after the decision
    assert fetched[1:] == [Window(calendars.b3().offset(DAY, -CURVES.lookback_bd), dt.date(2026, 11, 18))]


def test_neighbouring_days_across_a_weekend_share_a_window() -> None:
    start = DAY - dt.timedelta(days=CURVES.history_days)
    friday, monday = dt.date(2024, 5, 10), dt.date(2024, 5, 13)
    coverage = Coverage(start, good_days(CURVES, start, DAY) - {friday, monday})
    assert windows(CURVES, rule(CURVES), coverage, AS_OF)[0] == Window(friday, monday)


def test_after_a_backfill_the_first_run_still_fetches_the_history() -> None:
    start = DAY - dt.timedelta(days=30)
    (window,) = windows(SGS, rule(SGS), Coverage(start, good_days(SGS, start, DAY)), AS_OF)
    first = DAY - dt.timedelta(days=SGS.history_days)
    assert first <= window.start < first + dt.timedelta(days=5)


def test_holes_before_the_history_are_not_fetched_every_day() -> None:
    history, old = DAY - dt.timedelta(days=SGS.history_days), dt.date(2010, 1, 4)
    good = good_days(SGS, old, dt.date(2010, 12, 31)) | good_days(SGS, history, DAY)
    (window,) = windows(SGS, rule(SGS), Coverage(old, good), AS_OF)
    assert window == Window(calendars.anbima().offset(DAY, -SGS.lookback_bd), DAY)
