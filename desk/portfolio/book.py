"""The model portfolio, day by day: marks, fills, costs, NAV and the next target.

Timing: an order decided at row t (06:00 of day t) fills at that day's settlement, the prices that row t + 1 knows. So
NAV at row t marks what was decided at rows <= t - 2 over the move from row t - 1 to t, and the orders of t - 1 fill at
the prices of row t, paying their cost there. The whole NAV earns CDI (margin lies in federal bonds): line CASH.

Price and carry. Carry is what a held contract earns if its curve and spot stay as they were at the last mark, with the
days gone by (roll-down, the IPCA accrual of DAP, less CDI on funded contracts); price is the rest. All lines are in
whole cents, so that they add up to the change of NAV exactly.

A contract without a price on a day is held unmarked (its P&L is unknown that day) and the whole move, with the CDI
since, is booked when the price is back. There are no orders for it meanwhile, and an order that meets no price lapses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.book_history import (
    BookDay,
    BookHistory,
    Holdings,
    LinePnl,
    no_holdings,
    no_pnl,
    stack_days,
)
from desk.portfolio.breaker import breaker_path
from desk.portfolio.costs import line_cost
from desk.portfolio.fill_prices import BookPrices, book_prices
from desk.portfolio.pnl_explain import contract_moves
from desk.portfolio.size import SizingPlan, round_to_lots, within_limits, worth_trading


@dataclass(frozen=True)
class BookInputs:
    """What every day of the simulation reads: the plan's sizes, the prices along it, the desk's rules."""

    plan: SizingPlan
    prices: BookPrices
    parameters: DeskParameters


def run_guarded_book(plan: SizingPlan, parameters: DeskParameters) -> tuple[BookHistory, BookHistory]:
    """The book under the drawdown breaker, and the shadow book without it, on which the breaker is measured."""
    inputs = BookInputs(plan, book_prices(plan, parameters), parameters)
    shadow = simulate_book(inputs, np.ones(len(plan)))
    states = breaker_path(shadow.nav.tolist(), parameters.risk.breaker)
    multiplier = np.array([state.multiplier for state in states])
    return (simulate_book(inputs, multiplier) if (multiplier < 1.0).any() else shadow), shadow


def simulate_book(inputs: BookInputs, risk_multiplier: FloatArray) -> BookHistory:
    """The book from the plan's first row, with the inception NAV and no position, to its last.

    `risk_multiplier` (R,) is the share of its risk that each decision may take.
    """
    days = [first_day(inputs, float(risk_multiplier[0]))]
    for row in range(1, len(inputs.plan)):
        days.append(next_day(inputs, days[-1], row, float(risk_multiplier[row])))
    return stack_days(days)


def first_day(inputs: BookInputs, risk_multiplier: float) -> BookDay:
    """The day of inception: nothing held, a first target."""
    count, nav = len(inputs.parameters.instruments), inputs.parameters.portfolio.inception_nav_brl
    nothing = no_holdings(count)
    target = _decide(inputs, 0, nothing, nav, risk_multiplier, breaker_cuts=False)
    never = np.zeros(count, dtype=np.intp)
    return BookDay(nothing, target, no_pnl(count), 0.0, 0.0, nav, risk_multiplier, never)


def next_day(inputs: BookInputs, yesterday: BookDay, row: int, risk_multiplier: float) -> BookDay:
    """The day of `row` after the day of `row - 1`: mark what was held, fill the orders, accrue CDI, decide anew."""
    marks, marked = _mark(inputs, yesterday, row)
    before, cost, filled = _fill(inputs, yesterday, row)
    lines = replace(marks, cost=cost)
    interest = np.expm1(inputs.prices.cash_growth[row] - inputs.prices.cash_growth[row - 1])
    cash = float(np.round(yesterday.nav * interest, 2))
    pnl = lines.total(cash)
    nav = float(np.round(yesterday.nav + pnl, 2))
    cuts = risk_multiplier < yesterday.risk_multiplier
    return BookDay(
        before=before,
        target=_decide(inputs, row, before, nav, risk_multiplier, breaker_cuts=cuts),
        lines=lines,
        cash=cash,
        pnl=pnl,
        nav=nav,
        risk_multiplier=risk_multiplier,
        last_mark=np.where(marked | filled, row, yesterday.last_mark),
    )


def _mark(inputs: BookInputs, yesterday: BookDay, row: int) -> tuple[LinePnl, BoolArray]:
    """P&L into `row` of what was held since each contract's last mark, without costs; and which lines (N,) have one.

    A line in the plan's contract that was marked on the row before has its move among the book's prices; the moves of
    the others are computed here, together for those last marked on the same row.
    """
    prices, held = inputs.prices, yesterday.before
    is_held = held.contracts != 0
    price, carry = prices.moves.price[row].copy(), prices.moves.carry[row].copy()
    factors, inflation = prices.moves.factors[row].copy(), prices.moves.inflation[row].copy()
    off_plan = is_held & ((held.maturity != prices.marked_maturity[row]) | (yesterday.last_mark != row - 1))
    for last_mark in np.unique(yesterday.last_mark[off_plan]):
        lines = off_plan & (yesterday.last_mark == last_mark)
        span = np.array([last_mark]), np.array([row])
        moves = contract_moves(prices.terms, prices.market, *span, held.maturity[None, :], prices.funding_growth)
        price[lines], carry[lines] = moves.price[0, lines], moves.carry[0, lines]
        factors[:, lines], inflation[lines] = moves.factors[0][:, lines], moves.inflation[0, lines]
    price, carry = np.round(held.contracts * price, 2), np.round(held.contracts * carry, 2)
    known = np.isfinite(price + carry)
    marked = is_held & known
    pnl = LinePnl(
        contracts=held.contracts,
        price=np.where(is_held, np.where(known, price, np.nan), 0.0),
        carry=np.where(is_held, np.where(known, carry, np.nan), 0.0),
        cost=np.zeros(len(price)),
        factors=np.where(marked[:, None], np.round(held.contracts[:, None] * factors.T, 2), 0.0),
        inflation=np.where(marked, np.round(held.contracts * inflation, 2), 0.0),
    )
    return pnl, marked


def _fill(inputs: BookInputs, yesterday: BookDay, row: int) -> tuple[Holdings, FloatArray, BoolArray]:
    """Yesterday's orders at the prices of `row`: the holdings after them, their cost (N,) and the lines (N,) that
    traded.

    A roll closes the old contract and opens the new one. A redeemed bond leaves the book without an order.
    """
    prices, old, ordered = inputs.prices, yesterday.before, yesterday.target
    redeemed = prices.terms.kind_mask("ipca_bond") & (old.maturity <= prices.market.valuation[row])
    contracts = np.where(redeemed, 0, old.contracts)
    target = np.where(redeemed, 0, ordered.contracts)
    rolls = (old.maturity != ordered.maturity) & (contracts != 0)
    filled = (contracts != target) | rolls
    cost = np.zeros(len(contracts))
    if filled.any():
        opened = prices.fills_at(row, ordered.maturity, filled)
        filled &= np.isfinite(opened.value)
        closed = prices.fills_at(row, old.maturity, rolls)
        filled &= np.isfinite(closed.value) | ~rolls
        unit_costs = np.nan_to_num(closed.unit_cost), np.nan_to_num(opened.unit_cost)
        cost = np.where(filled, line_cost(contracts, target, rolls, *unit_costs), 0.0)
    takes_new = filled | (contracts == 0)
    holdings = Holdings(
        contracts=np.where(filled, target, contracts),
        maturity=np.where(takes_new, ordered.maturity, old.maturity),
        contract_id=np.where(takes_new, ordered.contract_id, old.contract_id),
    )
    return holdings, cost, filled


def _decide(
    inputs: BookInputs, row: int, before: Holdings, nav: float, risk_multiplier: float, *, breaker_cuts: bool
) -> Holdings:
    """The target of `row`: the plan's sizes at today's NAV, where the order is worth its cost.

    Rolls, changes of side and the closing of a line without a view are always made. When the book that results would be
    outside a limit, or the drawdown breaker cuts, every line goes to its desired size, whatever the order costs.
    """
    plan, parameters = inputs.plan, inputs.parameters
    lots = np.array([item.lot for item in parameters.instruments], dtype=np.int64)
    mapped = plan.contracts.maturity[row]
    leaves = (before.contracts != 0) & (before.maturity != mapped)
    tradable = np.isfinite(plan.quotes.value[row])
    if leaves.any():  # a roll needs a price of the old contract too
        tradable &= ~leaves | np.isfinite(inputs.prices.fills_at(row, before.maturity, leaves).value)
    desired = np.where(tradable, round_to_lots(plan.per_brl[row] * nav * risk_multiplier, lots), before.contracts)
    contracts = desired
    if not breaker_cuts:
        chosen = _trades_worth_their_cost(inputs, row, before, desired, tradable & leaves, nav)
        contracts = np.where(chosen, desired, before.contracts)
        if not within_limits(contracts, plan, row, nav, parameters):
            contracts = desired
    takes_mapped = tradable | (before.contracts == 0)
    return Holdings(
        contracts=contracts,
        maturity=np.where(takes_mapped, mapped, before.maturity),
        contract_id=np.where(takes_mapped, plan.contracts.contract_id[row], before.contract_id),
    )


def _trades_worth_their_cost(
    inputs: BookInputs, row: int, before: Holdings, desired: IntArray, rolls: BoolArray, nav: float
) -> BoolArray:
    """Which lines (N,) go to their desired contracts. `rolls` (N,) are mandatory."""
    plan = inputs.plan
    change = desired - before.contracts
    changes_side = (before.contracts != 0) & (np.sign(desired) != np.sign(before.contracts))
    return worth_trading(
        change,
        rolls | changes_side,
        plan.matrix[row],
        np.nan_to_num(plan.unit_cost[row]) * np.abs(change),
        nav,
        float(plan.aversion[row]),
        inputs.parameters.portfolio.holding_days,
    )
