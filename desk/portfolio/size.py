"""Lots, whether an order is worth its cost, and what a book in contracts uses of the limits."""

from __future__ import annotations

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import BadInput
from desk.portfolio.package_limits import class_index
from desk.portfolio.sizing_plan import SizingPlan
from desk.units import DAYS_PER_YEAR


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


def worth_trading(
    change: FloatArray,
    mandatory: BoolArray,
    matrix: FloatArray,
    cost: FloatArray,
    nav: float,
    aversion: float,
    holding_days: int,
) -> BoolArray:
    """Which of N things to trade by their `change` to the desired size: the `mandatory` ones, and those that repay
    their `cost` (BRL of each one's orders). The book trades packages: a change of one each, in a `matrix` of those.

    A mean-variance book with Sharpe ratio S at volatility v a year has risk aversion S / v (where limits keep the book
    smaller than its views would make it, v is that smaller volatility). Being off the desired size by a daily risk of d
    BRL, d^2 = change' C change with C the `matrix` (N, N) of one unit, costs it 0.5 x aversion x d^2 / NAV a day,
    over the days that a position is held.
    Two searches are made and the better one is kept. Forward selection trades the one that gains most after its cost,
    until none gains: two that have drifted together and hedge each other stay as they are. Backward elimination trades
    all and drops the one that is better left alone, until none is: two that hedge each other are opened together,
    though each of them alone would be a new risk.

    Raises BadInput for a NAV that is not a positive number: without one no order is worth anything.
    """
    if not (np.isfinite(nav) and nav > 0):
        raise BadInput(f"orders cannot be weighed at a NAV of {nav}")
    price = 0.5 * aversion / nav * holding_days
    size = np.asarray(change, dtype=np.float64)
    forward = _forward_selection(size, mandatory, matrix, cost, price)
    backward = _backward_elimination(size, mandatory, matrix, cost, price)
    gain_forward, gain_backward = (
        price * _risk_removed(np.where(chosen, size, 0.0), size, matrix) - cost[chosen].sum()
        for chosen in (forward, backward)
    )
    return backward if gain_backward > gain_forward else forward


def _risk_removed(traded: FloatArray, change: FloatArray, matrix: FloatArray) -> float:
    """Squared tracking risk (BRL^2 a day) of the whole `change` (N,) less that of what is left after `traded` (N,)."""
    rest = change - traded
    return float(change @ matrix @ change - rest @ matrix @ rest)


def _forward_selection(
    change: FloatArray, mandatory: BoolArray, matrix: FloatArray, cost: FloatArray, price: float
) -> BoolArray:
    """Lines (N,) added to the mandatory ones while one of them gains; `price` is BRL per unit of squared risk."""
    chosen = mandatory.copy()
    rest = np.where(chosen, 0.0, change)
    variances = np.diagonal(matrix)
    for _ in range(len(change)):
        removed = 2.0 * rest * (matrix @ rest) - variances * rest**2
        gain = np.where(rest != 0, price * removed - cost, -np.inf)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen[best], rest[best] = True, 0.0
    return chosen


def _backward_elimination(
    change: FloatArray, mandatory: BoolArray, matrix: FloatArray, cost: FloatArray, price: float
) -> BoolArray:
    """Lines (N,) that are left of all when those are dropped whose cost is more than the risk that they add."""
    chosen = np.asarray(mandatory | (change != 0), dtype=np.bool_)
    rest = np.zeros_like(change)
    variances = np.diagonal(matrix)
    for _ in range(len(change)):
        added = 2.0 * change * (matrix @ rest) + variances * change**2
        gain = np.where(chosen & ~mandatory & (change != 0), cost - price * added, -np.inf)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen[best], rest[best] = False, change[best]
    return chosen


def limit_use(contracts: IntArray, plan: SizingPlan, row: int, nav: float, parameters: DeskParameters) -> float:
    """The largest use of the limits on risk shares, class shares and gross leverage (limits.toml) by `contracts` (N,)
    on a row: 1.0 is at a limit, more is a breach."""
    limits, rules = parameters.limits, parameters.portfolio
    budget = rules.target_volatility / np.sqrt(DAYS_PER_YEAR) * nav
    parts = risk_contributions(contracts, plan.matrix[row]) / budget
    names, classes = class_index(parameters)
    by_class = np.bincount(classes, weights=parts, minlength=len(names))
    gross = float(np.abs(contracts * np.nan_to_num(plan.quotes.exposure[row])).sum()) / nav
    return max(
        float(np.abs(parts).max()) / limits.threshold("instrument_risk_share"),
        float(np.abs(by_class).max()) / limits.threshold("class_risk_share"),
        gross / limits.threshold("gross_leverage"),
    )


def risk_contributions(contracts: IntArray | FloatArray, matrix: FloatArray) -> FloatArray:
    """Each line's part (N,) of the book's daily standard deviation in BRL; they add up to it."""
    exposure = matrix @ contracts.astype(np.float64)
    deviation = float(np.sqrt(contracts @ exposure))
    return np.asarray(contracts * exposure / deviation) if deviation > 0 else np.zeros(len(contracts))
