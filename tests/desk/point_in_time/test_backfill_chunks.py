"""The cells that a backfill selects, and the chunks that fetch them."""

from __future__ import annotations

import datetime as dt

import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.errors import BadInput
from desk.model import Dataset, Window, decision_time
from desk.point_in_time.backfill_chunks import Estimate, by_source, chunks, due_cells, selected_states, table
from desk.point_in_time.cells import cells

CATALOG = load_catalog()
LATEST = dt.date(2026, 3, 12)
SGS = CATALOG.datasets["bcb_sgs_daily"]
CURVES = CATALOG.datasets["b3_swap_curves"]
MONTHLY = CATALOG.datasets["ibge_ipca_index"]
WEEKLY = CATALOG.datasets["cftc_tff"]


def days(dataset: Dataset, start: dt.date, end: dt.date) -> list[dt.date]:
    return cells(dataset, Window(start, end))


def test_neighbours_share_a_chunk_and_the_weekend_belongs_to_its_friday() -> None:
    week = days(SGS, dt.date(2015, 1, 5), dt.date(2015, 1, 16))
    (chunk,) = chunks(SGS, week, LATEST)
    assert chunk.windows == (Window(dt.date(2015, 1, 5), dt.date(2015, 1, 18)),)
    assert list(chunk.cells) == week


def test_a_good_cell_between_two_missing_ones_is_not_fetched() -> None:
    monday, wednesday = dt.date(2015, 1, 5), dt.date(2015, 1, 7)
    fetched = [chunk.windows for chunk in chunks(SGS, [wednesday, monday], LATEST)]
    assert fetched == [(Window(monday, monday),), (Window(wednesday, wednesday),)]


def test_a_chunk_is_at_most_chunk_days_long() -> None:
    every = days(SGS, dt.date(2008, 1, 2), dt.date(2018, 12, 28))
    parts = chunks(SGS, every, LATEST)
    assert [day for part in parts for day in part.cells] == every
    assert len(parts) == 3
    for part in parts:
        assert (part.windows[-1].end - part.windows[0].start).days < SGS.chunk_days


def test_a_source_with_a_file_a_day_has_the_holes_of_a_quarter_in_one_chunk() -> None:
    every = days(CURVES, dt.date(2015, 1, 2), dt.date(2015, 6, 30))
    holes = every[::2]
    parts = chunks(CURVES, holes, LATEST)
    assert [day for part in parts for day in part.cells] == holes
    assert len(parts) == 2
    for part in parts:
        assert (part.windows[-1].end - part.windows[0].start).days < CURVES.chunk_days


def test_the_last_chunk_ends_at_the_latest_decision_day() -> None:
    (chunk,) = chunks(SGS, days(SGS, dt.date(2026, 3, 11), LATEST), LATEST)
    assert chunk.windows == (Window(dt.date(2026, 3, 11), LATEST),)


def test_months_and_weeks_are_fetched_whole() -> None:
    (month,) = chunks(MONTHLY, [dt.date(2015, 1, 1), dt.date(2015, 2, 1)], LATEST)
    assert month.windows == (Window(dt.date(2015, 1, 1), dt.date(2015, 2, 28)),)
    (week,) = chunks(WEEKLY, [dt.date(2015, 1, 6), dt.date(2015, 1, 13)], LATEST)
    assert week.windows == (Window(dt.date(2015, 1, 5), dt.date(2015, 1, 18)),)
    assert week.cells == (dt.date(2015, 1, 6), dt.date(2015, 1, 13))


def test_a_range_that_begins_within_a_month_includes_that_month() -> None:
    window = Window(dt.date(2015, 1, 20), dt.date(2015, 2, 20))
    found = due_cells(MONTHLY, CATALOG.rules[MONTHLY.rule], window, decision_time(LATEST))
    assert found == [dt.date(2015, 1, 1), dt.date(2015, 2, 1)]


def test_only_what_is_public_is_due() -> None:
    window = Window(dt.date(2026, 3, 9), LATEST)
    found = due_cells(CURVES, CATALOG.rules[CURVES.rule], window, decision_time(LATEST))
    assert found == calendars.b3().days(dt.date(2026, 3, 9), dt.date(2026, 3, 11))


def test_sources_are_in_the_catalogues_order_without_those_that_have_no_cell() -> None:
    selected: dict[str, list[dt.date]] = {name: [] for name in CATALOG.datasets}
    selected["treasury_real"], selected["bcb_ptax"] = [dt.date(2015, 1, 6)], [dt.date(2015, 1, 6)]
    assert list(by_source(CATALOG, selected, LATEST)) == ["bcb_ptax", "treasury_gov"]


@pytest.mark.parametrize("only", [[], ["lost"], ["missing", "ok"]])
def test_other_values_than_missing_and_failed_are_refused(only: list[str]) -> None:
    with pytest.raises(BadInput, match="missing, failed"):
        selected_states(only)


def test_the_states_of_missing_and_failed() -> None:
    assert selected_states(["missing"]) == {"missing", "not_yet"}
    assert selected_states(["failed"]) == {"failed", "died"}


def test_the_table_has_a_row_per_dataset_and_their_sum() -> None:
    lines = table([Estimate(SGS, 1200, 2, 16, 4.04, "ledger"), Estimate(CURVES, 60, 1, 60, 30.0, "rate_limit")])
    assert [line.split() for line in lines] == [
        ["dataset", "cells", "chunks", "requests", "seconds", "estimated", "by"],
        ["bcb_sgs_daily", "1,200", "2", "16", "4.0", "earlier", "fetches"],
        ["b3_swap_curves", "60", "1", "60", "30.0", "the", "source's", "rate", "limit"],
        ["all", "1,260", "3", "76", "34.0"],
    ]
