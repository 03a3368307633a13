"""Which packages go to their desired legs today, whole, and which stay as they are.

Always traded: one whose contract rolls, that changes side, whose view ended, whose sides have drifted apart by half of
what is tolerated, and one on a line whose lots are not what its packages add up to (an order that did not fill). The
others are traded where being nearer to the desired risk is worth the ticks and fees of all their legs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.packages import NEUTRALITY_TOLERANCE, imbalance, measure_of
from desk.portfolio.pricing import Quotes
from desk.portfolio.size import worth_trading
from desk.portfolio.sizing_plan import SizingPlan


@dataclass(frozen=True)
class LineStates:
    """Lines (N,) of a day: `tradable` has its prices, `leaves` is held in another contract than the day's, `stray`
    holds other lots than its packages add up to, `gone` has no contract any more."""

    tradable: BoolArray
    leaves: BoolArray
    stray: BoolArray
    gone: BoolArray


def desired_legs(
    plan: SizingPlan, row: int, held: FloatArray, lines: LineStates, believed: BoolArray, nav: float
) -> FloatArray:
    """The legs (S, N) that every package would go to at `nav` BRL: its plan, or what it holds (S, N) where it cannot
    trade whole: a leg has no price or an old one, the package cannot be formed, or its strategy is not `believed` (S,).
    One whose contract is gone is closed."""
    planned = plan.packages[row] * nav
    unformed = np.isnan(planned).any(axis=1)
    ended = ((held != 0) & lines.gone).any(axis=1)
    desired = np.where((unformed & ended)[:, None], 0.0, planned)
    blocked = ~lines.tradable & ~lines.gone
    waits = np.isnan(desired).any(axis=1) | (((held != 0) | (desired != 0)) & blocked).any(axis=1)
    return np.where((waits | ~believed)[:, None], held, desired)


def packages_worth_trading(
    plan: SizingPlan,
    row: int,
    held: FloatArray,
    desired: FloatArray,
    lines: LineStates,
    nav: float,
    parameters: DeskParameters,
) -> FloatArray:
    """The legs (S, N) after the decision: of each package either `desired` or `held`."""
    change = desired - held
    moves = (change != 0).any(axis=1)
    touched = (held != 0) | (desired != 0)
    mandatory = moves & (
        (touched & (lines.leaves | lines.stray)).any(axis=1)
        | (held * desired < 0).any(axis=1)
        | ((held != 0) != (desired != 0)).any(axis=1) & (held != 0).any(axis=1)
        | (drift(plan, row, held) > NEUTRALITY_TOLERANCE / 2.0)
    )
    chosen = worth_trading(
        moves.astype(np.float64),
        mandatory,
        change @ plan.matrix[row] @ change.T,
        (np.abs(change) * np.nan_to_num(plan.unit_cost[row])).sum(axis=1),
        nav,
        float(plan.aversion[row]),
        parameters.portfolio.holding_days,
    )
    return np.where(chosen[:, None], desired, held)


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
    quotes = Quotes(*(getattr(plan.quotes, name)[at] for name in ("value", "rate", "dv01", "price", "exposure")))
    for place in np.flatnonzero((legs != 0).any(axis=1)).tolist():
        own = legs[place : place + 1]
        measure = measure_of(plan.terms[place], own, quotes, plan.matrix[at])
        if measure is not None:
            found[place] = imbalance(own, measure)[0]
    return found
