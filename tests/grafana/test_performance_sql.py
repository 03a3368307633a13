"""The SQL of the portfolio dashboard against NumPy: rolling Sharpe ratio and monthly returns."""

from __future__ import annotations

import datetime as dt
import uuid

import asyncpg
import numpy as np
import pytest

from desk import calendars
from desk.model import decision_time
from grafana.macros import expand as expand_all
from tests.grafana.panel_sql import panel_queries

pytestmark = pytest.mark.db
QUERIES = {query.title: query.sql for query in panel_queries() if query.page == "portfolio-performance"}
DAYS = 300
CDI = 0.12


def expand(sql: str, start: dt.datetime, end: dt.datetime) -> str:
    return expand_all(sql, start, end, {"book": ["model"]})


@pytest.fixture
async def book(database_url: str) -> tuple[asyncpg.Connection, list[dt.date], np.ndarray]:
    """Three hundred decisions of a book with known returns; `days` are the market days before them."""
    end = dt.date(2026, 11, 18)
    days = calendars.b3().days(calendars.b3().offset(end, -(DAYS - 1)), end)
    returns = np.random.default_rng(5).normal(0.0006, 0.006, DAYS)
    nav = 1e8 * np.cumprod(1 + returns)
    benchmark = 1e8 * (1 + CDI) ** (np.arange(DAYS) / 252)
    run = uuid.uuid4()
    connection = await asyncpg.connect(database_url)
    await connection.executemany(
        "INSERT INTO portfolio_state (as_of, valuation_date, nav_brl, return_1d, drawdown, benchmark_nav_brl, run_id)"
        " VALUES ($1, $2, $3, $4, 0, $5, $6)",
        [
            (decision_time(calendars.b3().offset(day, 1)), day, float(n), float(r), float(b), run)
            for day, n, r, b in zip(days, nav, returns, benchmark, strict=True)
        ],
    )
    return connection, days, returns


async def test_the_sharpe_ratio_is_numpys_and_absent_before_a_full_year(
    book: tuple[asyncpg.Connection, list[dt.date], np.ndarray],
) -> None:
    connection, days, returns = book
    end = decision_time(calendars.b3().offset(days[-1], 1))
    try:
        rows = await connection.fetch(expand(QUERIES["Rolling Sharpe"], end - dt.timedelta(days=365), end))
        excess = returns - ((1 + CDI) ** (1 / 252) - 1)
        for row in rows:
            at = days.index(row["time"].astimezone(dt.UTC).date())
            year = excess[max(at - 251, 0) : at + 1]
            expected = year.mean() / year.std(ddof=1) * np.sqrt(252) if at > 251 else None  # the first has no return
            assert row["Sharpe, 252 days"] == (None if expected is None else pytest.approx(expected, rel=1e-9))
        assert sum(row["Sharpe, 252 days"] is not None for row in rows) == DAYS - 252
        tile = await connection.fetch(expand(QUERIES["Sharpe, 252 days"], end - dt.timedelta(days=365), end))
        assert tile[0][0] == rows[-1]["Sharpe, 252 days"]
    finally:
        await connection.close()


async def test_a_cash_book_has_no_sharpe_ratio(database_url: str) -> None:
    """NAV and benchmark are one number on every day: the excess is zero and does not vary."""
    end = dt.date(2026, 11, 19)
    days = calendars.b3().days(calendars.b3().offset(end, -(DAYS - 1)), end)
    nav = np.round(1e8 * 1.1315 ** (np.arange(DAYS) / 252), 2)
    connection = await asyncpg.connect(database_url)
    try:
        await connection.executemany(
            "INSERT INTO portfolio_state (as_of, valuation_date, nav_brl, return_1d, benchmark_nav_brl, run_id)"
            " VALUES ($1, $2, $3, $4, $3, $5)",
            [
                (
                    decision_time(calendars.b3().offset(day, 1)),
                    day,
                    nav[at],
                    nav[at] / nav[at - 1] - 1.0 if at else None,
                    uuid.uuid4(),
                )
                for at, day in enumerate(days)
            ],
        )
        at = decision_time(calendars.b3().offset(end, 1))
        rows = await connection.fetch(expand(QUERIES["Rolling Sharpe"], at - dt.timedelta(days=900), at))
    finally:
        await connection.close()
    assert len(rows) == DAYS
    assert {row["Sharpe, 252 days"] for row in rows} == {None}


async def test_monthly_returns_compound_the_days(
    book: tuple[asyncpg.Connection, list[dt.date], np.ndarray],
) -> None:
    connection, days, returns = book
    end = decision_time(calendars.b3().offset(days[-1], 1))
    try:
        rows = await connection.fetch(expand(QUERIES["Monthly returns"], end - dt.timedelta(days=730), end))
        for row in rows:
            of_year = [r for day, r in zip(days, returns, strict=True) if str(day.year) == row["year"]]
            assert row["Year"] == pytest.approx(np.prod(1 + np.array(of_year)) - 1, rel=1e-9)
            march = [r for day, r in zip(days, returns, strict=True) if (str(day.year), day.month) == (row["year"], 3)]
            assert row["Mar"] == (pytest.approx(np.prod(1 + np.array(march)) - 1, rel=1e-9) if march else None)
    finally:
        await connection.close()


async def test_the_outcomes_are_those_that_the_risk_pass_stored(database_url: str) -> None:
    """A day that tested something has one row, with the stored exceptions; a flat day, whose metrics are null, none."""
    end = decision_time(dt.date(2026, 11, 19))
    flat = decision_time(calendars.b3().offset(dt.date(2026, 11, 19), -1))
    stored = {"tested_pnl": -0.03, "tested_var_95": 0.02, "tested_var_99": 0.04}
    stored |= {"exception_var_95": 1.0, "exception_var_99": 0.0, "var_95": 0.5}
    run = uuid.uuid4()
    connection = await asyncpg.connect(database_url)
    try:
        await connection.executemany(
            "INSERT INTO risk_metrics_daily (as_of, metric, method, value, run_id) VALUES ($1, $2, 'm', $3, $4)",
            [(day, name, value if day == end else None, run) for day in (flat, end) for name, value in stored.items()],
        )
        (row,) = await connection.fetch("SELECT * FROM v_var_outcome")
    finally:
        await connection.close()
    assert (row["as_of"], row["method"], row["pnl_fraction"]) == (end, "m", -0.03)
    assert (row["var_95"], row["var_99"]) == (0.02, 0.04)
    assert (row["exception_95"], row["exception_99"]) == (1, 0)
