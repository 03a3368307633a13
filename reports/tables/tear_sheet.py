"""The book's record as a tear sheet gives it: statistics, the deepest drawdowns, months, rolling Sharpe and volatility.

The returns are those of NAV after costs; the ratios are over cash (CDI) where the desk knew it on every day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl

from reports.elements.elements import Cell, Column, Table, signed_cell
from reports.elements.formats import NOT_KNOWN, date, number, percent, plural, thousands
from reports.elements.locale import source_note, translate
from reports.elements.report_data import ReportData, with_day
from reports.tables.return_statistics import FEWEST, YEAR, Fall, Statistics, falls, rolling, statistics

WINDOW = 126
"""Business days of the rolling statistics: half a year, so that two years of history show three of its lengths."""


@dataclass(frozen=True)
class TrackRecord:
    """`days` and `returns` share their length; `windows` by name is the same days' rolling statistic, None before its
    window is full. `gap` says why there is no record."""

    days: tuple[dt.date, ...]
    returns: tuple[float, ...]
    whole: Statistics | None
    year: Statistics | None
    falls: tuple[Fall, ...]
    sharpe: tuple[float | None, ...]
    volatility: tuple[float | None, ...]
    gap: str = ""


NOTHING = TrackRecord((), (), None, None, (), (), ())


def track_record(data: ReportData) -> TrackRecord:
    """Of the days of `portfolio_state` up to the decision; the book's first day has no return."""
    book = with_day(data.history("portfolio_state"))
    rows = book.slice(1) if book.height and book["return_1d"][0] is None else book
    lacking = rows.filter(pl.col("return_1d").is_null() | ~pl.col("return_1d").is_finite())
    if lacking.height:
        why = translate("the return of {} is not known on {}", plural(lacking.height, "day"), date(lacking["day"][0]))
        return TrackRecord((), (), None, None, (), (), (), why)
    if rows.height < FEWEST:
        return TrackRecord((), (), None, None, (), (), (), translate("fewer than {} daily returns are stored", FEWEST))
    returns, cash = cast(list[float], rows["return_1d"].to_list()), _cash(data, rows)
    path = np.array(returns)
    ratio, spread = rolling(path - np.array(cash) if cash else path, WINDOW)
    return TrackRecord(
        days=tuple(rows["day"].to_list()),
        returns=tuple(returns),
        whole=statistics(returns, cash),
        year=statistics(returns[-YEAR:], cash[-YEAR:] if cash else None) if len(returns) > YEAR else None,
        falls=tuple(falls(book["day"].to_list(), book["nav_brl"].to_list())),
        sharpe=_gaps(ratio),
        volatility=_gaps(spread),
    )


def _cash(data: ReportData, rows: pl.DataFrame) -> list[float] | None:
    """The day's return of cash, from the CDI (annual, BUS/252) known at its decision; None where a day lacks it."""
    cdi = with_day(data.history("feature").filter(pl.col("feature_id") == "cdi")).select("day", "value")
    found = rows.select("day").join(cdi, on="day", how="left").sort("day")["value"]
    if found.null_count() or not found.is_finite().all():
        return None
    return cast(list[float], ((1.0 + found) ** (1.0 / YEAR) - 1.0).to_list())


def _gaps(values: np.ndarray) -> tuple[float | None, ...]:
    return tuple(value if np.isfinite(value) else None for value in values.tolist())


def sentence(record: TrackRecord) -> str:
    """`Over 503 days the book made +6.1% a year at 7.2% volatility: Sharpe 0.4 over CDI; the worst fall was 5.1%.`"""
    found = record.whole
    if found is None:
        return ""
    over = translate("over CDI") if found.over_cash else translate("over zero, for CDI is not known on every day")
    return translate(
        "Over {} the book made {} a year at {} volatility: Sharpe {} {}; its worst fall was {}.",
        plural(found.days, "day"),
        percent(found.cagr, 1, signed=True),
        percent(found.volatility, 1),
        number(found.sharpe, 2, signed=True),
        over,
        percent(found.max_drawdown, 1),
    )


