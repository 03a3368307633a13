"""Tables of stress: scenarios by what they cost, and the nearest move that costs the book much. P&L is signed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reports.elements.elements import Cell, Column, Table, signed_tone
from reports.elements.formats import NBSP, NOT_KNOWN, known, listed, number, parsed_json, percent, tenor, thousands
from reports.elements.locale import source_note, translate
from reports.elements.report_data import Row

DEVIATIONS = "standard_deviations"
CURVES = {"pre": "DI", "real": "real rate", "cupom": "cupom", "ust": "UST"}
SPOTS = {"usdbrl": "USD/BRL", "ibovespa": "Ibovespa"}
SHORT_RATE = "usd_short_rate"
"""Factors of the stress tests in words."""
WORST_DAY = "Worst day of the window: "


def scenario_name(row: Row) -> str:
    """The desk's name of a scenario; the worst day's carries its date."""
    name = str(row["name"])
    return (
        translate("Worst day of the window: {}", name.removeprefix(WORST_DAY))
        if name.startswith(WORST_DAY)
        else translate(name)
    )


def short_name(name: str) -> str:
    """A scenario's name without what stands after it: its dates, its moves, or why it has no price."""
    return translate(re.split(r": |; ", name)[0])


def moves_of(row: Row) -> dict[str, float]:
    """A scenario's moves by factor: rates in bp, spots as fractions; those that it does not know are left out."""
    raw = parsed_json(row["moves"]) or {}
    found = {name: known(size) for name, size in raw.items() if name != DEVIATIONS and isinstance(size, int | float)}
    return {name: size for name, size in found.items() if size is not None}


def move_words(row: Row) -> list[str]:
    """`DI 2y +85 bp`, `USD/BRL +12.4%`: spots, then of each curve the vertex that moves most, largest first."""
    spots: list[str] = []
    curves: dict[str, tuple[str, float]] = {}
    for factor, size in moves_of(row).items():
        curve, _, vertex = factor.rpartition("_")
        if curve in CURVES and vertex.isdigit():
            if abs(size) >= abs(curves.get(curve, ("", 0.0))[1]):
                curves[curve] = (tenor(int(vertex)), size)
        elif factor == SHORT_RATE:
            curves[factor] = ("", size)
        elif factor in SPOTS:
            spots.append(f"{translate(SPOTS[factor])} {percent(size, 1, signed=True)}")
    ranked = sorted(curves.items(), key=lambda item: -abs(item[1][1]))
    return [
        *spots,
        *(
            f"{' '.join(part for part in (translate(CURVES.get(c, 'short dollar rate')), vertex) if part)} "
            f"{number(size, 0, signed=True)}{NBSP}bp"
            for c, (vertex, size) in ranked
        ),
    ]


def reverse_table(row: Row, deviations: float, day: str) -> Table:
    """The nearest move of the market that costs the book what the scenario's name says."""
    rows = tuple((Cell(text.rpartition(" ")[0]), Cell(text.rpartition(" ")[2])) for text in move_words(row))
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
    rows = []
    for total in stress:
        parts = [p for p in parts_of_stress if p["scenario_id"] == total["scenario_id"]]
        worst = min(parts, key=lambda p: p["pnl_brl"], default=None)
        most = f"{worst['instrument_id']} {thousands(worst['pnl_brl'] / 1000, signed=True)}" if worst else NOT_KNOWN
        rows.append(
            (
                Cell(scenario_name(total), listed(move_words(total), 12)),
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
