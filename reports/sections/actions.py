"""Actions: the orders that take the book from where it is to where it should be, and what came of those before."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from reports.elements.elements import Block, Section
from reports.elements.formats import brl, date, known, listed, number, percent, plural, thousands
from reports.elements.locale import translate
from reports.elements.order_words import UNITS, order_words, until_words
from reports.elements.report_data import ReportData, Row
from reports.tables import order_tables as tables
from reports.tables.order_outcomes import SCORED_DECISIONS, Outcome, Score, outcomes, scorecard

RECENT_DAYS = 7
"""Calendar days of orders whose fate is told one by one."""
SPOKEN_SPAN = 5


@dataclass(frozen=True)
class ActionsView:
    """`orders` in the desk's order; `biggest` by the risk that it moves where that is known, else by notional.
    `yesterday`: the last decision's orders; `recent`: those of the week before it, newest first."""

    orders: tuple[Row, ...]
    cost_brl: float | None
    targets_known: bool
    biggest: Row | None
    rates: frozenset[str]
    """Instruments that are quoted in rates."""
    scores: dict[str, float | None]
    unit_risk: dict[str, float | None]
    """Daily standard deviation of one contract by instrument, BRL."""
    yesterday: tuple[Outcome, ...]
    recent: tuple[Outcome, ...]
    scorecard: tuple[Score, ...]
    rolls: int
    past_known: bool
    """Whether the prices that the past orders are judged by are there."""


def view(data: ReportData) -> ActionsView:
    orders = tuple(data.latest("action").iter_rows(named=True))
    costs = [known(row["cost_brl"]) for row in orders]
    total = sum(cost for cost in costs if cost is not None) if orders and None not in costs else None
    targets = list(data.latest("target_position").iter_rows(named=True))
    volatility = {row["instrument_id"]: known(row["unit_vol_brl"]) for row in targets}
    rates = {row["instrument_id"] for row in targets if known(row["rate"]) is not None}
    rates |= {row["instrument_id"] for row in orders if row["invalidation_unit"] in UNITS}
    signals = data.latest("strategy_signals")
    past = outcomes(data)
    last = data.previous("target_position")
    newest = past[0].day if past and last.height and past[0].order["as_of"] == last["as_of"][0] else None
    week = data.day - dt.timedelta(days=RECENT_DAYS)
    return ActionsView(
        orders=orders,
        cost_brl=total,
        targets_known=bool(targets),
        biggest=max(orders, key=lambda row: _size(row, volatility), default=None),
        rates=frozenset(rates),
        unit_risk=volatility,
        scores=dict(zip(signals["strategy_id"].to_list(), signals["score"].to_list(), strict=True)),
        yesterday=tuple(item for item in past if item.day == newest),
        recent=tuple(item for item in past if item.day != newest and item.day >= week),
        scorecard=scorecard(past),
        rolls=sum(1 for item in past if item.rolls),
        past_known=last.height > 0,
    )


def _size(row: Row, volatility: dict[str, float | None]) -> tuple[float, float]:
    """Daily standard deviation moved by the order, BRL; then its notional, for instruments without one."""
    unit = volatility.get(row["instrument_id"]) or 0.0
    return abs(row["order_contracts"] or 0) * unit, abs(known(row["notional_change_brl"]) or 0.0)


def sentences(actions: ActionsView) -> tuple[str, ...]:
    return (*_today(actions), *_fate(actions))


def _today(actions: ActionsView) -> list[str]:
    if not actions.orders:
        calm = translate("No order: the book is where it should be, or moving it would cost more than it brings.")
        return [calm] if actions.targets_known else []
    cost = translate(", costing {} in all", brl(actions.cost_brl)) if actions.cost_brl is not None else ""
    out = [f"{plural(len(actions.orders), 'order')}{cost}."]
    if actions.biggest is not None and len(actions.orders) > 1:
        row = actions.biggest
        out.append(
            translate(
                "The one that moves most risk: {}, from {} to {} contracts; {}.",
                order_words(row),
                thousands(row["contracts_from"], signed=True),
                thousands(row["contracts_to"], signed=True),
                until_words(row),
            )
        )
    turned = [r["instrument_id"] for r in actions.orders if (r["contracts_from"] or 0) * (r["contracts_to"] or 0) < 0]
    if turned:
        out.append(translate("The position changes side in {}.", listed(turned)))
    return out


def _fate(actions: ActionsView) -> list[str]:
    """What came of the week's orders, what is past its invalidation, and the score over half a year."""
    out = []
    moved = tables.gains_known(actions.recent)
    if moved:
        right = sum(1 for _, gain in moved if gain > 0)
        total = brl(sum(gain for _, gain in moved), signed=True)
        out.append(translate("Of the week's {} so far {} went right: {}.", plural(len(moved), "order"), right, total))
    past = [item for item in (*actions.yesterday, *actions.recent) if item.past_invalidation]
    if past:
        out.append(translate("Past its invalidation level: {}.", listed([order_words(item.order) for item in past])))
    scored = next((score for score in actions.scorecard if score.span == SPOKEN_SPAN and score.judged), None)
    if scored is not None:
        out.append(
            translate(
                "Over {} decisions {} of {} were right after {} days, for {} before costs.",
                SCORED_DECISIONS,
                percent(scored.hit_rate, 0),
                plural(scored.judged, "order"),
                number(SPOKEN_SPAN, 0),
                brl(scored.gain, signed=True),
            )
        )
    return out


def past_line(actions: ActionsView) -> str:
    """What was recommended yesterday, in a few words; empty where that is not known."""
    if not actions.past_known:
        return ""
    if not actions.yesterday:
        return translate("Nothing was ordered yesterday.")
    return translate("Filled at yesterday's settlement: {}.", plural(len(actions.yesterday), "order"))


def _missing(actions: ActionsView) -> tuple[str, ...]:
    out = []
    if not actions.orders and not actions.targets_known:
        out.append(
            translate(
                "No targets were computed for this decision, so there are no orders to give: do not read this as "
                "'stay as you are'."
            )
        )
    if actions.targets_known and not actions.past_known:
        out.append(translate("No earlier decision is stored: what came of earlier orders cannot be said."))
    return tuple(out)


def section(data: ReportData) -> Section:
    actions, day = view(data), date(data.day)
    blocks: list[Block] = []
    if actions.orders:
        blocks.append(tables.order_table(actions.orders, actions.rates, actions.scores, day))
        figure = tables.order_figure(actions.orders, actions.unit_risk, day)
        blocks += [figure] if figure is not None else []
    if actions.yesterday:
        caption = translate(
            "Ordered at {}, filled at that day's settlement: the level it was decided on and the one it got",
            date(actions.yesterday[0].day),
        )
        blocks.append(tables.outcome_table(actions.yesterday, actions.rates, caption, "yesterday", day))
    if actions.recent:
        caption = translate("What came of the orders of the week before, newest first")
        blocks.append(tables.outcome_table(actions.recent, actions.rates, caption, "outcomes", day))
    if any(score.judged for score in actions.scorecard):
        blocks.append(tables.score_table(actions.scorecard, actions.rolls, SCORED_DECISIONS, day))
    return Section("actions", "Actions", sentences(actions), _missing(actions), tuple(blocks))
