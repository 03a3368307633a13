"""Years, months and falls of a NAV that can be worked out by hand."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk import calendars
from desk.model import decision_time
from desk.performance import nav_statistics


def path(days: list[dt.date], levels: list[float], cdi: float = 0.0, left: float = 1.0) -> pl.DataFrame:
    state = pl.DataFrame(
        {
            "as_of": [decision_time(calendars.b3().offset(day, 1)) for day in days],
            "valuation_date": days,
            "nav_brl": levels,
            "cost_brl": [1.0] * len(days),
            "risk_multiplier": [left] * len(days),
            "benchmark_nav_brl": [100.0 * (1.0 + cdi) ** (row / 252.0) for row in range(len(days))],
        }
    )
    return nav_statistics.nav_series(state)


DAYS = [dt.date(2024, 12, 27), dt.date(2024, 12, 30), dt.date(2025, 1, 2), dt.date(2025, 1, 3), dt.date(2025, 2, 3)]


def test_years_and_months_multiply_to_the_whole() -> None:
    found = path(DAYS, [100.0, 110.0, 99.0, 108.9, 98.01])
    years, whole = nav_statistics.by_year(found), nav_statistics.whole_period(found)
    assert [(one.year, one.days) for one in years] == [(2024, 2), (2025, 3)]
    assert [one.total for one in years] == pytest.approx([0.10, 98.01 / 110.0 - 1.0])
    assert whole.total == pytest.approx(-0.0199)
    months = nav_statistics.by_month(found)
    assert months == pytest.approx({(2024, 12): 0.10, (2025, 1): -0.01, (2025, 2): -0.10})
    assert years[1].worst_drawdown == pytest.approx(1.0 - 98.01 / 110.0), "from the close of the year before"


def test_a_book_at_cdi_has_no_return_over_it() -> None:
    found = path(DAYS, [100.0 * 1.10 ** (day / 252.0) for day in range(5)], cdi=0.10, left=0.0)
    whole = nav_statistics.whole_period(found)
    assert whole.total == pytest.approx(whole.cdi)
    assert (whole.volatility, whole.sharpe) == (0.0, None)
    assert (whole.risk_multiplier, whole.cost > 0) == (0.0, True)


def test_falls_are_told_deepest_first_and_the_last_may_be_open() -> None:
    found = path(DAYS, [100.0, 95.0, 101.0, 90.9, 96.0])
    falls = nav_statistics.worst_drawdowns(found, 5)
    assert [round(fall.depth, 6) for fall in falls] == [0.1, 0.05]
    assert (falls[0].peak, falls[0].trough, falls[0].recovered) == (DAYS[2], DAYS[3], None)
    assert (falls[1].peak, falls[1].trough, falls[1].recovered) == (DAYS[0], DAYS[1], DAYS[2])
    assert nav_statistics.worst_drawdowns(found, 1) == falls[:1]
    assert nav_statistics.worst_drawdowns(path(DAYS, [1.0, 2.0, 3.0, 4.0, 5.0]), 5) == []
