"""Tables of P&L attribution: by instrument, by strategy and by market factor. Money in BRL."""

from __future__ import annotations

from collections.abc import Sequence

from reports.calculations.defence import marked_session
from reports.calculations.pnl_attribution import MONEY, TABLES, Attribution, line_name
from reports.elements.formats import (
    NOT_KNOWN,
    capitalize_first,
    date,
    finite_or_none,
    humanize,
    sum_or_none,
    thousands,
)
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, cell_or_dash, signed_cell
from reports.elements.report_data import Row


def instrument_table(
    day_pnl: Sequence[Row],
    month_pnl: Sequence[Row],
    month_gap: str,
    spans: tuple[str, str],
    day: str,
    unknown: Sequence[Row] = (),
) -> Table:
    """P&L by instrument; `month_gap` is the reason why `month_pnl` is empty. Costs are shown as negative P&L.

    `spans`: the market day and its month, as the heads of their columns. `day`: of the decision. `unknown`: positions
    that could not be marked, which have no P&L of the day.
    """
    month = {row["instrument_id"]: row for row in month_pnl}
    rows = []
    for row in day_pnl:
        total, late = month.get(row["instrument_id"]), _late(row)
        rows.append(
            (
                Cell(line_name(row["instrument_id"])),
                cell_or_dash(row["contracts"], thousands(row["contracts"], signed=True), "nothing held over the day"),
                *(_money(row[name], late) for name in ("price_pnl_brl", "carry_pnl_brl")),
                cell_or_dash(row["source_pnl_brl"], thousands(row["source_pnl_brl"], signed=True), "the same source"),
                _money(_minus(row["cost_brl"])),
                _money(row["pnl_brl"], late),
                _money(total["pnl_brl"]) if total else Cell(NOT_KNOWN, month_gap or "not held this month", "muted"),
            )
        )
    for row in unknown:
        total, why = month.get(row["instrument_id"]), translate("its price is old: not marked")
        rows.append(
            (
                Cell(line_name(row["instrument_id"])),
                Cell(thousands(row["contracts"], signed=True)),
                *(Cell(NOT_KNOWN, why, "muted") for _ in range(3)),
                _money(_minus(row["cost_brl"])),
                Cell(NOT_KNOWN, why, "muted"),
                _money(total["pnl_brl"]) if total else Cell(NOT_KNOWN, month_gap, "muted"),
            )
        )
    shown = {row["instrument_id"] for row in (*day_pnl, *unknown)}
    closed = [row for name, row in month.items() if name not in shown]
    rows += [
        (
            Cell(line_name(r["instrument_id"])),
            *(Cell("–", "not held over the day", "muted") for _ in range(6)),
            _money(r["pnl_brl"]),
        )
        for r in closed
    ]
    sums = [sum_or_none([row[name] for row in day_pnl]) for name in MONEY]
    total_row = (
        Cell("Total"),
        Cell(""),
        _money(sums[0]),
        _money(sums[1]),
        _money(sums[2]),
        _money(_minus(sums[3])),
        _money(sums[4]),
        _money(sum_or_none([row["pnl_brl"] for row in month_pnl]))
        if month_pnl
        else Cell(NOT_KNOWN, month_gap, "muted"),
    )
    columns = (
        Column("Instrument", "text"),
        Column("Position", unit="contracts"),
        Column("Price", unit="BRL"),
        Column("Carry", unit="BRL"),
        Column("Source", unit="BRL"),
        Column("Cost", unit="BRL"),
        *(Column(span, unit="BRL") for span in spans),
    )
    return Table(
        "attribution",
        translate("P&L by instrument: {}, and {} to that day", *spans),
        columns,
        tuple(rows),
        source_note("pnl_attribution", day),
        total_row,
    )


def _late(row: Row) -> str:
    """Since when the P&L is, where that is not the day before."""
    return translate("of the days since {}", date(marked_session(row))) if row["mark"] == "catch_up" else ""


def _money(value: float | None, title: str = "") -> Cell:
    return signed_cell(finite_or_none(value), thousands(value, signed=True), title)


def _minus(value: float | None) -> float | None:
    clean = finite_or_none(value)
    return None if clean is None else -clean


def split_table(found: Attribution, spans: tuple[str, str], day: str) -> Table:
    """P&L by strategy or by factor over the market day, its month and the history, with totals. `spans`: as above."""
    rows = tuple(
        (Cell(line_name(line.name)), *(_line_cell(value) for value in (line.day, line.month, line.whole)))
        for line in found.lines
    )
    sums = [sum_or_none([getattr(line, span) for line in found.lines]) for span in ("day", "month", "whole")]
    total = (Cell("Total"), *(_line_cell(value) for value in sums))
    columns = (
        Column(capitalize_first(humanize(found.split)), "text"),
        *(Column(span, unit="BRL") for span in spans),
        Column(translate("Since {}", date(found.since)), unit="BRL"),
    )
    caption = translate("P&L by {}, after costs", translate(found.split))
    source = source_note(TABLES[found.split], day)
    return Table(f"pnl-{found.split}", caption, columns, rows, source, total, wide=False)


def _line_cell(value: float | None) -> Cell:
    return signed_cell(value, thousands(value, signed=True), "" if value is not None else "a part of it is not known")
