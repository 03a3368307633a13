"""Tables of orders: today's orders, the outcomes of earlier ones, and the scorecard by horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.calculations.defence_text import reason_text
from reports.calculations.order_outcomes import Outcome, Score
from reports.calculations.trading_cost import TradingCost
from reports.elements.formats import (
    NOT_KNOWN,
    basis_points,
    brl,
    capitalize_first,
    date,
    number,
    percent,
    thousands,
)
from reports.elements.locale import source_note, translate
from reports.elements.order_text import impact_text, invalidation_text, order_text, rationale_text
from reports.elements.page_elements import Cell, Column, Table, Tone, signed_cell
from reports.elements.report_data import HeldValue, Row

VERDICT_TONES: Mapping[str, Tone] = {"right": "gain", "wrong": "loss"}
MOST_OUTCOMES = 20
"""Rows of the table of outcomes."""


def order_table(
    orders: Sequence[tuple[int, Row]], rates: frozenset[str], scores: Mapping[str, float | None], day: str
) -> Table:
    """One row an order, with the number of its ticket: what it changes, and what its position rests on.

    `rates`: instruments quoted as a rate. `scores`: strategy scores of the day.
    """
    rows = tuple(
        (
            Cell(f"{ticket}. {capitalize_first(order_text(row))}"),
            Cell(row["instrument_id"], tone="muted"),
            Cell(impact_text(row, rates)),
            Cell(brl(row["cost_brl"])),
            Cell(invalidation_text(row)),
            Cell(rationale_text(row, scores), "each strategy's part of the conviction, and its score of the day"),
        )
        for ticket, row in sorted(orders, key=lambda item: item[0])
    )
    columns = (
        Column("Order", "text"),
        Column("Instrument", "text"),
        Column("Changes"),
        Column("Cost"),
        Column("Stop"),
        Column("Position rests on", "text"),
    )
    caption = translate("Orders decided at 06:00 BRT of {}, to be filled at that day's settlement", day)
    return Table("actions", caption, columns, rows, source_note("action, strategy_signals", day))


def withheld_table(withheld: Sequence[Row], held: Sequence[HeldValue], day: str) -> Table:
    """One row an order that is not made: what is held, what the sizes of the day asked for, and the input."""
    rows = tuple(
        (
            Cell(row["instrument_id"]),
            Cell(row["contract_id"] or NOT_KNOWN, tone="muted"),
            Cell(thousands(row["contracts"], signed=True)),
            Cell(thousands(row["contracts_wanted"], signed=True), tone="muted"),
            Cell(capitalize_first(reason_text(row, held))),
        )
        for row in withheld
    )
    columns = (
        Column("Instrument", "text"),
        Column("Contract", "text"),
        Column("Position", unit="contracts"),
        Column("Not moved to", unit="contracts"),
        Column("Why", "text"),
    )
    caption = translate("Orders withheld at {}: no order is made on an old input, and the position stays", day)
    return Table("withheld", caption, columns, rows, source_note("withheld_order", day), wide=False)


FOLLOWED = "rolled since: the contract's level with the moves of the next one"


def outcome_table(found: Sequence[Outcome], rates: frozenset[str], caption: str, identity: str, day: str) -> Table:
    """One row an outcome, MOST_OUTCOMES at most. `rates`: instruments quoted as a rate. `identity`: the table's id."""
    rows = []
    for item in found[:MOST_OUTCOMES]:
        past = {True: Cell("past it", tone="amber"), False: Cell("holds", tone="muted"), None: Cell("–", tone="muted")}
        rows.append(
            (
                Cell(capitalize_first(order_text(item.order))),
                Cell(date(item.day), tone="muted"),
                Cell(impact_text(item.order, rates)),
                Cell(_level(item, item.decided)),
                Cell(_level(item, item.filled)),
                Cell(_level(item, item.now), FOLLOWED if item.followed else "", "muted" if item.followed else ""),
                _move(item),
                signed_cell(
                    None if item.slip is None else -item.slip,
                    thousands(None if item.slip is None else -item.slip, signed=True),
                ),
                signed_cell(item.gain, thousands(item.gain, signed=True)),
                Cell(item.verdict, tone=VERDICT_TONES.get(item.verdict, "muted")),
                past[item.past_invalidation],
            )
        )
    columns = (
        Column("Order", "text"),
        Column("Decided on", "text"),
        Column("Changed"),
        Column("Level then"),
        Column("Filled at"),
        Column("Last"),
        Column("Move"),
        Column("To the fill", unit="BRL"),
        Column("Gain", unit="BRL"),
        Column("So far", "text"),
        Column("Stop", "text"),
    )
    return Table(identity, caption, columns, tuple(rows), source_note("action, target_position", day))


