"""The drawdown of a book: of its NAV over cash, from a peak that ages (`desk.portfolio.breaker` gives the sources)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from desk.arrays import FloatArray


def aged_peak(excess: FloatArray, peak_days: int) -> FloatArray:
    """The highest of the last `peak_days` rows of `excess` (R,), today's included: (R,)."""
    padded = np.concatenate([np.full(peak_days - 1, -np.inf), excess])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, peak_days).max(axis=1))


def drawdown(
    nav: FloatArray, benchmark: FloatArray, peak_days: int, earlier_excess: Sequence[float] = ()
) -> tuple[FloatArray, FloatArray]:
    """(peak in BRL of today, drawdown), (R,) each: what the NAV would be, had the money been in cash since the highest
    NAV over `benchmark` of the last `peak_days` rows, and the positive fraction of it that the NAV lies below.

    `earlier_excess`: NAV over its benchmark on the rows before the first, oldest first.
    """
    excess = nav / benchmark
    highest = aged_peak(np.concatenate([np.asarray(earlier_excess, dtype=np.float64), excess]), peak_days)
    highest = highest[len(earlier_excess) :]
    return highest * benchmark, 1.0 - excess / highest
