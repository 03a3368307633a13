"""P&L explained three ways, each adding up to the day's P&L to the cent: by instrument (book_frames), by strategy, by
factor.

By strategy: the price and carry P&L of the legs of its own package, as it was decided, also where two strategies cancel
in one line. UNATTRIBUTED is what the lots make of the sum of the packages, and what an order left unfilled; CASH and
COST are lines of their own, and so is SOURCE_CHANGE, which no strategy earned.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from desk.arrays import FloatArray, IntArray
from desk.gold import PNL_BY_FACTOR, PNL_BY_STRATEGY
from desk.portfolio.book_frames import as_of_times, caught_up, gold_frame, valuation_dates
from desk.portfolio.book_history import BookHistory
from desk.portfolio.fill_prices import BookPrices
from desk.portfolio.pnl_explain import PRICE_FACTORS, contract_moves
from desk.portfolio.sizing_plan import SizingPlan

CASH, COST, UNATTRIBUTED = "CASH", "COST", "UNATTRIBUTED"
SOURCE_CHANGE, CATCH_UP = "SOURCE_CHANGE", "CATCH_UP"
Cents = IntArray


def to_cents(money: FloatArray) -> Cents:
    """Whole cents of BRL; unknown money is none."""
    return np.asarray(np.round(np.nan_to_num(money) * 100.0), dtype=np.int64)


def pnl_by_strategy(
    plan: SizingPlan, history: BookHistory, prices: BookPrices, packages_before: FloatArray
) -> pl.DataFrame:
    """PNL_BY_STRATEGY: the strategies with a package over the day, CASH and COST every day, UNATTRIBUTED if any.

    `packages_before` (S, N): those of the decision before the first row, which the plan and `prices` share.
    """
    first = np.zeros_like(packages_before)
    owned = np.concatenate([np.stack([first, packages_before]), history.packages])[: len(plan)]
    unit = _unit_pnl(owned, history, prices)
    cents = to_cents((owned * unit[:, None, :]).sum(axis=2))
    total = (to_cents(history.lines.price) + to_cents(history.lines.carry)).sum(axis=1)
    cash, cost = to_cents(history.cash), to_cents(history.lines.cost).sum(axis=1)
    changed = to_cents(history.lines.source).sum(axis=1)
    rows: list[tuple[int, str, int]] = []
    for row, held in enumerate((owned != 0).any(axis=2)):
        found = {plan.terms[place].id: int(cents[row, place]) for place in np.flatnonzero(held).tolist()}
        rest = int(total[row]) - sum(found.values())
        found |= {UNATTRIBUTED: rest} if rest else {}
        found |= {SOURCE_CHANGE: int(changed[row])} if changed[row] else {}
        found |= {CASH: int(cash[row]), COST: -int(cost[row])}
        rows += [(row, name, value) for name, value in sorted(found.items())]
    at = np.array([row for row, _, _ in rows], dtype=np.int64)
    columns = {"strategy_id": [name for _, name, _ in rows], "pnl_brl": np.array([c for _, _, c in rows]) / 100.0}
    days = {"as_of": as_of_times(plan).gather(at), "valuation_date": valuation_dates(plan).gather(at)}
    return gold_frame(PNL_BY_STRATEGY, days | columns)


def _unit_pnl(owned: FloatArray, history: BookHistory, prices: BookPrices) -> FloatArray:
    """BRL of one contract over each row (R, N), zero where unknown: of the held lines as they were marked; of a line in
    which packages cancel out, the move of the contract that it would have been held in."""
    contracts = history.lines.contracts
    marked = np.nan_to_num(history.lines.price + history.lines.carry)
    unit = np.where(contracts != 0, marked / np.where(contracts != 0, contracts, 1), 0.0)
    cancelled = (owned != 0).any(axis=1) & (contracts == 0)
    for row in np.flatnonzero(cancelled.any(axis=1)).tolist():
        maturity = history.before.maturity[row - 1]
        price, carry = prices.moves.price[row], prices.moves.carry[row]
        if (cancelled[row] & (maturity != prices.marked_maturity[row])).any():
            span = np.array([row - 1]), np.array([row])
            own = contract_moves(prices.terms, prices.market, *span, maturity[None, :], prices.funding_growth)
            price, carry = own.price[0], own.carry[0]
        unit[row] = np.where(cancelled[row] & prices.usable[row], np.nan_to_num(price + carry), unit[row])
    return unit


def pnl_by_factor(plan: SizingPlan, history: BookHistory) -> pl.DataFrame:
    """PNL_BY_FACTOR: every factor every day. RESIDUAL is what one factor at a time does not explain. CATCH_UP is all of
    the lines that are marked over several days, SOURCE_CHANGE what other sources made: only on days that have some."""
    late = caught_up(plan, history)
    factors = np.where(late[:, :, None], 0.0, history.lines.factors)
    parts = {name: to_cents(factors[:, :, place]).sum(axis=1) for place, name in enumerate(PRICE_FACTORS)}
    inflation, carry, price = (
        to_cents(np.where(late, 0.0, part))
        for part in (history.lines.inflation, history.lines.carry, history.lines.price)
    )
    parts["INFLATION"] = inflation.sum(axis=1)
    parts["CARRY"] = (carry - inflation).sum(axis=1)
    parts["RESIDUAL"] = price.sum(axis=1) - sum(parts[name] for name in PRICE_FACTORS)
    parts |= {CASH: to_cents(history.cash), COST: -to_cents(history.lines.cost).sum(axis=1)}
    booked = to_cents(history.lines.price) + to_cents(history.lines.carry)
    parts[CATCH_UP] = np.where(late, booked, 0).sum(axis=1)
    parts[SOURCE_CHANGE] = to_cents(history.lines.source).sum(axis=1)
    count = len(plan)
    whole = gold_frame(
        PNL_BY_FACTOR,
        {
            "as_of": as_of_times(plan).gather(np.repeat(np.arange(count), len(parts))),
            "valuation_date": valuation_dates(plan).gather(np.repeat(np.arange(count), len(parts))),
            "factor": np.tile(list(parts), count),
            "pnl_brl": np.column_stack(list(parts.values())).ravel() / 100.0,
        },
    )
    return whole.filter(~pl.col("factor").is_in([CATCH_UP, SOURCE_CHANGE]) | (pl.col("pnl_brl") != 0.0))
