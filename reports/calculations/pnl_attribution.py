"""P&L attribution: what each strategy, market factor and instrument earned over the day, the month and the history.

Money is BRL, after costs.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import polars as pl

from reports.elements.formats import date, plural
from reports.elements.locale import translate
from reports.elements.report_data import ReportData, Row, with_market_day

Split = Literal["strategy", "factor"]
TABLES: dict[Split, str] = {"strategy": "pnl_by_strategy", "factor": "pnl_by_factor"}
KEYS: dict[Split, str] = {"strategy": "strategy_id", "factor": "factor"}
NAMES = {
    "CASH": "cash",
    "COST": "costs",
    "UNATTRIBUTED": "unattributed",
    "REAL": "real rates",
    "CUPOM": "cupom",
    "FX": "FX",
    "EQUITY": "equity",
    "INFLATION": "inflation",
    "CARRY": "carry",
    "RESIDUAL": "residual",
    "CATCH_UP": "catch-up",
    "SOURCE_CHANGE": "change of source",
}
"""Display names of the lines that are not strategies."""
MONEY = ("price_pnl_brl", "carry_pnl_brl", "source_pnl_brl", "cost_brl", "pnl_brl")


@dataclass(frozen=True, slots=True)
class PnlLine:
    """P&L of one strategy or factor, BRL: zero where the span has no row of it, None where one row has no number."""

    name: str
    day: float | None
    month: float | None
    whole: float | None


@dataclass(frozen=True)
class Attribution:
    """`lines`: largest P&L of the month first. `since`: the first market day of the history; None where the table is
    absent."""

    split: Split
    lines: tuple[PnlLine, ...]
    since: dt.date | None

    def parts(self, span: Literal["day", "month", "whole"]) -> list[tuple[str, float]]:
        """(display name, BRL) of the lines that are not zero, largest size first."""
        found = [(line_name(line.name), value) for line in self.lines if (value := getattr(line, span))]
        return sorted(found, key=lambda part: (-abs(part[1]), part[0]))


def attribution(data: ReportData, split: Split) -> Attribution:
    """P&L by strategy or by factor; without lines where the decision has no row in the table."""
    table, key = TABLES[split], KEYS[split]
    rows = with_market_day(data.history(table))
    today = rows.filter(pl.col("as_of") == data.as_of)
    if today.is_empty():
        return Attribution(split, (), None)
    spans = {"day": today, "month": rows.filter(pl.col("day") >= _month_start(today)), "whole": rows}
    sums = {name: _sums(part, key) for name, part in spans.items()}
    lines = [
        PnlLine(name, sums["day"].get(name, 0.0), sums["month"].get(name, 0.0), sums["whole"][name])
        for name in sums["whole"]
    ]
    moved = [line for line in lines if line.day or line.month or line.whole]
    ranked = sorted(moved, key=lambda line: (-abs(line.month or 0.0), line.name))
    first: dt.date | None = rows["day"].min()  # type: ignore[assignment]
    return Attribution(split, tuple(ranked), first)


def _month_start(today: pl.DataFrame) -> dt.date:
    """The first day of the month of the newest market day in `today`."""
    newest: dt.date | None = today["day"].max()  # type: ignore[assignment]
    return newest.replace(day=1) if newest is not None else dt.date.max


def _sums(rows: pl.DataFrame, key: str) -> dict[str, float | None]:
    """Sum by line; None where one of its rows has no number."""
    whole = pl.when(pl.col("pnl_brl").null_count() == 0).then(pl.col("pnl_brl").sum())
    grouped = rows.group_by(key).agg(whole.alias("pnl_brl")).sort(key)
    return dict(zip(grouped[key].to_list(), grouped["pnl_brl"].to_list(), strict=True))


def line_name(name: str) -> str:
    """The display name of a line: strategies keep their id, the other lines have a name in NAMES."""
    return translate(NAMES[name]) if name in NAMES else name


def month_by_instrument(data: ReportData, history: pl.DataFrame) -> tuple[tuple[Row, ...], str]:
    """P&L by instrument over this month's market days, largest first, or no row and the reason.

    `history` is `portfolio_state` with `day`: every day that it marks must have its attribution.
    """
    rows = with_market_day(data.history("pnl_attribution"))
    today = rows.filter(pl.col("as_of") == data.as_of)
    first = _month_start(today)
    rows = rows.filter(pl.col("day") >= first)
    if today.is_empty():
        return (), translate("no P&L attribution is stored for this month")
    marked = set(history.filter(pl.col("day") >= first)["day"].to_list())
    missing = sorted(marked - set(rows["day"].to_list()))
    if missing:
        return (), translate(
            "P&L attribution lacks {} of this month, the first {}", plural(len(missing), "day"), date(missing[0])
        )
    sums = rows.group_by("instrument_id", "asset_class").agg(pl.col(name).sum() for name in MONEY)
    return largest_first(sums), ""


def largest_first(rows: pl.DataFrame) -> tuple[Row, ...]:
    """Rows with a P&L that is known and not zero, largest size first."""
    clean = rows.filter(pl.col("pnl_brl").is_not_null() & (pl.col("pnl_brl") != 0.0))
    clean = clean.with_columns(pl.col("source_pnl_brl").fill_null(0.0))  # decisions of earlier releases have none
    return tuple(clean.sort(pl.col("pnl_brl").abs(), "instrument_id", descending=[True, False]).iter_rows(named=True))
