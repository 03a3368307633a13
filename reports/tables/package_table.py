"""The table of packages: what each strategy holds as one thing, and what its limits left of it."""

from __future__ import annotations

from collections.abc import Sequence

from reports.elements.formats import finite_or_none, number, parse_drivers, percent
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, cell_or_dash, signed_tone
from reports.elements.report_data import Row
from reports.elements.risk_taken import limit_name


def package_table(packages: Sequence[Row], day: str) -> Table:
    """One row a strategy with a package: conviction, legs in contracts, risk, neutrality, what limits left, state."""
    columns = (
        Column("Strategy", "text"),
        Column("Conviction"),
        Column("Legs, contracts", "text"),
        Column("Risk", unit="% a year"),
        Column("Neutral to", "text"),
        Column("Off by"),
        Column("Scale"),
        Column("Bound by", "text"),
        Column("State", "text"),
    )
    neutral = {
        "dv01": translate("rates level (DV01)"),
        "beta": translate("its short side (beta)"),
        "cash": translate("money"),
        "outright": translate("nothing: outright"),
    }
    states = {
        "traded": translate("traded"),
        "kept": translate("kept"),
        "waits": translate("waits for a price"),
        "held": translate("held, no decision"),
        "flat": translate("no contracts"),
    }
    rows = []
    for row in packages:
        legs = ", ".join(f"{name} {number(size, 1, signed=True)}" for name, size in parse_drivers(row["legs"]).items())
        bound = limit_name(row["limit_bound"], []) if row["limit_bound"] else ""
        rows.append(
            (
                Cell(row["strategy_id"]),
                Cell(number(row["conviction"], 2, signed=True), tone=signed_tone(finite_or_none(row["conviction"]))),
                Cell(legs or translate("none")),
                Cell(percent(row["volatility"], 2)),
                Cell(neutral.get(row["neutrality"], row["neutrality"] or "")),
                _off_by(row),
                cell_or_dash(row["scale"], percent(row["scale"], 0), "no size of its own"),
                Cell(bound) if bound else Cell("–", "no limit", "muted"),
                Cell(states.get(row["state"], row["state"] or "")),
            )
        )
    caption = translate(
        "Packages at {}: the legs of one view, sized and limited as one thing. Contracts before lots; risk is the "
        "package's own, of NAV; scale is what limits and breaker leave; off by is how far the two sides are apart",
        day,
    )
    return Table("packages", caption, columns, tuple(rows), source_note("package", day))


def _off_by(row: Row) -> Cell:
    """How far the two sides are apart, zero too; else a dash with the reason."""
    if finite_or_none(row["imbalance"]) is not None:
        return Cell(percent(row["imbalance"], 1))
    if row["neutrality"] == "outright":
        return Cell("–", "an outright package", "muted")
    reason = "no contracts" if row["state"] == "flat" else "an order that did not fill, or a leg without a price"
    return Cell("–", reason, "muted")
