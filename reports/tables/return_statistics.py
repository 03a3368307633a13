"""Statistics of a daily return series, as tear sheets define them. Returns are fractions; 252 days make a year.

Reference: empyrical-reloaded 0.7 (the numbers behind Quantopian's pyfolio), which the tests hold them against.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.errors import BadInput

YEAR = 252
FEWEST = 20
"""Fewer returns than these say nothing: all statistics are None."""
TAIL = 0.05
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Fractions, but for the ratios, skew, excess kurtosis and counts. None where it cannot be computed.

    `sharpe` and `sortino` take the return over cash where a cash return is given, else over zero (`over_cash` says).
    """

    days: int
    total: float
    cagr: float
    volatility: float
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    skew: float | None
    kurtosis: float | None
    best_day: float
    worst_day: float
    win_rate: float
    profit_factor: float | None
    average_gain: float | None
    average_loss: float | None
    tail_ratio: float | None
    var_95: float
    over_cash: bool


@dataclass(frozen=True, slots=True)
class Fall:
    """One drawdown: from the peak's day through the trough's to the day that is at the peak again (None: not yet).
    `depth` is a positive fraction of the peak; `days` business days from peak to recovery, or to the last day."""

    peak: dt.date
    trough: dt.date
    recovered: dt.date | None
    depth: float
    days: int


def statistics(returns: Sequence[float], cash: Sequence[float] | None = None) -> Statistics | None:
    """None for fewer than FEWEST returns. Raises BadInput for a return that is not finite or a cash series of another
    length."""
    path = np.asarray(returns, dtype=np.float64)
    if len(path) < FEWEST:
        return None
    if not np.isfinite(path).all():
        raise BadInput("a return series with a hole in it has no statistics")
    if cash is not None and len(cash) != len(path):
        raise BadInput(f"{len(path)} returns and {len(cash)} of cash")
    excess = path - np.asarray(cash, dtype=np.float64) if cash is not None else path
    total = float(np.prod(1.0 + path) - 1.0)
    growth = float((1.0 + total) ** (YEAR / len(path)) - 1.0) if total > -1.0 else -1.0
    deepest = float(underwater(path).max())
    gains, losses = path[path > 0], path[path < 0]
    centred = path - path.mean()
    spread = float(centred.std())
    low, high = np.percentile(path, [100 * TAIL, 100 * (1 - TAIL)])
    return Statistics(
        days=len(path),
        total=total,
        cagr=growth,
        volatility=volatility(path),
        sharpe=sharpe(excess),
        sortino=sortino(excess),
        calmar=growth / deepest if deepest > 0 else None,
        max_drawdown=deepest,
        skew=float((centred**3).mean() / spread**3) if spread > 0 else None,
        kurtosis=float((centred**4).mean() / spread**4 - 3.0) if spread > 0 else None,
        best_day=float(path.max()),
        worst_day=float(path.min()),
        win_rate=len(gains) / moved if (moved := len(gains) + len(losses)) else 0.0,
        profit_factor=float(gains.sum() / -losses.sum()) if len(losses) else None,
        average_gain=float(gains.mean()) if len(gains) else None,
        average_loss=float(losses.mean()) if len(losses) else None,
        tail_ratio=float(high / abs(low)) if low else None,
        var_95=float(-low),
        over_cash=cash is not None,
    )


def volatility(path: FloatArray) -> float:
    """Annualised standard deviation (n - 1)."""
    return float(path.std(ddof=1) * math.sqrt(YEAR))


def sharpe(excess: FloatArray) -> float | None:
    """Annualised mean over standard deviation; None where nothing varies."""
    spread = float(excess.std(ddof=1)) if len(excess) > 1 else 0.0
    return float(excess.mean() / spread * math.sqrt(YEAR)) if spread > 1e-15 else None


def sortino(excess: FloatArray) -> float | None:
    """Annualised mean over the root mean square of the days below zero, taken over all days."""
    below = float(np.sqrt((np.minimum(excess, 0.0) ** 2).mean()))
    return float(excess.mean() * YEAR / (below * math.sqrt(YEAR))) if below > 0 else None


def underwater(path: FloatArray) -> FloatArray:
    """Distance below the running peak of the compounded path, which starts at one; positive fractions."""
    level = np.concatenate([[1.0], np.cumprod(1.0 + path)])
    fall: FloatArray = (1.0 - level / np.maximum.accumulate(level))[1:]
    return fall


def rolling(path: FloatArray, window: int) -> tuple[FloatArray, FloatArray]:
    """(Sharpe, volatility) over the last `window` returns at each place, NaN before the window is full."""
    ratio, spread = np.full(len(path), np.nan), np.full(len(path), np.nan)
    if len(path) < window:
        return ratio, spread
    parts = np.lib.stride_tricks.sliding_window_view(path, window)
    deviation = parts.std(axis=1, ddof=1)
    spread[window - 1 :] = deviation * math.sqrt(YEAR)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio[window - 1 :] = np.where(deviation > 1e-15, parts.mean(axis=1) / deviation * math.sqrt(YEAR), np.nan)
    return ratio, spread


def falls(days: Sequence[dt.date], nav: Sequence[float], most: int = 5) -> list[Fall]:
    """The deepest drawdowns of a path of NAV, deepest first."""
    found: list[Fall] = []
    peak = trough = 0
    for place in range(1, len(nav) + 1):
        back = place < len(nav) and nav[place] >= nav[peak]
        if (back or place == len(nav)) and trough > peak:
            end = place if back else len(nav) - 1
            depth = 1.0 - nav[trough] / nav[peak]
            found.append(Fall(days[peak], days[trough], days[place] if back else None, depth, end - peak))
        if back:
            peak = trough = place
        elif place < len(nav) and nav[place] < nav[trough]:
            trough = place
    return sorted(found, key=lambda fall: (-fall.depth, fall.peak))[:most]
