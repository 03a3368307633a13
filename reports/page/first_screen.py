"""The first screen, in the order of a morning: orders that the gate stops, what the market did and what it did to the
book, exceptions, every order as a ticket, what is red, the agenda, and what the DI curve prices. A line that has
nothing to say is not shown.

Mail, plain text and the run's summary use the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.calculations.defence import defence_view
from reports.calculations.defence_text import withheld_sentence
from reports.calculations.gate_text import gate_lines
from reports.elements.page_elements import Section
from reports.elements.report_data import ReportData
from reports.page.agenda_lines import agenda_line, agenda_points, fed_line, policy_line
from reports.page.exceptions import exception_texts, red_texts
from reports.page.executive_summary import (
    MOST_HELD,
    Line,
    book_line,
    coverage,
    data_line,
    gap_line,
    held_line,
    weight_sentence,
)
from reports.page.order_lines import order_items, orders_line, why_line
from reports.page.overnight_lines import market_line, result_line
from reports.tables.source_comparisons import broken_pairs


def lines(data: ReportData, sections: Sequence[Section]) -> tuple[Line, ...]:
    """The lines of the decision; `sections` are those of the same data: their gaps make the last line."""
    state = coverage(data)
    fine = state.total and not state.gaps and not state.replaced
    found = (
        *(Line(label, text, alert=True, stop=True) for label, text in gate_lines(data)),
        Line("Market", market_line(data)),
        Line("Result", result_line(data)),
        Line("Book", book_line(data)),
        Line("Exceptions", " ".join(exception_texts(data)), alert=True),
        Line("Orders", orders_line(data), items=order_items(data)),
        Line("Why", why_line(data)),
        Line("Withheld", withheld_sentence(defence_view(data), data.held), alert=True),
        Line("Watch", " ".join(red_texts(data)), alert=True),
        *(Line("Held", held_line(data, held), alert=True) for held in data.held[:MOST_HELD]),
        *(Line("Disagree", text, alert=True) for text in broken_pairs(data)[:MOST_HELD]),
        Line("Data", "" if fine else data_line(state)),
        Line("Old prices", weight_sentence(data), alert=True),
        Line("Agenda", agenda_line(data), points=agenda_points(data)),
        Line("Copom", policy_line(data)),
        Line("Fed", fed_line(data)),
        Line("Not computed", gap_line(sections)),
    )
    return tuple(line for line in found if line.text or line.items)
