"""Who earned it: P&L by strategy and by market factor, over the day, the month and all of the history. Money in BRL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from reports.charts import portfolio_charts as draw
from reports.elements.elements import Cell, Column, Figure, Table, signed_cell
from reports.elements.formats import brl, capital, listed, plural, thousands, words
from reports.elements.locale import source_note, translate
from reports.elements.report_data import ReportData, with_day

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
}
"""Lines that are no strategy's own, in words."""


@dataclass(frozen=True, slots=True)
class Earned:
    """BRL; zero where the span has no row of the line, None where one of its rows has no number."""

    name: str
    day: float | None
    month: float | None
    whole: float | None


@dataclass(frozen=True)
class Attribution:
    """`lines`: largest month first. `days`: decisions that the history holds. Empty where the table is absent."""

    split: Split
    lines: tuple[Earned, ...]
    days: int

    def parts(self, span: Literal["day", "month", "whole"]) -> list[tuple[str, float]]:
        """(label, BRL) that are not zero, largest size first."""
        found = [(line_name(line.name), value) for line in self.lines if (value := getattr(line, span))]
        return sorted(found, key=lambda part: (-abs(part[1]), part[0]))


def attribution(data: ReportData, split: Split) -> Attribution:
    table, key = TABLES[split], KEYS[split]
    rows = with_day(data.history(table))
    today = rows.filter(pl.col("as_of") == data.as_of)
    if today.is_empty():
        return Attribution(split, (), 0)
    spans = {"day": today, "month": rows.filter(pl.col("day") >= data.day.replace(day=1)), "whole": rows}
    sums = {name: _sums(part, key) for name, part in spans.items()}
    lines = [
        Earned(name, sums["day"].get(name, 0.0), sums["month"].get(name, 0.0), sums["whole"][name])
        for name in sums["whole"]
    ]
    moved = [line for line in lines if line.day or line.month or line.whole]
    ranked = sorted(moved, key=lambda line: (-abs(line.month or 0.0), line.name))
    return Attribution(split, tuple(ranked), rows["as_of"].n_unique())


def _sums(rows: pl.DataFrame, key: str) -> dict[str, float | None]:
    """Sum by line; None where a part of it is not known."""
    whole = pl.when(pl.col("pnl_brl").null_count() == 0).then(pl.col("pnl_brl").sum())
    grouped = rows.group_by(key).agg(whole.alias("pnl_brl")).sort(key)
    return dict(zip(grouped[key].to_list(), grouped["pnl_brl"].to_list(), strict=True))


def line_name(name: str) -> str:
    return translate(NAMES[name]) if name in NAMES else name


def sentence(found: Attribution) -> str:
    """The month's best and worst strategies, where both spans are known."""
    own = [line for line in found.lines if line.name not in NAMES and line.month is not None]
    if not own:
        return ""
    best, worst = max(own, key=lambda line: line.month or 0.0), min(own, key=lambda line: line.month or 0.0)
    parts = [translate("{} earned {}", best.name, brl(best.month))] if (best.month or 0.0) > 0 else []
    parts += [translate("{} lost {}", worst.name, brl(-(worst.month or 0.0)))] if (worst.month or 0.0) < 0 else []
    return translate("In the month {}.", listed(parts)) if parts else ""


def table(found: Attribution, day: str) -> Table:
    rows = tuple(
        (Cell(line_name(line.name)), *(_money(value) for value in (line.day, line.month, line.whole)))
        for line in found.lines
    )
    sums = [_total([getattr(line, span) for line in found.lines]) for span in ("day", "month", "whole")]
    total = (Cell("Total"), *(_money(value) for value in sums))
    head = capital(words(found.split))
    columns = (
        Column(head, "text"),
        Column("Day", unit="BRL"),
        Column("Month", unit="BRL"),
        Column("All days", unit="BRL"),
    )
    caption = translate("P&L by {}, after costs; all days: {}", translate(found.split), plural(found.days, "decision"))
    return Table(f"pnl-{found.split}", caption, columns, rows, source_note(TABLES[found.split], day), total, wide=False)


def _money(value: float | None) -> Cell:
    return signed_cell(value, thousands(value, signed=True), "" if value is not None else "a part of it is not known")


def _total(values: Sequence[float | None]) -> float | None:
    return None if any(value is None for value in values) else sum(value for value in values if value is not None)


def figure(found: Attribution, day: str) -> Figure | None:
    """A waterfall of the month; None where there is nothing to draw."""
    parts = found.parts("month")
    if not parts:
        return None
    title = translate("P&L of the month by {}", translate(found.split))
    return draw.attribution_figure(f"fig-pnl-{found.split}", title, parts, day, TABLES[found.split])
