"""From convictions to risk shares, and from risk shares to signed weights whose risk contributions match them.

A risk share is a part of the book's target risk (8% a year of NAV). Shares follow the size of the conviction; together
they make up the book's strength, below one when views are weak; none passes the limit of its instrument or class.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray, RowIndex
from desk.portfolio.covariance import pull, quadratic_form

_FILL_ROUNDS = 64
_NEWTON_ROUNDS = 200
_TOLERANCE = 1e-10


def strength(conviction: FloatArray, full_conviction: float) -> FloatArray:
    """How much of its risk the book takes, 0 to 1: the mean |conviction|, weighted by itself, over `full_conviction`.

    Conviction (R, N), zero for no view. Halving every view halves the book (below full strength).
    """
    size = np.abs(conviction)
    total = size.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(total > 0, (size**2).sum(axis=1) / total, 0.0)
    return np.minimum(1.0, mean / full_conviction)


def risk_shares(
    conviction: FloatArray, total: FloatArray, classes: RowIndex, single_cap: float, class_cap: float
) -> FloatArray:
    """Shares (R, N) >= 0 proportional to |conviction|, adding up to `total` (R,) where the caps leave room.

    What a cap cuts off goes to the instruments that still have room, in proportion; when none has, the book is smaller.
    """
    size = np.where(np.abs(conviction) > _TOLERANCE, np.abs(conviction), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        budget = np.where(size.sum(axis=1, keepdims=True) > 0, size / size.sum(axis=1, keepdims=True), 0.0)
    shares = budget * total[:, None]
    for _ in range(_FILL_ROUNDS):
        shares = _capped(shares, classes, single_cap, class_cap)
        room = (shares < single_cap - _TOLERANCE) & (class_totals(shares, classes)[:, classes] < class_cap - _TOLERANCE)
        open_budget = np.where(room, budget, 0.0)
        missing = total - shares.sum(axis=1)
        weight = open_budget.sum(axis=1)
        short = (missing > _TOLERANCE) & (weight > 0)
        if not short.any():
            break
        step = np.where(short, missing / np.where(short, weight, 1.0), 0.0)
        shares = shares + step[:, None] * open_budget
    return _capped(shares, classes, single_cap, class_cap)


def class_totals(lines: FloatArray, classes: RowIndex) -> FloatArray:
    """Sums of lines (R, N) by class (R, C).

    Added up column by column: a matrix product rounds a row by how many rows stand beside it, and a day's numbers must
    not change when days are added.
    """
    totals = np.zeros((len(lines), int(classes.max()) + 1))
    for column, index in enumerate(classes):
        totals[:, index] += lines[:, column]
    return totals


def _capped(shares: FloatArray, classes: RowIndex, single_cap: float, class_cap: float) -> FloatArray:
    shares = np.minimum(shares, single_cap)
    totals = class_totals(shares, classes)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(totals > class_cap, class_cap / totals, 1.0)
    return np.asarray(shares * factor[:, classes])


def solve_risk_parity(covariance: FloatArray, budgets: FloatArray, signs: FloatArray) -> FloatArray:
    """Signed weights (R, N), of variance one a row, whose risk contributions are proportional to `budgets` (R, N).

    w_i (C w)_i = b_i w'Cw with sign(w_i) given: the minimum of 0.5 y'Dy - sum b_i ln y_i over y = |w| > 0 with
    D = signs x C x signs, found by damped Newton steps (Spinu, "An algorithm for computing risk parity weights", 2013).
    A budget of zero gives a weight of zero. Raises ArithmeticError when a row does not converge.
    """
    total = budgets.sum(axis=1, keepdims=True)
    active = budgets > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        target = np.where(active, budgets / total, 1.0)
    scale = np.sqrt(np.where(active, np.einsum("rnn->rn", covariance), 1.0))
    if not (scale > 0).all():
        raise ArithmeticError("risk parity: an instrument with a budget has no variance")
    both = active[:, :, None] & active[:, None, :]
    signed = covariance * signs[:, :, None] * signs[:, None, :] / (scale[:, :, None] * scale[:, None, :])
    matrix = np.where(both, signed, np.eye(budgets.shape[1]))
    y = _newton(matrix, target)
    weights = np.where(active, y / scale * signs, 0.0)
    variance = quadratic_form(weights, covariance)
    return np.where(variance[:, None] > 0, weights / np.sqrt(np.where(variance > 0, variance, 1.0))[:, None], 0.0)


def _newton(matrix: FloatArray, target: FloatArray) -> FloatArray:
    """Each row stops at its own convergence, so that its answer does not depend on the rows solved beside it."""
    solution = np.sqrt(target)
    steps = np.arange(target.shape[1])
    rows = np.arange(len(target))
    for _ in range(_NEWTON_ROUNDS):
        y, budget = solution[rows], target[rows]
        hessian = matrix[rows]
        gradient = pull(y, hessian) - budget / y
        hessian[:, steps, steps] += budget / y**2
        move = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        reach = np.abs(move / y).max(axis=1, keepdims=True, initial=0.0)
        solution[rows] = y - np.where(reach > 0.25, 1.0 / (1.0 + reach), 1.0) * move
        rows = rows[reach[:, 0] >= _TOLERANCE]
        if not len(rows):
            return solution
    raise ArithmeticError("risk parity did not converge")
