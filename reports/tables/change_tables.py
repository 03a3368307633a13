"""Why positions and the book changed, as tables: a column a part, and a row a part."""

from __future__ import annotations

from desk.portfolio.change_split import PARTS
from reports.calculations.changes import ChangesView
from reports.elements.change_text import PART_NAMES, line_sentence, part_name
from reports.elements.formats import brl, capitalize_first, date, thousands, weekday_date
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, signed_cell

MOST_LINES = 20


def line_table(view: ChangesView, day: str) -> Table:
    """One row a line with an order, contracts by part; the DV01 of each stands in its title."""
    lines = [line for line in view.lines if line.total or line.parts.get("roll")][:MOST_LINES]
    shown = [part for part in PARTS if any(line.parts.get(part) for line in lines)]
    columns = (
        Column("Instrument", "text"),
        Column("Order"),
        *(Column(capitalize_first(PART_NAMES[part])) for part in shown),
        Column("In words", "text"),
    )
    rows = tuple(
        (
            Cell(line.instrument_id),
            Cell(thousands(line.total, signed=True)),
            *(_part(line.parts.get(part), line.dv01.get(part)) for part in shown),
            Cell(capitalize_first(line_sentence(line))),
        )
        for line in lines
    )
    caption = translate(
        "Why each position changes since the decision of {}, in contracts"
        " (+ receive, buy or sell protection; − pay, sell or buy protection)",
        _since(view),
    )
    return Table("changes", caption, columns, rows, source_note("position_change", day))


def _part(contracts: int | None, dv01: float | None) -> Cell:
    if not contracts:
        return Cell("–", tone="muted")
    title = translate("DV01 {}", brl(dv01, signed=True)) if dv01 else ""
    return signed_cell(contracts, thousands(contracts, signed=True), title)


def book_table(view: ChangesView, day: str) -> Table:
    """One row a part: what it adds to the book's daily standard deviation, and what that is after it."""
    level = view.risk_before or 0.0
    rows = [(Cell(translate("At the decision of {}", _since(view))), Cell(""), Cell(brl(level)))]
    for part, move in view.book.items():
        level += move
        rows.append(
            (Cell(capitalize_first(part_name(part))), signed_cell(move, brl(move, signed=True)), Cell(brl(level)))
        )
    columns = (Column("Why", "text"), Column("Change of risk"), Column("Risk of a day"))
    caption = translate("Why the book changed since {}: one standard deviation of a day, part after part", _since(view))
    return Table("book-change", caption, columns, tuple(rows), source_note("book_change", day), wide=False)


def _since(view: ChangesView) -> str:
    return weekday_date(view.since) if view.since is not None else date(None)
