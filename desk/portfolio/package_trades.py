"""How far each package goes to its desired legs today, whole.

All the way, always: one whose view ended, whose sides have drifted apart by half of what is tolerated, and one on a
line whose lots are not what its packages add up to (an order that did not fill). One that changes side is closed. The
rest is left alone within a distance of its aim, and beyond it traded to that distance: towards the aim and never quite
to it, and the less the sooner the view fades, since an aim that fades moves more. Packages that are off on one side
count together: five that are each a little short of the dollar are far from it. A roll is of the line, contract by
contract; it moves no package. The discrete form, for linear costs, of Garleanu and Pedersen, "Dynamic trading with
predictable returns and transaction costs", Journal of Finance 68 (2013).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.combine import strategy_budgets
from desk.portfolio.packages import NEUTRALITY_TOLERANCE, imbalance, measure_of
from desk.portfolio.size import no_trade_width, shares_worth_trading
from desk.portfolio.sizing_plan import SizingPlan, package_risk
from desk.units import DAYS_PER_YEAR


@dataclass(frozen=True)
class LineStates:
    """Lines (N,) of a day: `tradable` has its prices, `unsettled` holds other lots than its packages add up to, or more
    than may be left of it, `gone` has no contract any more."""

    tradable: BoolArray
    unsettled: BoolArray
    gone: BoolArray


def desired_legs(
    planned: FloatArray, held: FloatArray, lines: LineStates, believed: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """The legs (S, N) that every package would go to: as `planned` (S, N), or what it holds (S, N) where it waits (S,),
    since it cannot trade whole: a leg has no price or an old one, the package cannot be formed (NaN), or its strategy
    is not `believed` (S,). One whose contract is gone is closed."""
    unformed = np.isnan(planned).any(axis=1)
    ended = ((held != 0) & lines.gone).any(axis=1)
    desired = np.where((unformed & ended)[:, None], 0.0, planned)
    blocked = ~lines.tradable & ~lines.gone
    waits = np.isnan(desired).any(axis=1) | (((held != 0) | (desired != 0)) & blocked).any(axis=1) | ~believed
    return np.where(waits[:, None], held, desired), waits


def packages_worth_trading(
    plan: SizingPlan,
    row: int,
    held: FloatArray,
    desired: FloatArray,
    lines: LineStates,
    nav: float,
    aversion: float,
    parameters: DeskParameters,
) -> FloatArray:
    """The legs (S, N) after the decision, of each package between `held` (nothing, where it changes side) and
    `desired`. A change of less than `minimum_change_brl` (portfolio.toml) is not made, unless it must be."""
    turned, mandatory = must_trade(plan, row, held, desired, lines)
    base = np.where(turned[:, None], 0.0, held)
    change = desired - base
    moves = (change != 0).any(axis=1)
    risk = package_risk(change, plan.matrix[row])
    cost = (np.abs(change) * np.nan_to_num(plan.unit_cost[row])).sum(axis=1)
    done = shares_worth_trading(
        change @ plan.matrix[row] @ change.T,
        mandatory | ~moves,
        cost,
        nav,
        aversion,
        days_worth(plan, cost / np.where(risk > 0, risk, 1.0), nav, aversion, parameters),
    )
    done = np.where(~mandatory & (done * risk < parameters.portfolio.minimum_change_brl), 0.0, done)
    return np.where(done[:, None] == 1.0, desired, base + done[:, None] * change)


def must_trade(
    plan: SizingPlan, row: int, held: FloatArray, desired: FloatArray, lines: LineStates
) -> tuple[BoolArray, BoolArray]:
    """The packages (S,) that change side, and those whose change must be made: a view that ended, sides that have
    drifted apart, lots that are not what the packages add up to or may not stay."""
    turned = np.asarray((held * desired < 0).any(axis=1))
    moves = (desired - np.where(turned[:, None], 0.0, held) != 0).any(axis=1)
    touched = (held != 0) | (desired != 0)
    mandatory = moves & (
        (touched & lines.unsettled).any(axis=1)
        | ((held != 0) != (desired != 0)).any(axis=1) & (held != 0).any(axis=1) & ~turned
        | (drift(plan, row, held) > NEUTRALITY_TOLERANCE / 2.0)
    )
    return turned, np.asarray(mandatory)


def without_small_orders(
    held: FloatArray, chosen: FloatArray, free: BoolArray, small: Callable[[FloatArray], BoolArray]
) -> FloatArray:
    """The legs (S, N) of `chosen` without orders that are too small to send: where `small` says that a line's order is,
    the packages of `free` (S,) that move it stay as they are `held`, whole, and the rest is looked at again."""
    found = chosen
    while True:
        waits = free & ((found != held) & small(found)).any(axis=1)
        if not waits.any():
            return found
        found = np.where(waits[:, None], held, found)


def days_worth(
    plan: SizingPlan, unit_cost: FloatArray, nav: float, aversion: float, parameters: DeskParameters
) -> FloatArray:
    """The days (S,) that being nearer to each package's aim is worth: those at which a package by itself is left alone
    within `no_trade_width` of it. `unit_cost` (S,): BRL to trade one BRL of its daily risk.

    An aim moves as an AR(1) of rho = 1 - 1 / days does, around the risk of its budget at full conviction, by as much of
    it as limits leave the book.
    """
    rules = parameters.portfolio
    kept = rules.sharpe_assumed / rules.target_volatility / aversion
    usual = strategy_budgets(plan.terms) * rules.target_volatility / np.sqrt(DAYS_PER_YEAR) * kept * nav
    lasts = np.array([parameters.view_days(terms.id) for terms in plan.terms])
    width = no_trade_width(unit_cost, usual**2 * (2.0 - 1.0 / lasts) / lasts, aversion, nav)
    return np.where(width > 0, unit_cost * nav / (aversion * np.where(width > 0, width, 1.0)), lasts)


STEPS = 20
"""The parts of the way to the desired legs that `towards` tries."""


def towards(held: FloatArray, desired: FloatArray, use: Callable[[FloatArray], float]) -> FloatArray:
    """The legs (S, N) on the way from `held` to `desired` that are nearest to `desired` within the limits.

    `use` is what legs use of the limits, 1.0 at most. The sizes of a plan add up to a book within the limits only when
    every package goes to its own; where some wait for a price, the others go as far as the limits allow beside those
    that stay, all by the same part, so that each keeps its sides. Where no part is within, the one that uses least.
    """
    parts = [desired, *(held + (desired - held) * step / STEPS for step in range(STEPS - 1, 0, -1)), held]
    uses = []
    for legs in parts:
        uses.append(use(legs))
        if uses[-1] <= 1.0:
            return legs
    return parts[int(np.argmin(uses))]


def drift(plan: SizingPlan, row: int, legs: FloatArray) -> FloatArray:
    """How far the sides of each package (S, N) are apart at the prices of `row`, (S,); zero for an outright one."""
    found = np.zeros(len(plan.terms))
    at = slice(row, row + 1)
    quotes = plan.quotes.at(at)
    for place in np.flatnonzero((legs != 0).any(axis=1)).tolist():
        own = legs[place : place + 1]
        measure = measure_of(plan.terms[place], own, quotes, plan.matrix[at])
        if measure is not None:
            found[place] = imbalance(own, measure)[0]
    return found