STATISTICS: tuple[tuple[str, str, Callable[[Statistics], str]], ...] = (
    ("Days", "", lambda s: thousands(s.days)),
    ("Total return", "", lambda s: percent(s.total, signed=True)),
    ("CAGR", "compounded, a year of 252 days", lambda s: percent(s.cagr, signed=True)),
    ("Volatility", "a year", lambda s: percent(s.volatility)),
    ("Sharpe", "over cash where CDI is known on every day", lambda s: number(s.sharpe, signed=True)),
    ("Sortino", "as Sharpe, over the days below cash", lambda s: number(s.sortino, signed=True)),
    ("Calmar", "CAGR over the worst drawdown", lambda s: number(s.calmar, signed=True)),
    ("Worst drawdown", "", lambda s: percent(s.max_drawdown)),
    ("Skew", "", lambda s: number(s.skew, signed=True)),
    ("Excess kurtosis", "zero for a normal law", lambda s: number(s.kurtosis, signed=True)),
    ("Best day", "", lambda s: percent(s.best_day, signed=True)),
    ("Worst day", "", lambda s: percent(s.worst_day, signed=True)),
    ("Days won", "of the days that moved", lambda s: percent(s.win_rate, 1)),
    ("Profit factor", "what the days won over what they lost", lambda s: number(s.profit_factor)),
    ("Average gain", "", lambda s: percent(s.average_gain, 3, signed=True)),
    ("Average loss", "", lambda s: percent(s.average_loss, 3, signed=True)),
    ("Tail ratio", "95th over 5th percentile", lambda s: number(s.tail_ratio)),
    ("VaR 95% of the record", "5th percentile of the returns", lambda s: percent(s.var_95)),
)
"""Name, explanation on hover, and how it is printed."""


def statistics_table(record: TrackRecord, day: str) -> Table:
    """Every statistic over the whole history and over the last year of it."""
    spans = [found for found in (record.whole, record.year) if found is not None]
    rows = tuple((Cell(name, why), *(Cell(text(found)) for found in spans)) for name, why, text in STATISTICS)
    heads = (Column("All days"), Column("Last year"))[: len(spans)]
    span = translate("{} to {}", date(record.days[0]), date(record.days[-1]))
    caption = translate("The record, {}: daily returns after costs", span)
    source = source_note("portfolio_state, feature", day)
    return Table("tear-sheet", caption, (Column("Statistic", "text"), *heads), rows, source, wide=False, tall=True)


def fall_table(record: TrackRecord, day: str) -> Table:
    rows = tuple(
        (
            Cell(str(place)),
            Cell(percent(fall.depth)),
            Cell(date(fall.peak)),
            Cell(date(fall.trough)),
            Cell(date(fall.recovered)) if fall.recovered else Cell("not yet", tone="amber"),
            Cell(thousands(fall.days)),
        )
        for place, fall in enumerate(record.falls, 1)
    )
    columns = (
        Column("#", "text"),
        Column("Depth"),
        Column("Peak", "text"),
        Column("Trough", "text"),
        Column("Recovered", "text"),
        Column("Length", unit="business days"),
    )
    caption = translate("The {} deepest drawdowns", len(rows))
    return Table("drawdowns", caption, columns, rows, source_note("portfolio_state", day), wide=False)


def month_table(monthly: dict[tuple[int, int], float], months: tuple[str, ...], day: str) -> Table:
    """Compounded returns by year and month, and of the year as far as it is there."""
    rows = []
    for year in sorted({year for year, _ in monthly}, reverse=True):
        parts = [monthly.get((year, month)) for month in range(1, 13)]
        whole = float(np.prod([1.0 + part for part in parts if part is not None]) - 1.0)
        cells = [
            signed_cell(p, percent(p, signed=True)) if p is not None else Cell(NOT_KNOWN, tone="muted") for p in parts
        ]
        rows.append((Cell(str(year)), *cells, signed_cell(whole, percent(whole, signed=True))))
    columns = (Column("Year", "text"), *(Column(name) for name in months), Column("Year so far"))
    caption = translate("Returns by month; a month with an unknown day in it is left out, and the last one is to date")
    return Table("months", caption, columns, tuple(rows), source_note("portfolio_state", day))
