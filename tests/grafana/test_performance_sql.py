"""The SQL of the portfolio dashboard against NumPy: rolling Sharpe ratio and monthly returns."""

from __future__ import annotations

import datetime as dt
import uuid

import asyncpg
import numpy as np
import pytest

from desk import calendars
from desk.model import decision_time
from grafana.macros import expand
from tests.grafana.panel_sql import panel_queries

pytestmark = pytest.mark.db
QUERIES = {query.title: query.sql for query in panel_queries() if query.page == "portfolio-performance"}
DAYS = 300
CDI = 0.12


@pytest.fixture
async def book(database_url: str) -> tuple[asyncpg.Connection, list[dt.date], np.ndarray]:
    """Three hundred decisions of a book with known returns."""
    end = dt.date(2026, 11, 19)
    days = calendars.b3().days(calendars.b3().offset(end, -(DAYS - 1)), end)
    returns = np.random.default_rng(5).normal(0.0006, 0.006, DAYS)
    nav = 1e8 * np.cumprod(1 + returns)
    run = uuid.uuid4()
    connection = await asyncpg.connect(database_url)
    await connection.executemany(
        "INSERT INTO portfolio_state (as_of, nav_brl, return_1d, drawdown, run_id) VALUES ($1, $2, $3, 0, $4)",
        [(decision_time(day), float(n), float(r), run) for day, n, r in zip(days, nav, returns, strict=True)],
    )
    await connection.executemany(
        "INSERT INTO feature (as_of, feature_id, value, run_id) VALUES ($1, 'cdi', $2, $3)",
        [(decision_time(day), CDI, run) for day in days],
    )
    return connection, days, returns


async def test_the_sharpe_ratio_is_numpys_and_absent_before_a_full_year(
    book: tuple[asyncpg.Connection, list[dt.date], np.ndarray],
) -> None:
    connection, days, returns = book
    end = decision_time(days[-1])
    try:
        rows = await connection.fetch(expand(QUERIES["Rolling Sharpe"], end - dt.timedelta(days=365), end))
        excess = returns - ((1 + CDI) ** (1 / 252) - 1)
        for row in rows:
            at = days.index(row["time"].astimezone(dt.UTC).date())
            year = excess[max(at - 251, 0) : at + 1]
            expected = year.mean() / year.std(ddof=1) * np.sqrt(252) if len(year) == 252 else None
            assert row["Sharpe, 252 days"] == (None if expected is None else pytest.approx(expected, rel=1e-9))
        assert sum(row["Sharpe, 252 days"] is not None for row in rows) == DAYS - 251
        tile = await connection.fetch(expand(QUERIES["Sharpe, 252 days"], end - dt.timedelta(days=365), end))
        assert tile[0][0] == rows[-1]["Sharpe, 252 days"]
    finally:
        await connection.close()


async def test_monthly_returns_compound_the_days(
    book: tuple[asyncpg.Connection, list[dt.date], np.ndarray],
) -> None:
    connection, days, returns = book
    end = decision_time(days[-1])
    try:
        rows = await connection.fetch(expand(QUERIES["Monthly returns"], end - dt.timedelta(days=730), end))
        for row in rows:
            of_year = [r for day, r in zip(days, returns, strict=True) if str(day.year) == row["year"]]
            assert row["Year"] == pytest.approx(np.prod(1 + np.array(of_year)) - 1, rel=1e-9)
            march = [r for day, r in zip(days, returns, strict=True) if (str(day.year), day.month) == (row["year"], 3)]
            assert row["Mar"] == (pytest.approx(np.prod(1 + np.array(march)) - 1, rel=1e-9) if march else None)
    finally:
        await connection.close()


async def test_a_day_is_set_against_the_var_of_the_decision_two_rows_before(database_url: str) -> None:
    """By hand: a NAV of 100, VaR 95 of 2% and 99 of 4%; the positions lose 3, cash and costs do not count."""
    end = dt.date(2026, 11, 19)
    days = [decision_time(calendars.b3().offset(end, -back)) for back in (2, 1, 0)]
    run = uuid.uuid4()
    connection = await asyncpg.connect(database_url)
    try:
        for day, nav, pnl in zip(days, (100.0, 100.0, 98.0), (0.0, 0.0, -2.0), strict=True):
            await connection.execute(
                "INSERT INTO portfolio_state (as_of, nav_brl, pnl_brl, run_id) VALUES ($1, $2, $3, $4)",
                day,
                nav,
                pnl,
                run,
            )
        for name, price, carry, cost in (("DOL", -4.0, 0.5, 0.2), ("DI1_2Y", 0.5, 0.0, 0.1), ("CASH", 0.0, 1.3, 0.0)):
            await connection.execute(
                "INSERT INTO pnl_attribution (as_of, instrument_id, price_pnl_brl, carry_pnl_brl, cost_brl, run_id)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                days[2], name, price, carry, cost, run,
            )  # fmt: skip
        for day, level in ((days[0], 1.0), (days[1], 0.1)):
            for metric, value in (("var_95", 0.02), ("var_99", 0.04)):
                await connection.execute(
                    "INSERT INTO risk_metrics_daily (as_of, metric, method, value, run_id)"
                    " VALUES ($1, $2, 'm', $3, $4)",
                    day, metric, level * value, run,
                )  # fmt: skip
        (row,) = await connection.fetch("SELECT * FROM v_var_outcome")
    finally:
        await connection.close()
    assert (row["as_of"], row["method"]) == (days[2], "m")
    assert row["pnl_fraction"] == pytest.approx(-0.03)
    assert (row["var_95"], row["var_99"]) == (0.02, 0.04)
    assert (row["exception_95"], row["exception_99"]) == (1, 0)
