"""The orders of the first screen: how many, at what cost, and each as a ticket."""

from __future__ import annotations

from reports.calculations.changes import changes_view
from reports.calculations.defence import defence_view
from reports.calculations.orders import OrdersView, orders_view
from reports.calculations.tickets import tickets_view
from reports.elements.change_text import book_sentence, line_sentence
from reports.elements.formats import brl, capitalize_first, format_list, number, plural, weekday_date
from reports.elements.locale import translate
from reports.elements.order_text import OrderText, impact_text, invalidation_clause, order_text, rationale_text
from reports.elements.report_data import ReportData, Row
from reports.elements.ticket_text import TicketWords
from reports.sections.actions import past_line


def orders_line(data: ReportData) -> str:
    """`8 orders and 2 rolls, cost BRL 53,570. All 4 orders of Mon 23 Nov filled.`"""
    orders, tickets = orders_view(data), tickets_view(data)
    if defence_view(data).is_gated:
        return " ".join(part for part in (translate("No orders are issued."), past_line(orders)) if part)
    if not orders.orders:
        text = "No orders." if orders.targets_known else "No targets were computed, so there are no orders to give."
        return " ".join(part for part in (translate(text), past_line(orders)) if part)
    counts = [plural(len(orders.orders), "order")]
    if tickets.known:
        counts = [
            plural(len(found), noun) for found, noun in ((tickets.orders, "order"), (tickets.rolls, "roll")) if found
        ]
    text = format_list(counts)
    if orders.cost_brl is not None:
        text += translate(", cost {}", brl(orders.cost_brl))
    return " ".join(part for part in (f"{text}.", past_line(orders)) if part)


def order_items(data: ReportData) -> tuple[OrderText, ...]:
    """Every order as its ticket, rolls last; the bare orders of a decision without tickets."""
    orders, tickets, words = orders_view(data), tickets_view(data), TicketWords()
    if not tickets.known:
        return tuple(_bare(row, orders) for row in orders.orders)
    changes = changes_view(data)
    return tuple(
        OrderText(
            legs[0]["ticket"],
            words.title(legs),
            words.warning(legs),
            words.deal_facts(legs),
            words.size_facts(legs),
            capitalize_first(line_sentence(changes.of(legs[0]["instrument_id"]))),
        )
        for legs in (*tickets.orders, *tickets.rolls)
    )


def _bare(row: Row, orders: OrdersView) -> OrderText:
    contracts = (number(row[name], 0, signed=True) for name in ("contracts_from", "contracts_to"))
    return OrderText(
        row["seq"],
        capitalize_first(order_text(row)),
        "",
        "; ".join((translate("from {} to {} contracts", *contracts), invalidation_clause(row))),
        "; ".join((impact_text(row, orders.rates), translate("cost {}", brl(row["cost_brl"])))),
        capitalize_first(translate("because: {}", rationale_text(row, orders.scores))),
    )


def why_line(data: ReportData) -> str:
    """Why the book's risk is another than at the last decision; empty where that is not stored."""
    view = changes_view(data)
    if view.since is None or view.risk_before is None or view.risk_after is None:
        return ""
    return book_sentence(weekday_date(view.since), view.risk_before, view.risk_after, view.book, view.changed)
