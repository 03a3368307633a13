"""Actions: the orders that move the book to its targets, and the outcomes of earlier orders."""

from __future__ import annotations

from collections.abc import Sequence

from reports.calculations.changes import changes_view
from reports.calculations.defence import DefenceView, defence_view
from reports.calculations.defence_text import withheld_sentence
from reports.calculations.gate_text import gate_sentence
from reports.calculations.order_outcomes import SCORED_DECISIONS
from reports.calculations.orders import OrdersView, orders_view
from reports.calculations.tickets import tickets_view
from reports.calculations.trading_cost import trading_cost
from reports.charts.order_charts import order_figure
from reports.elements.formats import (
    brl,
    date,
    finite_or_none,
    format_list,
    number,
    percent,
    plural,
    weekday_date,
)
from reports.elements.locale import translate
from reports.elements.order_text import order_text
from reports.elements.page_elements import Block, Section
from reports.elements.report_data import HeldValue, ReportData
from reports.tables import change_tables, order_tables
from reports.tables.ticket_table import ticket_table

SENTENCE_SPAN = 5
"""Business days after the fill whose hit rate the sentence gives."""


def sentences(
    orders: OrdersView, kept: DefenceView | None = None, held: Sequence[HeldValue] = (), gate: str = ""
) -> tuple[str, ...]:
    """What the gate says (`gate`), today's orders, those withheld, then the outcomes of earlier ones."""
    if kept is None:
        return (*_order_sentences(orders), *_outcome_sentences(orders))
    own = [] if kept.is_gated else _order_sentences(orders)
    shown = [gate, *own, withheld_sentence(kept, held)]
    return (*(text for text in shown if text), *_outcome_sentences(orders))


def _order_sentences(orders: OrdersView) -> list[str]:
    if not orders.orders:
        calm = translate("No orders: the book is on target, or the move would cost more than it is worth.")
        return [calm] if orders.targets_known else []
    cost = translate(", costing {} in all", brl(orders.cost_brl)) if orders.cost_brl is not None else ""
    out = [f"{plural(len(orders.orders), 'order')}{cost}."]
    turned = [r["instrument_id"] for r in orders.orders if (r["contracts_from"] or 0) * (r["contracts_to"] or 0) < 0]
    if turned:
        out.append(translate("The position changes side in {}.", format_list(turned)))
    return out


def _outcome_sentences(orders: OrdersView) -> list[str]:
    """The outcomes of the week's orders, those past their invalidation level, and the hit rate over half a year."""
    out = []
    moved = [gain for item in orders.recent if (gain := finite_or_none(item.gain)) is not None]
    if moved:
        right = sum(1 for gain in moved if gain > 0)
        total = brl(sum(gain for gain in moved), signed=True)
        text = translate("{} of {} of the week in the money, {}", right, plural(len(moved), "order"), total)
        silent = len(orders.recent) - len(moved)
        out.append(text + (translate("; {} not judged yet.", silent) if silent else "."))
    past = [item for item in (*orders.yesterday, *orders.recent) if item.past_invalidation]
    if past:
        out.append(translate("Beyond the stop: {}.", format_list([order_text(item.order) for item in past])))
    scored = next((score for score in orders.scorecard if score.span == SENTENCE_SPAN and score.judged), None)
    if scored is not None:
        out.append(
            translate(
                "Over {} decisions: {} of {} in the money {} days after the fill, {} before costs.",
                SCORED_DECISIONS,
                percent(scored.hit_rate, 0),
                plural(scored.judged, "order"),
                number(SENTENCE_SPAN, 0),
                brl(scored.gain, signed=True),
            )
        )
    return out


def past_line(orders: OrdersView) -> str:
    """How many orders of the decision before were filled at its day's settlement; empty where it made none."""
    if not orders.past_known:
        return ""
    if not orders.yesterday:
        return ""
    day = weekday_date(orders.yesterday[0].day)
    own = orders.yesterday
    filled, count = sum(1 for item in own if item.filled is not None), len(own)
    lapsed = sum(1 for item in own if item.lapsed)
    if lapsed:
        return translate(
            "{} of {} of {} filled; {} met no settlement and lapsed.", filled, plural(count, "order"), day, lapsed
        )
    if filled < count:
        return translate(
            "{} of {} of {} filled; the others have no settlement yet.", filled, plural(count, "order"), day
        )
    if count == 1:
        return translate("The order of {} is booked as filled at that day's settlement.", day)
    return translate("The {} orders of {} are booked as filled at that day's settlement.", count, day)


def _missing(orders: OrdersView) -> tuple[str, ...]:
    out = []
    if not orders.orders and not orders.targets_known:
        out.append(
            translate(
                "No targets were computed for this decision, so there are no orders to give: do not read this as "
                "'stay as you are'."
            )
        )
    if orders.targets_known and not orders.past_known:
        out.append(translate("No earlier decision is stored: what came of earlier orders cannot be said."))
    return tuple(out)


def section(data: ReportData) -> Section:
    """The section Actions."""
    orders, day, kept = orders_view(data), date(data.day), defence_view(data)
    blocks: list[Block] = []
    tickets = tickets_view(data)
    if tickets.orders:
        caption = translate("Dealing tickets of {}, the one that moves most risk first", day)
        blocks.append(ticket_table(tickets.orders, "tickets", caption, day))
    if tickets.rolls:
        blocks.append(ticket_table(tickets.rolls, "rolls", translate("Rolls of {}", day), day))
    changes = changes_view(data)
    if changes.lines:
        blocks.append(change_tables.line_table(changes, day))
    if changes.book:
        blocks.append(change_tables.book_table(changes, day))
    if orders.orders:
        numbered = [(tickets.number_of(row), row) for row in orders.orders]
        blocks.append(order_tables.order_table(numbered, orders.rates, orders.scores, day))
        figure = order_figure(orders.orders, orders.unit_risk, day)
        blocks += [figure] if figure is not None else []
    if kept.withheld:
        blocks.append(order_tables.withheld_table(kept.withheld, data.held, day))
    if orders.yesterday:
        caption = translate(
            "Orders of {}, filled at that day's settlement: level at the decision and fill",
            date(orders.yesterday[0].day),
        )
        blocks.append(order_tables.outcome_table(orders.yesterday, orders.rates, caption, "yesterday", day))
    if orders.recent:
        caption = translate("Orders of the week before, newest first")
        blocks.append(order_tables.outcome_table(orders.recent, orders.rates, caption, "outcomes", day))
    if any(score.judged for score in orders.scorecard):
        blocks.append(order_tables.score_table(orders.scorecard, orders.rolls, SCORED_DECISIONS, day))
    spent = trading_cost(data)
    if spent is not None:
        blocks.append(order_tables.cost_table(spent, day))
    return Section(
        "actions", "Actions", sentences(orders, kept, data.held, gate_sentence(data)), _missing(orders), tuple(blocks)
    )
