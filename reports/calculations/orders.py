"""The orders of the decision, their costs and risk, and the outcomes of earlier orders."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from reports.calculations.order_outcomes import Outcome, Score, outcomes, scorecard
from reports.elements.formats import finite_or_none
from reports.elements.order_text import RATE_UNITS
from reports.elements.report_data import ReportData, Row, once_per_report

RECENT_DAYS = 7
"""Calendar days of orders whose outcomes are listed one by one."""


@dataclass(frozen=True)
class OrdersView:
    """`orders` in the desk's order; `biggest` by the risk that it moves where that is known, else by notional.

    `yesterday`: orders of the previous decision. `recent`: other orders of the last RECENT_DAYS, newest first; legs of
    rolls, which express no view, are in neither.
    """

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
    """Whether prices of an earlier decision are stored: without them past orders have no outcome."""


@once_per_report
def orders_view(data: ReportData) -> OrdersView:
    """The orders of the decision, and the outcomes of the orders of earlier decisions."""
    orders = tuple(data.latest("action").iter_rows(named=True))
    costs = [finite_or_none(row["cost_brl"]) for row in orders]
    total = sum(cost for cost in costs if cost is not None) if orders and None not in costs else None
    targets = list(data.latest("target_position").iter_rows(named=True))
    volatility = {row["instrument_id"]: finite_or_none(row["unit_vol_brl"]) for row in targets}
    rates = {row["instrument_id"] for row in targets if finite_or_none(row["rate"]) is not None}
    rates |= {row["instrument_id"] for row in orders if row["invalidation_unit"] in RATE_UNITS}
    signals = data.latest("strategy_signals")
    past = outcomes(data)
    last = data.previous("target_position")
    newest = past[0].day if past and last.height and past[0].order["as_of"] == last["as_of"][0] else None
    week = data.day - dt.timedelta(days=RECENT_DAYS)
    return OrdersView(
        orders=orders,
        cost_brl=total,
        targets_known=bool(targets),
        biggest=max(orders, key=lambda row: _size(row, volatility), default=None),
        rates=frozenset(rates),
        unit_risk=volatility,
        scores=dict(zip(signals["strategy_id"].to_list(), signals["score"].to_list(), strict=True)),
        yesterday=tuple(item for item in past if item.day == newest and not item.rolls),
        recent=tuple(item for item in past if item.day != newest and item.day >= week and not item.rolls),
        scorecard=scorecard(past),
        rolls=sum(1 for item in past if item.rolls),
        past_known=last.height > 0,
    )


def _size(row: Row, volatility: dict[str, float | None]) -> tuple[float, float]:
    """(daily standard deviation moved by the order, its notional), BRL; the first is 0 where it is not known."""
    unit = volatility.get(row["instrument_id"]) or 0.0
    return abs(row["order_contracts"] or 0) * unit, abs(finite_or_none(row["notional_change_brl"]) or 0.0)
