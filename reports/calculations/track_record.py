"""The book's track record: statistics, drawdowns, rolling Sharpe ratio and volatility, and returns by month.

Returns are those of NAV after costs, as fractions. Ratios are over the book's stored cash benchmark (CDI)
where it is known on every day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.performance.drawdowns import Drawdown, worst_drawdowns
from desk.units import DAYS_PER_YEAR
from reports.calculations.return_statistics import MIN_RETURNS, Statistics, rolling, statistics
from reports.elements.formats import date, plural
from reports.elements.locale import translate
from reports.elements.report_data import ReportData, with_market_day

DRAWDOWNS = 5
WINDOW = 126
"""Business days of the rolling statistics: half a year, so that two years of history hold four windows."""


@dataclass(frozen=True)
class TrackRecord:
    """`days`, `returns`, `sharpe` and `volatility` share their length; the rolling statistics are None until their
    first window is full. `since`: the close that the first return is from. `reason`: why there is no record; empty
    where there is one."""

    days: tuple[dt.date, ...] = ()
    returns: tuple[float, ...] = ()
    whole: Statistics | None = None
    year: Statistics | None = None
    drawdowns: tuple[Drawdown, ...] = ()
    sharpe: tuple[float | None, ...] = ()
    volatility: tuple[float | None, ...] = ()
    since: dt.date | None = None
    reason: str = ""


def track_record(data: ReportData) -> TrackRecord:
    """The record of the market days of `portfolio_state` up to the decision. The first stored one is where it begins:
    it has no return, or, where the book is older than the history that is read, none of CDI."""
    book = with_market_day(data.history("portfolio_state"))
    rows = book.slice(1)
    unknown = rows.filter(pl.col("return_1d").is_null() | ~pl.col("return_1d").is_finite())
    if unknown.height:
        reason = translate(
            "the return of {} is not known on {}", plural(unknown.height, "day"), date(unknown["day"][0])
        )
        return TrackRecord(reason=reason)
    if rows.height < MIN_RETURNS:
        return TrackRecord(reason=translate("fewer than {} daily returns are stored", MIN_RETURNS))
    returns, cash = cast(list[float], rows["return_1d"].to_list()), _cash_returns(book, rows)
    path = np.array(returns)
    sharpe, volatility = rolling(path - np.array(cash) if cash else path, WINDOW)
    year = slice(-DAYS_PER_YEAR, None)
    return TrackRecord(
        days=tuple(rows["day"].to_list()),
        returns=tuple(returns),
        whole=statistics(returns, cash),
        year=statistics(returns[year], cash[year] if cash else None) if len(returns) > DAYS_PER_YEAR else None,
        drawdowns=tuple(worst_drawdowns(book["day"].to_list(), _path(book, over_cash=cash is not None), DRAWDOWNS)),
        sharpe=_none_for_nan(sharpe),
        volatility=_none_for_nan(volatility),
        since=book["day"][0],
    )


def _cash_returns(book: pl.DataFrame, rows: pl.DataFrame) -> list[float] | None:
    """Daily returns of the stored cash benchmark on the days of `rows`, all but the first of `book`; None where a day
    has none."""
    growth = book["benchmark_nav_brl"] / book["benchmark_nav_brl"].shift(1) - 1.0
    found = growth.tail(rows.height)
    if found.null_count() or not found.is_finite().all():
        return None
    return cast(list[float], found.to_list())


def _path(book: pl.DataFrame, *, over_cash: bool) -> FloatArray:
    """NAV, over its cash benchmark where that is known on every day."""
    return (book["nav_brl"] / book["benchmark_nav_brl"] if over_cash else book["nav_brl"]).to_numpy()


def _none_for_nan(values: FloatArray) -> tuple[float | None, ...]:
    return tuple(value if np.isfinite(value) else None for value in values.tolist())


def monthly_returns(book: pl.DataFrame) -> dict[tuple[int, int], float]:
    """Compounded daily returns of NAV by (year, month) of the market day, from `portfolio_state` with `day`.

    A month with an unknown return is left out; the first stored day does not count.
    """
    return _by_month(book, pl.col("return_1d"))


def monthly_cash(book: pl.DataFrame) -> dict[tuple[int, int], float]:
    """As `monthly_returns`, of the stored cash benchmark (CDI) over the same market days."""
    return _by_month(book, pl.col("benchmark_nav_brl") / pl.col("benchmark_nav_brl").shift(1) - 1.0)


def _by_month(book: pl.DataFrame, daily: pl.Expr) -> dict[tuple[int, int], float]:
    rows = book.sort("day").with_columns(year=pl.col("day").dt.year(), month=pl.col("day").dt.month(), daily=daily)
    grouped = (
        rows.slice(1)
        .group_by("year", "month", maintain_order=True)
        .agg(((1.0 + pl.col("daily")).product() - 1.0).alias("compounded"), unknown=pl.col("daily").null_count())
    )
    return {(r["year"], r["month"]): r["compounded"] for r in grouped.iter_rows(named=True) if not r["unknown"]}
