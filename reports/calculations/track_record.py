"""The book's track record: statistics, drawdowns, rolling Sharpe ratio and volatility, and returns by month.

Returns are those of NAV after costs, as fractions. Ratios are over cash (CDI) where CDI is known on every day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl

from reports.calculations.return_statistics import (
    DAYS_PER_YEAR,
    MIN_RETURNS,
    Drawdown,
    FloatArray,
    Statistics,
    drawdowns,
    rolling,
    statistics,
)
from reports.elements.formats import date, plural
from reports.elements.locale import translate
from reports.elements.report_data import ReportData, with_day

WINDOW = 126
"""Business days of the rolling statistics: half a year, so that two years of history hold four windows."""


@dataclass(frozen=True)
class TrackRecord:
    """`days`, `returns`, `sharpe` and `volatility` share their length; the rolling statistics are None until their
    first window is full. `reason`: why there is no record; empty where there is one."""

    days: tuple[dt.date, ...] = ()
    returns: tuple[float, ...] = ()
    whole: Statistics | None = None
    year: Statistics | None = None
    drawdowns: tuple[Drawdown, ...] = ()
    sharpe: tuple[float | None, ...] = ()
    volatility: tuple[float | None, ...] = ()
    reason: str = ""


def track_record(data: ReportData) -> TrackRecord:
    """The record of the days of `portfolio_state` up to the decision, without the inception day: it has no return."""
    book = with_day(data.history("portfolio_state"))
    rows = without_inception(book)
    unknown = rows.filter(pl.col("return_1d").is_null() | ~pl.col("return_1d").is_finite())
    if unknown.height:
        reason = translate(
            "the return of {} is not known on {}", plural(unknown.height, "day"), date(unknown["day"][0])
        )
        return TrackRecord(reason=reason)
    if rows.height < MIN_RETURNS:
        return TrackRecord(reason=translate("fewer than {} daily returns are stored", MIN_RETURNS))
    returns, cash = cast(list[float], rows["return_1d"].to_list()), _cash_returns(data, rows)
    path = np.array(returns)
    sharpe, volatility = rolling(path - np.array(cash) if cash else path, WINDOW)
    year = slice(-DAYS_PER_YEAR, None)
    return TrackRecord(
        days=tuple(rows["day"].to_list()),
        returns=tuple(returns),
        whole=statistics(returns, cash),
        year=statistics(returns[year], cash[year] if cash else None) if len(returns) > DAYS_PER_YEAR else None,
        drawdowns=tuple(drawdowns(book["day"].to_list(), book["nav_brl"].to_list())),
        sharpe=_none_for_nan(sharpe),
        volatility=_none_for_nan(volatility),
    )


def without_inception(book: pl.DataFrame) -> pl.DataFrame:
    """`portfolio_state` rows, oldest first, without the first one where it has no return."""
    return book.slice(1) if book.height and book["return_1d"][0] is None else book


def _cash_returns(data: ReportData, rows: pl.DataFrame) -> list[float] | None:
    """Daily cash returns from the CDI (annual, BUS/252) known at each decision; None where one day has no CDI."""
    cdi = with_day(data.history("feature").filter(pl.col("feature_id") == "cdi")).select("day", "value")
    found = rows.select("day").join(cdi, on="day", how="left").sort("day")["value"]
    if found.null_count() or not found.is_finite().all():
        return None
    return cast(list[float], ((1.0 + found) ** (1.0 / DAYS_PER_YEAR) - 1.0).to_list())


def _none_for_nan(values: FloatArray) -> tuple[float | None, ...]:
    return tuple(value if np.isfinite(value) else None for value in values.tolist())


def monthly_returns(book: pl.DataFrame) -> dict[tuple[int, int], float]:
    """Compounded daily returns by (year, month), from `portfolio_state` with `day`.

    A month with an unknown return is left out; the inception day, which has none, does not count.
    """
    rows = book.with_columns(year=pl.col("day").dt.year(), month=pl.col("day").dt.month()).sort("day")
    grouped = (
        without_inception(rows)
        .group_by("year", "month", maintain_order=True)
        .agg(
            ((1.0 + pl.col("return_1d")).product() - 1.0).alias("compounded"),
            pl.col("return_1d").null_count().alias("unknown"),
        )
    )
    return {(r["year"], r["month"]): r["compounded"] for r in grouped.iter_rows(named=True) if not r["unknown"]}
