"""Falls of a level from its highest so far: at each day, and the deepest ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One drawdown of a path: NAV, or NAV over cash.

    `recovered` is the first day back at the peak, None while there is none. `depth` is a positive fraction of the
    peak. `days` counts business days from the peak to the recovery, or to the last day.
    """

    peak: dt.date
    trough: dt.date
    recovered: dt.date | None
    depth: float
    days: int


def underwater(level: FloatArray) -> FloatArray:
    """Fraction below the highest so far (T,), zero at a new high."""
    return np.asarray(1.0 - level / np.maximum.accumulate(level))


def worst_drawdowns(days: Sequence[dt.date], level: FloatArray, count: int) -> list[Drawdown]:
    """The `count` deepest drawdowns of a path (T,), deepest first; they do not overlap, and one still open counts."""
    found: list[Drawdown] = []
    peak = trough = 0
    for row in range(1, len(level) + 1):
        recovered = row < len(level) and level[row] >= level[peak]
        if (recovered or row == len(level)) and trough > peak:
            end = row if recovered else len(level) - 1
            depth = float(1.0 - level[trough] / level[peak])
            found.append(Drawdown(days[peak], days[trough], days[row] if recovered else None, depth, end - peak))
        if recovered:
            peak = trough = row
        elif row < len(level) and level[row] < level[trough]:
            trough = row
    return sorted(found, key=lambda item: (-item.depth, item.peak))[:count]
