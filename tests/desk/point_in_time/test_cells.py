"""Cells by day, week and month; what is due follows the publication rule."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.model import Window, decision_time
from desk.point_in_time.cells import cell_of, cells, due

CATALOG = load_catalog()
NOVEMBER = Window(dt.date(2026, 11, 1), dt.date(2026, 11, 30))


def test_daily_cells_are_the_business_days_of_the_datasets_calendar() -> None:
    days = cells(CATALOG.datasets["b3_swap_curves"], NOVEMBER)
    assert dt.date(2026, 11, 20) not in days  # Consciousness Day, national since 2024
    assert dt.date(2026, 11, 2) not in days
    assert len(days) == 19


def test_weekly_cells_are_tuesdays_and_a_monday_report_belongs_to_its_week() -> None:
    dataset = CATALOG.datasets["cftc_tff"]
    assert cells(dataset, NOVEMBER) == [dt.date(2026, 11, day) for day in (3, 10, 17, 24)]
    monday = pl.Series([dt.date(2006, 7, 3)])  # as-of Monday, since Tuesday was the 4th of July
    assert cell_of(dataset, monday).to_list() == [dt.date(2006, 7, 4)]


def test_monthly_cells_are_firsts_of_the_month() -> None:
    dataset = CATALOG.datasets["ibge_ipca_index"]
    assert cells(dataset, Window(dt.date(2026, 9, 15), dt.date(2026, 11, 30))) == [
        dt.date(2026, 10, 1),
        dt.date(2026, 11, 1),
    ]
    assert cell_of(dataset, pl.Series([dt.date(2026, 10, 17)])).to_list() == [dt.date(2026, 10, 1)]


@pytest.mark.parametrize(
    ("dataset", "last"),
    [
        ("b3_swap_curves", dt.date(2026, 11, 18)),  # settled last evening
        ("cftc_tff", dt.date(2026, 11, 10)),  # the 17th comes out on Friday the 20th
        ("bcb_focus_12m", dt.date(2026, 11, 13)),  # surveyed on Friday, out on Monday the 16th
        ("bcb_fx_flow", dt.date(2026, 11, 13)),  # the week before, out on Wednesday the 18th
    ],
)
def test_due_cells_follow_the_publication_rule(dataset: str, last: dt.date) -> None:
    spec = CATALOG.datasets[dataset]
    days = cells(spec, NOVEMBER)
    assert due(CATALOG.rules[spec.rule], days, decision_time(dt.date(2026, 11, 19)))[-1] == last
