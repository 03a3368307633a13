"""Targets as CMN set them; the accrued index against NTN-B's published VNA rule."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.model import decision_time
from desk.point_in_time.as_of_grid import Grid
from desk.transforms.inflation import (
    accrued_index,
    load_inflation_targets,
    target_for_next_year,
    tolerance_for_next_year,
)
from tests.flows.real_folders import real_folder

TARGETS = load_inflation_targets()


@pytest.mark.parametrize(
    ("day", "target"),
    [
        (dt.date(2017, 6, 1), 0.045),
        (dt.date(2018, 6, 1), 0.0425),
        (dt.date(2023, 6, 1), 0.03),
        (dt.date(2024, 12, 30), 0.03),
        (dt.date(2031, 1, 2), 0.03),
    ],
)
def test_policy_aims_at_the_next_years_target(day: dt.date, target: float) -> None:
    assert target_for_next_year(Grid.of([day]), TARGETS)[0] == target


def test_there_was_no_target_before_1999() -> None:
    assert np.isnan(target_for_next_year(Grid.of([dt.date(1997, 6, 2)]), TARGETS)[0])


# IBGE, IPCA index number (Dec 1993 = 100)
INDEX = {dt.date(2024, 9, 1): 7030.48, dt.date(2024, 10, 1): 7069.85, dt.date(2024, 11, 1): 7097.42}


def frame(values: dict[dt.date, float], known: dict[dt.date, dt.date]) -> pl.DataFrame:
    rows = [(obs, decision_time(known[obs]), value) for obs, value in values.items()]
    schema = {"obs_date": pl.Date(), "knowledge_time": pl.Datetime("us", "UTC"), "value": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


KNOWN = {
    dt.date(2024, 9, 1): dt.date(2024, 10, 9),
    dt.date(2024, 10, 1): dt.date(2024, 11, 8),
    dt.date(2024, 11, 1): dt.date(2024, 12, 10),
}


@pytest.mark.parametrize(
    ("year", "band"),
    [
        (1999, 0.02),
        (2002, 0.02),
        (2003, 0.025),
        (2005, 0.025),
        (2006, 0.02),
        (2016, 0.02),
        (2017, 0.015),
        (2026, 0.015),
    ],
)
def test_the_band_is_that_of_its_year(year: int, band: float) -> None:
    """CMN: 2 points, 2.5 for 2003 to 2005, 2 from 2006, 1.5 from 2017."""
    assert TARGETS.tolerance_at(np.array([year]))[0] == band
    grid = Grid.of([dt.date(year - 1, 6, 1)])
    assert tolerance_for_next_year(grid, TARGETS)[0] == band, "that of the target it belongs to"


def test_no_band_before_the_first_target() -> None:
    assert np.isnan(TARGETS.tolerance_at(np.array([1998]))[0])


@pytest.mark.real
def test_targets_are_those_of_a_compilation_of_sgs_13521() -> None:
    file = real_folder("ALVORADA_REAL_HISTORY", "real-history") / "brazil_macro" / "ipca_meta.csv"
    found = {int(day[:4]): meta / 100 for day, meta in pl.read_csv(file).select("data", "meta").drop_nulls().rows()}
    ours = {year: target for year, target in TARGETS.by_year.items() if year in found}
    assert len(ours) >= 25
    # the CMN's own for 2003; the letter's 8.5% stands in ours
    assert {year for year in ours if abs(ours[year] - found[year]) > 1e-9} <= {2003, 2004}


def test_on_the_fifteenth_the_index_is_the_last_months_number() -> None:
    grid = Grid.of([dt.date(2024, 11, 18)])  # the 15th is a holiday: the index number holds from Monday
    value, dates = accrued_index(frame(INDEX, KNOWN), grid, np.array([0.045]), monthly_changes=False)
    assert value[0] == pytest.approx(7069.85)
    assert dates[0] == np.datetime64("2024-10-01")


def test_between_fifteenths_it_grows_by_expectation_until_the_number_is_out() -> None:
    days = [dt.date(2024, 12, 9), dt.date(2024, 12, 10)]
    value, _ = accrued_index(frame(INDEX, KNOWN), Grid.of(days), np.array([0.045, 0.045]), monthly_changes=False)
    calendar = calendars.anbima()
    start, end = dt.date(2024, 11, 18), dt.date(2024, 12, 16)
    share = [calendar.count(start, day) / calendar.count(start, end) for day in days]
    assert value[0] == pytest.approx(7069.85 * 1.045 ** (share[0] / 12))
    assert value[1] == pytest.approx(7069.85 * (7097.42 / 7069.85) ** share[1])


def test_without_expectation_or_number_it_is_unknown() -> None:
    days = [dt.date(2024, 12, 9), dt.date(2025, 1, 20)]
    value, dates = accrued_index(frame(INDEX, KNOWN), Grid.of(days), np.array([np.nan, 0.045]), monthly_changes=False)
    assert np.isnan(value).all()
    assert np.isnat(dates).all()


def test_a_chain_of_changes_needs_every_month_since_the_base() -> None:
    months = pl.date_range(dt.date(1993, 11, 1), dt.date(1994, 3, 1), "1mo", eager=True).to_list()
    changes = dict(zip(months, [0.35, 0.36, 0.4131, 0.4027, 0.4275], strict=True))
    known = {month: dt.date(1994, 4, 11) for month in months}
    grid = Grid.of([dt.date(1994, 4, 15)])
    value, _ = accrued_index(frame(changes, known), grid, np.array([0.5]), monthly_changes=True)
    assert value[0] == pytest.approx(100 * 1.4131 * 1.4027 * 1.4275)
    holed = {month: change for month, change in changes.items() if month != dt.date(1994, 2, 1)}
    assert np.isnan(accrued_index(frame(holed, known), grid, np.array([0.5]), monthly_changes=True)[0][0])
    late = {month: change for month, change in changes.items() if month > dt.date(1994, 1, 1)}
    assert np.isnan(accrued_index(frame(late, known), grid, np.array([0.5]), monthly_changes=True)[0][0])


def test_no_rows_no_index() -> None:
    value, _ = accrued_index(frame({}, {}), Grid.of([dt.date(2025, 1, 2)]), np.array([0.04]), monthly_changes=False)
    assert np.isnan(value[0])
