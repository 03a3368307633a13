"""The model portfolio, day by day: marks, fills, costs, NAV and the next target.

Timing: an order decided at row t (06:00 of day t) fills at that day's settlement, the prices that row t + 1 knows. So
NAV at row t marks what was decided at rows <= t - 2 over the move from row t - 1 to t, and the orders of t - 1 fill at
the prices of row t, paying their cost there. The whole NAV earns CDI (margin lies in federal bonds): line CASH.

Prices are the contract's own settlement where it has one, else the curve's (docs/book.md).

Price and carry. Carry is what a held contract earns if its curve and spot stay as they were at the last mark, with the
days gone by (roll-down, the IPCA accrual of DAP, less CDI on funded contracts); price is the rest. All lines are in
whole cents, so that they add up to the change of NAV exactly.

A contract without a price on a day, or with one that is old, is held unmarked (its P&L is unknown that day) and the
whole move, with the CDI since, is booked when the price is back. There are no orders for it meanwhile, nor for a line
whose conviction rests on old inputs, and an order that meets no price lapses (docs/book.md).

Each day follows from the day before alone (`next_day`, `next_guarded_day`): a book goes on from a stored day
(desk.portfolio.book_state) as it would have gone on in one pass. On a day without a decision the book is held: the
orders of the day before are filled, what is held is marked, and the target is what is held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.book_history import BookDay, Holdings, no_holdings, no_pnl
from desk.portfolio.breaker import BreakerState, start_breaker, step_breaker
from desk.portfolio.cash import interest
from desk.portfolio.costs import line_cost
from desk.portfolio.day_plan import day_plan
from desk.portfolio.depth_limits import aversion_at, limited_at
from desk.portfolio.fill_prices import BookPrices
from desk.portfolio.lines_as_held import plan_as_held
from desk.portfolio.marking import mark_lines, markable
from desk.portfolio.order_limits import HeldBack, within_orders
from desk.portfolio.package_limits import LimitedBook
from desk.portfolio.package_trades import (
    LineStates,
    must_trade,
    packages_worth_trading,
    towards,
    without_small_orders,
)
from desk.portfolio.size import limit_uses, round_to_lots
from desk.portfolio.sizing_plan import SizingPlan


@dataclass(frozen=True)
class BookInputs:
    """What every day of the simulation reads: the plan's sizes, the prices along it, the desk's rules.

    `believed` (R, S) is false where a strategy's inputs are too old: its package waits.
    """

    plan: SizingPlan
    prices: BookPrices
    parameters: DeskParameters
    believed: BoolArray


@dataclass(frozen=True)
class GuardedDay:
    """One day of the book under the drawdown breaker, of the shadow book without it, and the breaker's state.

    Until the breaker first cuts, the book is its own shadow: the same object.
    """

    guarded: BookDay
    shadow: BookDay
    breaker: BreakerState


def first_guarded_day(inputs: BookInputs, *, is_held: bool = False) -> GuardedDay:
    """The day of inception, at the plan's first row. `is_held`: there is no decision on it."""
    day = first_day(inputs, 1.0, is_held=is_held)
    return GuardedDay(day, day, start_breaker(day.nav / day.benchmark))


def next_guarded_day(inputs: BookInputs, yesterday: GuardedDay, row: int, *, is_held: bool = False) -> GuardedDay:
    """The day of `row` after that of `row - 1`. `is_held`: there is no decision on it.

    The breaker is stepped on every day; what it leaves the book changes at a decision only.
    """
    shadow = next_day(inputs, yesterday.shadow, row, 1.0, is_held=is_held)
    breaker = step_breaker(yesterday.breaker, shadow.nav / shadow.benchmark, inputs.parameters.risk.breaker)
    multiplier = yesterday.guarded.risk_multiplier if is_held else breaker.multiplier
    if yesterday.guarded is yesterday.shadow and multiplier == 1.0:
        return GuardedDay(shadow, shadow, breaker)
    return GuardedDay(next_day(inputs, yesterday.guarded, row, multiplier, is_held=is_held), shadow, breaker)


