"""Cash at CDI is one quantity: in NAV, in the benchmark, in the statistics over it, and in BCB's series 11 and 12."""

import csv
import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import MissingInput
from desk.performance import nav_statistics
from desk.portfolio import run_book
from desk.portfolio.cash import cash_growth, interest
from desk.portfolio.contracts import valuation_days
from reports.calculations.track_record import track_record
from reports.elements.report_data import ReportData
from tests.desk.portfolio.panels import LONE, make_values, one_view
from tests.flows.real_folders import real_folder

PARAMETERS = load_desk_parameters()
SELIC_YEARS = {2016: 14.02, 2018: 6.43, 2019: 5.96, 2021: 4.42, 2022: 12.39, 2024: 10.88}
CDI_YEARS = {**SELIC_YEARS, 2016: 14.00, 2018: 6.42}
BCB_YEARS = [
    (code, year, found) for code, years in (("11", SELIC_YEARS), ("12", CDI_YEARS)) for year, found in years.items()
]
"""(SGS series, year, percent): Selic and CDI by day, each year's product of BCB's factors to two decimals."""


def test_a_cash_book_is_its_benchmark_to_the_cent_and_has_no_sharpe_ratio() -> None:
    """A year with every odd session of the calendars in it: 24 and 31 December earn, and are no decision days."""
    values = make_values(400, last=dt.date(2016, 3, 31)).with_columns(cdi=pl.lit(0.13))
    state = run_book(values, one_view("DOL", 0.0, values), LONE, PARAMETERS, values["day"][100])["portfolio_state"]
    assert (state["active_positions"] == 0).all()
    assert state["nav_brl"].to_list() == state["benchmark_nav_brl"].to_list() == state["shadow_nav_brl"].to_list()
    whole = nav_statistics.whole_period(nav_statistics.nav_series(state))
    assert (whole.total, whole.volatility, whole.sharpe) == (whole.cdi, 0.0, None)
    at = state["as_of"][-1]
    frame = state.with_columns(run_id=pl.lit("r"))
    record = track_record(ReportData(at, "sandbox", "r", "v", {"portfolio_state": frame})).whole
    assert record is not None
    assert (record.over_cash, record.sharpe, record.sortino) == (True, None, None)
    sessions = valuation_days(state["as_of"].dt.convert_time_zone("America/Sao_Paulo").dt.date().to_numpy())
    days = calendars.anbima().days(sessions[0].item(), sessions[-1].item())
    earned = state["nav_brl"][-1] / state["nav_brl"][0]
    assert earned == pytest.approx(1.13 ** ((len(days) - 1) / 252), rel=1e-9)


@pytest.mark.real
@pytest.mark.parametrize(("code", "year", "percent"), BCB_YEARS)
def test_a_year_of_cash_is_the_year_of_bcbs_series(code: str, year: int, percent: float) -> None:
    """Of the rates that BCB published, accrued from the first session of the year to the next year's first."""
    path = real_folder("ALVORADA_REAL_HISTORY", "real-history") / "brazil_macro" / f"bcb_sgs_{code}.csv"
    with path.open() as file:
        daily = {dt.date.fromisoformat(row["Date"]): float(row[code]) / 100.0 for row in csv.DictReader(file)}
    b3 = calendars.b3()
    sessions = b3.days(dt.date(year, 1, 1), dt.date(year + 1, 1, 10))
    rows = [day for day in sessions if day.year == year] + [min(day for day in sessions if day.year > year)]
    valuation = np.array(rows, dtype="datetime64[D]")
    decisions = np.array([b3.offset(day, 1) for day in rows], dtype="datetime64[D]")
    rate = np.array([(1.0 + daily[day]) ** 252 - 1.0 for day in rows[:-1]] + [0.0])
    growth = cash_growth(decisions, valuation, rate)
    assert 100.0 * np.expm1(growth[-1]) == pytest.approx(percent, abs=0.006)


def test_a_day_without_cdi_is_named_and_cents_are_whole() -> None:
    days = np.array(["2026-01-05", "2026-01-06", "2026-01-07"], dtype="datetime64[D]")
    with pytest.raises(MissingInput, match="cdi is unknown on 2026-01-06"):
        cash_growth(days, valuation_days(days), np.array([0.1, np.nan, 0.1]))
    growth = cash_growth(days, valuation_days(days), np.array([0.1, 0.1, np.nan]))
    assert interest(1_000.0, growth, 1) == 0.38
