"""Lots, how much of a change is worth its cost, and whether a book in contracts is inside the limits."""

from __future__ import annotations

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import BadInput
from desk.portfolio.package_limits import class_index
from desk.portfolio.sizing_plan import SizingPlan
from desk.units import DAYS_PER_YEAR

_SWEEPS, _SETTLED = 50, 1e-4
"""A ten-thousandth of a change is less than a lot."""


def round_to_lots(contracts: FloatArray, lots: IntArray) -> IntArray:
    """Nearest whole number of lots, halves away from zero. Raises BadInput for contracts that are not a number, and for
    a lot below one."""
    if not np.isfinite(contracts).all():
        at = int(np.flatnonzero(~np.isfinite(np.atleast_1d(contracts)))[0])
        raise BadInput(f"lots: the desired contracts of line {at} are {np.atleast_1d(contracts)[at]}")
    if (np.asarray(lots) < 1).any():
        raise BadInput("lots: a lot is at least one contract")
    whole = np.floor(np.abs(contracts) / lots + 0.5) * lots
    return np.asarray(np.sign(contracts) * whole, dtype=np.int64)


def no_trade_width(cost: FloatArray, aim_variance: FloatArray, aversion: float, nav: float) -> FloatArray:
    """How far from its aim each of N packages is left alone, as a daily standard deviation in BRL (N,).

    `cost` (N,): BRL to trade one BRL of daily risk of it. `aim_variance` (N,): of the daily move of its aim, BRL^2.
    Being off by d costs 0.5 x aversion x d^2 / NAV a day; a mean-variance book with Sharpe ratio S at volatility v a
    year has aversion S / v (where limits keep the book smaller than its views would make it, v is that smaller one).
    An aim that wanders comes back by itself in part, so the best is to wait until it is (3 cost aim_variance NAV /
    (2 aversion))^(1/3) away, and then to trade to that distance and no further. Sources: Rogers, "Why is the effect of
    proportional transaction costs O(delta^(2/3))?" (2004); Martin, "Optimal trading under proportional transaction
    costs", Risk (2014).

    Raises BadInput for a NAV that is not a positive number: without one no order is worth anything.
    """
    if not (np.isfinite(nav) and nav > 0):
        raise BadInput(f"orders cannot be weighed at a NAV of {nav}")
    return np.asarray(np.cbrt(1.5 * cost * aim_variance * nav / aversion))


def shares_worth_trading(
    matrix: FloatArray, mandatory: BoolArray, cost: FloatArray, nav: float, aversion: float, days: FloatArray
) -> FloatArray:
    """Which share (N,) of each of N changes to make: all of the `mandatory` ones, of the others so much that the next
    bit of it is worth its `cost` (BRL of all of it). `matrix` (N, N): covariance of the changes, BRL a day.

    A mean-variance book with Sharpe ratio S at volatility v a year has risk aversion S / v (where limits keep the book
    smaller than its views would make it, v is that smaller volatility). Being off the desired size by a daily risk of d
    BRL costs it 0.5 x aversion x d^2 / NAV a day, for as long as that lasts: `days` (N,) of each, the geometric
    mean of both for what two have in common. With r the shares left undone, r' G r + (1 - r)' cost is convex, so that
    its minimum is the only one; it is found one change at a time, in turn, from all of them made.

    Raises BadInput for a NAV that is not a positive number: without one no order is worth anything.
    """
    if not (np.isfinite(nav) and nav > 0):
        raise BadInput(f"orders cannot be weighed at a NAV of {nav}")
    lasts = np.sqrt(days)
    loss = 0.5 * aversion / nav * matrix * lasts[:, None] * lasts[None, :]
    own, undone = np.diagonal(loss), np.zeros(len(cost))
    free = np.flatnonzero(~mandatory).tolist()
    for _ in range(_SWEEPS):
        largest = 0.0
        for one in free:
            pulled = float(loss[one] @ undone) - own[one] * undone[one]
            left = 0.5 * cost[one] - pulled
            rest = min(max(left / own[one], 0.0), 1.0) if own[one] > 0 else float(left > 0)
            largest, undone[one] = max(largest, abs(rest - undone[one])), rest
        if largest < _SETTLED:
            break
    return np.where(undone > 1.0 - _SETTLED, 0.0, 1.0 - undone)


def limit_uses(contracts: IntArray, plan: SizingPlan, row: int, nav: float, parameters: DeskParameters) -> FloatArray:
    """What each line (N,) of `contracts` (N,) uses of the limits on sizes (limits.toml) on a row: the largest of its
    own and its class's share of risk, its share of the open interest and its days to liquidate, or of what the whole
    book uses of a limit: gross leverage, gross face, the loss in the worst scenario, the margin after it. 1.0 is at the
    limit, more passes it."""
    limits, rules, uses = parameters.limits, parameters.portfolio, plan.uses
    budget = rules.target_volatility / np.sqrt(DAYS_PER_YEAR) * nav
    parts = risk_contributions(contracts, uses.matrix[row]) / budget
    names, classes = class_index(parameters)
    by_class = np.bincount(classes, weights=parts, minlength=len(names))
    own = np.abs(parts) / limits.threshold("instrument_risk_share")
    of_class = np.abs(by_class)[classes] / limits.threshold("class_risk_share")

    def gross(unit: FloatArray) -> float:
        return float(np.abs(contracts * np.nan_to_num(unit)).sum()) / nav

    worst = max(float((uses.losses[row] @ contracts).max(initial=0.0)) / nav, 0.0)
    book = max(
        gross(uses.exposure[row]) / limits.threshold("gross_leverage"),
        gross(uses.face[row]) / limits.threshold("gross_face"),
        worst / limits.threshold("worst_scenario"),
        (gross(uses.margin[row]) + worst) / limits.threshold("stressed_margin"),
    )
    own = np.maximum(own, (np.abs(contracts) / uses.most[row]).max(axis=0))
    return np.asarray(np.maximum(np.maximum(own, of_class), book))


def risk_contributions(contracts: IntArray | FloatArray, matrix: FloatArray) -> FloatArray:
    """Each line's part (N,) of the book's daily standard deviation in BRL; they add up to it."""
    exposure = matrix @ contracts.astype(np.float64)
    deviation = float(np.sqrt(contracts @ exposure))
    return np.asarray(contracts * exposure / deviation) if deviation > 0 else np.zeros(len(contracts))