def _level(item: Outcome, value: float | None) -> str:
    return percent(value, 3) if item.in_rate else number(value)


def _move(item: Outcome) -> Cell:
    """From fill to last settlement, bp or percent; the tone is that of the order's gain."""
    if item.filled is None or item.now is None:
        return Cell(NOT_KNOWN, "no settlement since the fill is known", "muted")
    change = item.now - item.filled
    text = basis_points(change, 1) if item.in_rate else percent(change / item.filled, signed=True)
    return Cell(text, tone=signed_cell(item.gain, text).tone)


def score_table(scores: Sequence[Score], rolls: int, decisions: int, day: str) -> Table:
    """One row a horizon. `rolls`: roll legs that were not counted; `decisions`: past decisions that were."""
    rows = tuple(
        (
            Cell(translate("{} after the fill", _days(score.span))),
            Cell(thousands(score.judged)),
            Cell(thousands(score.right)),
            Cell(percent(score.hit_rate, 0)),
            signed_cell(score.gain, thousands(score.gain, signed=True)) if score.judged else Cell(NOT_KNOWN),
            Cell(thousands(score.cost)) if score.judged else Cell(NOT_KNOWN),
            _after_costs(score),
            signed_cell(score.from_decision, thousands(score.from_decision, signed=True))
            if score.judged
            else Cell(NOT_KNOWN),
        )
        for score in scores
    )
    columns = (
        Column("Judged", "text"),
        Column("Orders"),
        Column("Right"),
        Column("Hit rate"),
        Column("Gain", unit="BRL"),
        Column("Cost", unit="BRL"),
        Column("After costs", unit="BRL"),
        Column("From the decision", unit="BRL"),
    )
    caption = translate(
        "Scorecard of the orders of {} decisions: DV01 or notional of the order times the move of its contract since "
        "the fill, through rolls, without carry; {} legs of rolls are not counted",
        decisions,
        rolls,
    )
    return Table("scorecard", caption, columns, rows, source_note("action, target_position", day), wide=False)


def _days(span: int) -> str:
    return translate("{} day" if span == 1 else "{} days", span)


def _after_costs(score: Score) -> Cell:
    if not score.judged or score.cost is None:
        return Cell(NOT_KNOWN)
    net = score.gain - score.cost
    return signed_cell(net, thousands(net, signed=True))


def cost_table(found: TradingCost, day: str) -> Table:
    """What the year's trading has cost: against its budget, and from the decision to the fill."""
    year = str(found.year)
    rows = [
        (Cell("Cost of the fills, ticks and fees"), Cell(brl(found.cost))),
        (Cell(translate("Budget of {}", year), "desk/catalog/dealing.toml: cost_budget"), Cell(brl(found.budget))),
        (
            Cell("Spent of the budget"),
            Cell(
                translate("{}, with {} of the year gone", percent(found.spent, 0), percent(found.elapsed, 0)),
                tone="red" if found.spent > 1 else "amber" if found.spent > found.elapsed else "",
            ),
        ),
        (
            Cell(
                "From the decision's level to the fill (minus: lost)",
                translate("{} of {} filled orders; rolls are not counted", found.judged, found.filled),
            ),
            signed_cell(None if found.slip is None else -found.slip, _minus(found.slip)),
        ),
        (
            Cell(
                "The same after the cost (minus: shortfall)",
                translate("minus is a shortfall: what the wait from decision to fill and the costs took"),
            ),
            signed_cell(None if found.shortfall is None else -found.shortfall, _minus(found.shortfall)),
        ),
        (
            Cell("Turnover of risk", "daily standard deviations dealt over the book's mean one, rolls not counted"),
            Cell(translate("{} times a year", number(found.turnover, 1)) if found.turnover is not None else NOT_KNOWN),
        ),
    ]
    columns = (Column("Trading", "text"), Column(year))
    caption = translate("What trading has cost in {}, since {}", year, date(found.since))
    source = source_note("portfolio_state, action, target_position", day)
    return Table("trading-cost", caption, columns, tuple(rows), source, wide=False)


def _minus(cost: float | None) -> str:
    """A cost as what it did to the book: minus."""
    return NOT_KNOWN if cost is None else brl(-cost, signed=True)