def first_day(inputs: BookInputs, risk_multiplier: float, *, is_held: bool = False) -> BookDay:
    """The day of inception: nothing held, a first target."""
    count, nav = len(inputs.parameters.instruments), inputs.parameters.portfolio.inception_nav_brl
    nothing = no_holdings(count)
    target, packages, sizes, held_back = nothing, np.zeros((len(inputs.plan.terms), count)), None, None
    if not is_held:
        target, packages, sizes, held_back = _decide(inputs, 0, nothing, packages, nav, risk_multiplier)
    never = np.zeros(count, dtype=np.intp)
    return BookDay(
        nothing, target, packages, no_pnl(count), 0.0, 0.0, nav, nav, risk_multiplier, never, sizes, held_back
    )


def next_day(
    inputs: BookInputs, yesterday: BookDay, row: int, risk_multiplier: float, *, is_held: bool = False
) -> BookDay:
    """The day of `row` after the day of `row - 1`: mark what was held, fill the orders, accrue CDI, decide anew.

    `is_held`: no decision is made, and the target is what is held.
    """
    marks, marked = mark_lines(inputs.prices, yesterday, row)
    before, cost, filled = _fill(inputs, yesterday, row)
    lines = replace(marks, cost=cost)
    growth = inputs.prices.cash_growth
    cash = interest(yesterday.nav, growth, row)
    benchmark = float(np.round(yesterday.benchmark + interest(yesterday.benchmark, growth, row), 2))
    pnl = lines.total(cash)
    nav = float(np.round(yesterday.nav + pnl, 2))
    cuts = risk_multiplier < yesterday.risk_multiplier
    target, packages, sizes, held_back = before, yesterday.packages, None, None
    if not is_held:
        target, packages, sizes, held_back = _decide(
            inputs, row, before, packages, nav, risk_multiplier, breaker_cuts=cuts
        )
    return BookDay(
        before=before,
        target=target,
        packages=packages,
        lines=lines,
        cash=cash,
        pnl=pnl,
        nav=nav,
        benchmark=benchmark,
        risk_multiplier=risk_multiplier,
        last_mark=np.where(marked | filled, row, yesterday.last_mark),
        sizes=sizes,
        held_back=held_back,
    )


