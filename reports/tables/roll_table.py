"""The roll calendar: which position is rolled when, and into which contract."""

from __future__ import annotations

from collections.abc import Sequence

from reports.calculations.rolls import Roll
from reports.elements.formats import brl, date, finite_or_none, thousands, weekday_date
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table

SOON = 5
"""Sessions before its roll from which a line is amber."""


def roll_table(rolls: Sequence[Roll], day: str) -> Table:
    """One row a position, the next roll first."""
    rows = tuple(
        (
            Cell(roll.contract_id, roll.instrument_id),
            Cell(thousands(roll.contracts, signed=True)),
            Cell(brl(roll.dv01_brl, signed=True) if finite_or_none(roll.dv01_brl) else "–"),
            Cell(weekday_date(roll.day), date(roll.day), "amber" if roll.sessions <= SOON else ""),
            Cell(thousands(roll.sessions)),
            Cell(roll.into or translate("paid, not rolled")),
            Cell(date(roll.maturity), tone="muted"),
        )
        for roll in rolls
    )
    columns = (
        Column("Contract", "text"),
        Column("Position", unit="contracts"),
        Column("DV01"),
        Column("Rolls on", "text"),
        Column("Sessions left"),
        Column("Into", "text"),
        Column("Expiry", "text"),
    )
    caption = translate("Roll calendar: the decision day on which the desk takes the next contract, as the book stands")
    return Table("rolls-ahead", caption, columns, rows, source_note("target_position", day), wide=False)
