"""What a book can be optimised on, and the stated fallback where it cannot.

Two things have no best book. A line whose price does not move (frozen: a stale quote, a limit day) would take any size
for its share of risk: it is dropped. Lines of which some combination has no risk at all (correlation 1 with opposite
views, or -1/(N-1) among N with like ones) would be held without bound: there the covariance is replaced by its prior,
the diagonal, which is the target that Ledoit and Wolf's shrinkage moves it to. Both are stored with the book's state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import BoolArray, FloatArray
from desk.errors import BadInput

FROZEN_BRL = 1e-6
"""A contract whose daily standard deviation is this or less is frozen: a ten-thousandth of a cent."""
SMALLEST_EIGENVALUE = 1e-8
"""Of the correlation of the lines with a view: below it a combination of them has the risk of rounding alone."""
INDEPENDENT = "independent lines"


@dataclass(frozen=True)
class Usable:
    """`view` (R, N) with frozen lines at zero, `dropped` (R, N) those that had a view; `matrix` (R, N, N) as given, or
    its diagonal on the rows (R,) that are `independent`."""

    view: FloatArray
    dropped: BoolArray
    matrix: FloatArray
    independent: BoolArray


def usable_lines(view: FloatArray, volatility: FloatArray, matrix: FloatArray) -> Usable:
    """Of convictions (R, N), volatilities (R, N) in BRL a day (NaN where unknown) and their covariance (R, N, N).

    Raises BadInput for a covariance that holds a number that is not finite.
    """
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=(1, 2)))[0])
        raise BadInput(f"the covariance of row {row} holds a number that is not finite")
    moves = np.isfinite(volatility) & (volatility > FROZEN_BRL)
    kept = np.where(moves, view, 0.0)
    active = kept != 0.0
    both = active[:, :, None] & active[:, None, :]
    unit = np.where(active, volatility, 1.0)
    correlation = np.where(both, matrix / (unit[:, :, None] * unit[:, None, :]), np.eye(view.shape[1]))
    singular = np.linalg.eigvalsh(correlation)[:, 0] < SMALLEST_EIGENVALUE
    diagonal = matrix * np.eye(view.shape[1])
    return Usable(kept, (view != 0.0) & ~moves, np.where(singular[:, None, None], diagonal, matrix), singular)


def sizing_names(method: str, usable: Usable, ids: Sequence[str]) -> list[str]:
    """By row: the method, or the fallback in its place, and the lines that were dropped."""
    names = []
    for independent, dropped in zip(usable.independent, usable.dropped, strict=True):
        lines = [name for name, gone in zip(ids, dropped, strict=True) if gone]
        names.append((INDEPENDENT if independent else method) + (f", without {' '.join(lines)}" if lines else ""))
    return names