def _fill(inputs: BookInputs, yesterday: BookDay, row: int) -> tuple[Holdings, FloatArray, BoolArray]:
    """Yesterday's orders at the prices of `row`: the holdings after them, their cost (N,) and the lines (N,) that
    traded.

    A roll closes the old contract and opens the new one. A redeemed bond leaves the book without an order, and so does
    a contract that was held past its last day because no decision rolled it: it is settled at its last mark.
    """
    prices, old, ordered = inputs.prices, yesterday.before, yesterday.target
    redeemed = old.maturity <= prices.market.valuation[row]
    contracts = np.where(redeemed, 0, old.contracts)
    target = np.where(redeemed & (ordered.maturity == old.maturity), 0, ordered.contracts)
    rolls = (old.maturity != ordered.maturity) & (contracts != 0)
    filled = (contracts != target) | rolls
    cost = np.zeros(len(contracts))
    if filled.any():
        opened = prices.fills_at(row, ordered.maturity, filled)
        filled &= np.isfinite(opened.value)
        closed = prices.fills_at(row, old.maturity, rolls)
        filled &= (np.isfinite(closed.value) | ~rolls) & markable(prices, row, ordered.maturity)
        filled &= markable(prices, row, old.maturity) | ~rolls
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
    inputs: BookInputs,
    row: int,
    before: Holdings,
    packages: FloatArray,
    nav: float,
    risk_multiplier: float,
    *,
    breaker_cuts: bool = False,
) -> tuple[Holdings, FloatArray, LimitedBook, HeldBack]:
    """The target of `row` and its packages (S, N), from those held, at today's NAV; the sizes within the limits, and
    what the limits on one order have kept back.

    An order below the least of its root (portfolio.toml: minimum_order) is not made, and its packages wait whole. When
    the book that results would be outside a limit, the packages with a leg in what passes it go to their desired legs,
    whatever the orders cost; all of them where that is not enough, or where the drawdown breaker cuts. Where packages
    that wait keep even that book outside, the others stop short of their desired legs. So does one whose order would
    be larger than the gate lets pass.
    """
    parameters = inputs.parameters
    today = day_plan(inputs.plan, inputs.prices, row, before, parameters)
    plan, at, tradable, rolls = today.plan, today.row, today.tradable, today.rolls
    sizes = limited_at(plan, at, nav, parameters)
    lots = np.array([item.lot for item in parameters.instruments], dtype=np.int64)
    lines = today.line_states(before, packages, parameters)
    everything = today.desired(sizes, nav * risk_multiplier, packages, lines, inputs.believed[row])

    def in_lots(legs: FloatArray) -> IntArray:
        return np.where(tradable, round_to_lots(legs.sum(axis=0), lots), before.contracts)

    in_place = plan_as_held(plan[at : at + 1], before.as_row(), parameters, ~tradable[None])

    def uses(legs: FloatArray) -> FloatArray:
        """Of each line that can be traded (N,); one that cannot is a part of the book's and of its class's. What is at
        a limit is past it, as in desk.risk.limits."""
        return np.where(tradable, limit_uses(in_lots(legs), in_place, 0, nav, parameters) * (1.0 + 1e-9), 0.0)

    least = np.array([parameters.minimum_orders.get(item.root, 0) for item in parameters.instruments], dtype=np.int64)

    def too_small(legs: FloatArray) -> BoolArray:
        """Lines (N,) with an order below the least of their root, but one that closes the line or goes with a roll."""
        after = in_lots(legs)
        order = np.abs(after - before.contracts)
        return np.asarray((order > 0) & (order < least) & (after != 0) & ~rolls)

    chosen = everything
    if not breaker_cuts:
        chosen = packages_worth_trading(
            plan, at, packages, everything, lines, nav, aversion_at(plan, at, sizes), parameters
        )
        if parameters.minimum_orders:
            chosen = without_small_orders(packages, chosen, _free(plan, at, packages, everything, lines), too_small)
        over = uses(chosen) > 1.0
        if over.any():
            bound = (((packages != 0) | (everything != 0)) & over).any(axis=1)
            chosen = np.where(bound[:, None], everything, chosen)
            if uses(chosen).max() > 1.0:
                chosen = towards(packages, everything, lambda legs: float(uses(legs).max()))
    most, start = plan.largest_order[at], np.where(rolls, 0, before.contracts)
    passed, contracts = within_orders(packages, chosen, start, most.min(axis=0), in_lots)
    if (passed != chosen).any() and uses(passed).max() > 1.0:  # what is held back was a hedge of the rest
        passed = towards(packages, passed, lambda legs: float(uses(legs).max()))
        passed, contracts = within_orders(packages, passed, start, most.min(axis=0), in_lots)
    takes_mapped = tradable | (before.contracts == 0)
    target = Holdings(
        contracts=contracts,
        maturity=np.where(takes_mapped, plan.contracts.maturity[at], before.maturity),
        contract_id=np.where(takes_mapped, plan.contracts.contract_id[at], before.contract_id),
    )
    left = np.sign(contracts) * np.maximum(np.abs(contracts) - today.room, 0.0)
    wanted = in_lots(chosen)
    orders = np.where(np.abs(wanted - start) > most.min(axis=0), wanted - contracts, 0)
    kept_back = HeldBack(orders, most.argmin(axis=0), left.astype(np.int64))
    return target, passed, sizes, kept_back


def _free(plan: SizingPlan, row: int, held: FloatArray, desired: FloatArray, lines: LineStates) -> BoolArray:
    """The packages (S,) whose change may wait: neither one that must trade nor one that changes side or ends."""
    turned, mandatory = must_trade(plan, row, held, desired, lines)
    return np.asarray(~turned & ~mandatory & (desired != 0).any(axis=1))


def wanted_lines(inputs: BookInputs, row: int, day: BookDay, packages_before: FloatArray) -> FloatArray:
    """The contracts (N,), not in lots, that the packages of `day`, a decision of `row`, would have gone to if every
    change were worth its cost: those that wait stay as `packages_before` (S, N) had them."""
    today = day_plan(inputs.plan, inputs.prices, row, day.before, inputs.parameters)
    lines = today.line_states(day.before, packages_before, inputs.parameters)
    sizes = limited_at(today.plan, today.row, day.nav, inputs.parameters)
    legs = today.desired(sizes, day.nav * day.risk_multiplier, packages_before, lines, inputs.believed[row])
    return np.asarray(legs.sum(axis=0))
