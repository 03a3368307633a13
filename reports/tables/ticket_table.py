"""The dealing tickets as a table: one row a leg."""

from __future__ import annotations

from collections.abc import Sequence

from reports.elements.formats import NOT_KNOWN, brl, date, finite_or_none
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table
from reports.elements.report_data import Row
from reports.elements.ticket_text import Legs, TicketWords

ROLES = {"order": "", "roll_out": "out of", "roll_in": "into", "hedge": "hedge"}


def ticket_table(tickets: Sequence[Legs], identity: str, caption: str, day: str) -> Table:
    """One row a leg; the number stands on the first leg of each ticket. `identity`: the table's id."""
    words = TicketWords()
    rows = tuple(_cells(words, row) for legs in tickets for row in legs)
    columns = (
        Column("Ticket", "text"),
        Column("Expiry", "text"),
        Column("Position", "text"),
        Column("At the venue", "text"),
        Column("Work to"),
        Column("Settled at"),
        Column("Stop", "text"),
        Column("Changes", "text"),
        Column("Cost"),
        Column("Size", "text"),
        Column("Route", "text"),
    )
    return Table(identity, caption, columns, rows, source_note("ticket", day))


def _cells(words: TicketWords, row: Row) -> tuple[Cell, ...]:
    role = ROLES.get(row["role"], row["role"])
    number = f"{row['ticket']}. " if row["leg"] == 1 else "  "
    deal = f"{number}{words.deal(row)}" + (f" ({translate(role)})" if role else "")
    warning = words.warning((row,))
    if warning:
        deal += f" {warning}"
    known_from = row["contracts_from"] is not None
    reverses = words.reverses(row)
    size = ", ".join(
        part for part in (words.share(row), translate("lot {}", row["lot"]) if row["lot"] > 1 else "") if part
    )
    settled = date(row["reference_date"]) if row["reference_date"] is not None else ""
    return (
        Cell(deal, row["instrument_id"], "breach" if warning else ""),
        Cell(words.expiry(row) or NOT_KNOWN),
        Cell(words.change(row) + (f"; {reverses}" if reverses else "") if known_from else "–"),
        Cell(words.venue_order(row)),
        Cell(words.level(row, row["work_level"]) if finite_or_none(row["work_level"]) is not None else "–"),
        Cell(words.level(row, row["reference"]), settled),
        Cell(words.stop(row).removeprefix(translate("stop {}", "")) if words.stop(row) else "–"),
        Cell(words.risk(row) or "–"),
        Cell(brl(row["cost_brl"]) if finite_or_none(row["cost_brl"]) is not None else "–"),
        Cell(size or "–", tone="" if size else "muted"),
        Cell(words.route(row), tone="muted"),
    )
