"""The day's orders as sentences: what to buy or sell, why, its cost, and the level that invalidates it.

Invalidation: the level that a move against the new position of 2 daily standard deviations times the square root of 10
days would reach (portfolio.toml), in the contract's own quotation. An order that closes a line has none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters, Instrument
from desk.gold import ACTION
from desk.portfolio.book_frames import as_of_times
from desk.portfolio.book_history import BookHistory
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.costs import unit_cost
from desk.portfolio.market_levels import USDBRL
from desk.portfolio.pricing import Quotes, quote_market
from desk.portfolio.sides import action_of
from desk.portfolio.sizing_plan import SizingPlan
from desk.units import BASIS_POINT, bp, pct

REASONS_SHOWN = 3
UNITS = {
    "pre_pu": "fraction per year",
    "real_pu": "fraction per year",
    "fx_forward": "BRL per USD 1,000",
    "equity_forward": "points",
    "cupom_pu": "fraction per year",
    "ipca_bond": "fraction per year",
    "par_bond": "fraction per year",
    "spread": "fraction per year",
}


@dataclass(frozen=True, slots=True)
class _ContractQuotes:
    quotes: Quotes
    unit_cost: FloatArray


@dataclass(frozen=True, slots=True)
class _Order:
    row: int
    column: int
    contract_id: str
    before: int
    after: int
    closes_old_contract: bool = False
    """Leaves a contract that the instrument no longer maps to."""

    @property
    def change(self) -> int:
        return self.after - self.before


def action_frame(plan: SizingPlan, history: BookHistory, parameters: DeskParameters) -> pl.DataFrame:
    """ACTION of every row, the most expensive first within a day. A roll is two orders: out of one contract, into the
    other. `rationale` are the convictions, on the side of the line, of the packages that changed there, the largest
    change first."""
    as_of = as_of_times(plan).to_list()
    terms = terms_of(parameters.instruments)
    old = quote_market(terms, plan.market, history.before.maturity)
    usdbrl = plan.market.levels.spots[:, USDBRL]
    books = {
        False: _ContractQuotes(plan.quotes, plan.unit_cost),
        True: _ContractQuotes(old, unit_cost(parameters, terms, old, usdbrl)),
    }
    rows: list[dict[str, Any]] = []
    orders = sorted(
        _orders(history),
        key=lambda order: (order.row, -_cost(books[order.closes_old_contract], order), order.contract_id),
    )
    sequence: dict[int, int] = {}
    for order in orders:
        sequence[order.row] = sequence.get(order.row, 0) + 1
        instrument = parameters.instruments[order.column]
        reasons = _reasons(plan, history, order)
        rows.append(
            {"as_of": as_of[order.row], "seq": sequence[order.row]}
            | _action(plan, books[order.closes_old_contract], order, instrument, reasons, parameters)
        )
    return pl.DataFrame(rows, schema=ACTION.schema)


def _orders(history: BookHistory) -> list[_Order]:
    rolled = (history.before.contracts != 0) & (history.target.maturity != history.before.maturity)
    orders = []
    for row, column in np.argwhere((history.target.contracts != history.before.contracts) | rolled).tolist():
        before, after = int(history.before.contracts[row, column]), int(history.target.contracts[row, column])
        new = str(history.target.contract_id[row, column])
        if rolled[row, column]:
            orders.append(_Order(row, column, str(history.before.contract_id[row, column]), before, 0, True))
            before = 0
        if before != after:
            orders.append(_Order(row, column, new, before, after))
    return orders


def _reasons(plan: SizingPlan, history: BookHistory, order: _Order) -> dict[str, float]:
    """Strategy -> its conviction with the side of its leg (or of the leg that it leaves), the largest change first.

    Of a roll that changes no package, those whose legs it carries.
    """
    after = history.packages[order.row, :, order.column]
    before = history.packages[order.row - 1, :, order.column] if order.row else np.zeros_like(after)
    change = np.abs(after - before)
    change = change if change.any() else np.abs(after)
    places = [place for place in np.argsort(-change, kind="stable").tolist() if change[place] > 0]
    return {
        plan.terms[place].id: float(np.sign(after[place]) * np.abs(plan.conviction[order.row, place]))
        for place in places
    }


def _cost(prices: _ContractQuotes, order: _Order) -> float:
    return abs(order.change) * float(prices.unit_cost[order.row, order.column])


def _action(
    plan: SizingPlan,
    prices: _ContractQuotes,
    order: _Order,
    instrument: Instrument,
    reasons: Mapping[str, float],
    parameters: DeskParameters,
) -> dict[str, Any]:
    at = order.row, order.column
    dv01, value = float(prices.quotes.dv01[at]), float(prices.quotes.value[at])
    level = invalidation_level(plan, order.row, order.column, order.after, instrument, parameters)
    cost = round(_cost(prices, order), 2)
    return {
        "instrument_id": instrument.id,
        "contract_id": order.contract_id,
        "side": action_of(instrument.dealt_in, order.change),
        "contracts_from": order.before,
        "contracts_to": order.after,
        "order_contracts": order.change,
        "dv01_change_brl": order.change * dv01,
        "notional_change_brl": order.change * value,
        "cost_brl": cost,
        "invalidation": level,
        "invalidation_unit": None if level is None else UNITS[instrument.kind],
        "rationale": json.dumps({name: round(part, 6) for name, part in reasons.items()}),
        "sentence": "; ".join(
            [
                _what(order, instrument, dv01 if instrument.quoted_in_rate else value),
                "because the position rolls" if order.closes_old_contract else _why(reasons),
                f"costs about BRL {cost:,.0f}",
                _until(order, instrument, level),
            ]
        ),
    }


def invalidation_level(
    plan: SizingPlan, row: int, column: int, contracts: int, instrument: Instrument, parameters: DeskParameters
) -> float | None:
    """Rate (fraction) or price at which `contracts` have lost the invalidation move; None without one."""
    rules = parameters.portfolio
    deviation = float(plan.volatility[row, column])
    if contracts == 0 or not np.isfinite(deviation):
        return None
    loss = rules.invalidation_sigmas * math.sqrt(rules.invalidation_days) * deviation
    side = 1.0 if contracts > 0 else -1.0
    if instrument.quoted_in_rate:
        move_bp = loss / float(plan.quotes.dv01[row, column])
        return float(plan.quotes.rate[row, column]) + side * move_bp * BASIS_POINT
    return float(plan.quotes.price[row, column]) - side * loss / instrument.multiplier


def _what(order: _Order, instrument: Instrument, unit: float) -> str:
    side = action_of(instrument.dealt_in, order.change).replace("_", " ").capitalize()
    before, after = (_stance(contracts * unit, instrument) for contracts in (order.before, order.after))
    return (
        f"{side} {abs(order.change):,} {order.contract_id} ({before} -> {after}), "
        f"from {order.before:,} to {order.after:,} contracts"
    )


def _stance(amount: float, instrument: Instrument) -> str:
    """`pay 18,400 BRL/bp` for a position of -18,400 BRL per bp, `short BRL 12.5m` for one of that notional."""
    if amount == 0:
        return "flat"
    if instrument.quoted_in_rate:
        sides = ("sell protection", "buy protection") if instrument.kind == "spread" else ("receive", "pay")
        return f"{sides[0 if amount > 0 else 1]} {abs(amount):,.0f} BRL/bp"
    return f"{'long' if amount > 0 else 'short'} BRL {abs(amount) / 1e6:,.1f}m"


def _why(reasons: Mapping[str, float]) -> str:
    shown = [f"{name} {part:+.2f}" for name, part in list(reasons.items())[:REASONS_SHOWN] if abs(part) >= 0.005]
    return f"because {', '.join(shown)}" if shown else "because no view is left"


def _until(order: _Order, instrument: Instrument, level: float | None) -> str:
    if level is None:
        return "closes the contract" if order.after == 0 else "no invalidation level: its volatility is unknown"
    falls = (order.after < 0) == instrument.quoted_in_rate  # a payer and a long price lose when the quotation falls
    side = "below" if falls else "above"
    return f"invalid if {order.contract_id} trades {side} {_quoted(level, instrument)}"


def _quoted(level: float, instrument: Instrument) -> str:
    """A level in the instrument's own quotation: bp for the spread, percent for rates, points for the others."""
    if instrument.kind == "spread":
        return f"{bp(level):,.0f} bp"
    return f"{pct(level):.2f}%" if instrument.quoted_in_rate else f"{level:,.1f}"
