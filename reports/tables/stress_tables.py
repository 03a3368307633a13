"""Stress tables: the P&L of each scenario, and the reverse stress. P&L is signed: minus is a loss."""

from __future__ import annotations

from collections.abc import Sequence

from reports.elements.formats import NOT_KNOWN, format_list, number, percent, thousands
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, signed_tone
from reports.elements.report_data import Row
from reports.elements.scenario_text import move_texts, scenario_name


def reverse_table(row: Row, deviations: float, day: str) -> Table:
    """One row a factor: the likeliest market move that costs the book the loss in the scenario's name.

    `deviations` is its distance in daily standard deviations.
    """
    rows = tuple((Cell(text.rpartition(" ")[0]), Cell(text.rpartition(" ")[2])) for text in move_texts(row))
    caption = translate(
        "Reverse stress at {}: the likeliest moves, {} daily standard deviations away, that cost {} of NAV; of each "
        "curve the vertex that moves most",
        day,
        number(deviations, 1),
        percent(abs(row["pnl_fraction"]), 0),
    )
    columns = (Column("Factor", "text"), Column("Move"))
    return Table("reverse-stress", caption, columns, rows, source_note("stress_test_results", day), wide=False)


def stress_table(stress: Sequence[Row], parts_of_stress: Sequence[Row], day: str) -> Table:
    """One row a scenario in the order given; P&L in BRL thousand and percent of NAV, with the line that loses most."""
    rows = []
    for total in stress:
        parts = [p for p in parts_of_stress if p["scenario_id"] == total["scenario_id"]]
        worst = min(parts, key=lambda p: p["pnl_brl"], default=None)
        most = f"{worst['instrument_id']} {thousands(worst['pnl_brl'] / 1000, signed=True)}" if worst else NOT_KNOWN
        rows.append(
            (
                Cell(scenario_name(total), format_list(move_texts(total), 12)),
                Cell(translate(total["kind"]), tone="muted"),
                Cell(thousands(total["pnl_brl"] / 1000, signed=True), tone=signed_tone(total["pnl_brl"])),
                Cell(percent(total["pnl_fraction"], 2, signed=True), tone=signed_tone(total["pnl_fraction"])),
                Cell(most, tone="muted"),
            )
        )
    columns = (
        Column("Scenario", "text"),
        Column("Kind", "text"),
        Column("P&L", unit="BRL thousand"),
        Column("P&L", unit="% of NAV"),
        Column("Worst line", unit="BRL thousand"),
    )
    caption = translate("Stress at {}, positions repriced, worst first", day)
    return Table("stress", caption, columns, tuple(rows), source_note("stress_test_results", day))
