"""Statistics of a daily return series, as tear sheets define them. Returns are fractions; a year has 252 days.

Reference: empyrical-reloaded 0.7, the statistics of Quantopian's pyfolio; the tests compare with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.errors import BadInput
from desk.performance import drawdowns
from desk.units import DAYS_PER_YEAR

MIN_RETURNS = 20
"""Below this number of returns there are no statistics."""
TAIL = 0.05


@dataclass(frozen=True, slots=True)
class Statistics:
    """Fractions, except ratios, skew, excess kurtosis and counts. None where the statistic is not defined.

    `sharpe`, `sortino`, `max_drawdown` and `calmar` are of returns over cash where `over_cash` is true, else of the
    returns themselves; the last two of the wealth in units of cash.
    `max_drawdown`, `var_95` and `average_loss`: the first two are positive losses, the last one is negative.
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


def statistics(returns: Sequence[float], cash: Sequence[float] | None = None) -> Statistics | None:
    """The statistics of `returns` (oldest first); None for fewer than MIN_RETURNS.

    `cash`: the return of cash on the same days. Raises BadInput for a return that is not finite and for a cash series
    of another length.
    """
    path = np.asarray(returns, dtype=np.float64)
    if len(path) < MIN_RETURNS:
        return None
    if not np.isfinite(path).all():
        raise BadInput("a return series with a hole in it has no statistics")
    if cash is not None and len(cash) != len(path):
        raise BadInput(f"{len(path)} returns and {len(cash)} of cash")
    excess = path - np.asarray(cash, dtype=np.float64) if cash is not None else path
    total = float(np.prod(1.0 + path) - 1.0)
    growth = float((1.0 + total) ** (DAYS_PER_YEAR / len(path)) - 1.0) if total > -1.0 else -1.0
    over = (1.0 + path) / (1.0 + np.asarray(cash, dtype=np.float64)) - 1.0 if cash is not None else path
    deepest = float(underwater(over).max())
    gains, losses = path[path > 0], path[path < 0]
    centred = path - path.mean()
    deviation = float(centred.std())
    low, high = np.percentile(path, [100 * TAIL, 100 * (1 - TAIL)])
    return Statistics(
        days=len(path),
        total=total,
        cagr=growth,
        volatility=volatility(path),
        sharpe=sharpe(excess),
        sortino=sortino(excess),
        calmar=float(np.prod(1.0 + over) ** (DAYS_PER_YEAR / len(over)) - 1.0) / deepest if deepest > 1e-15 else None,
        max_drawdown=deepest,
        skew=float((centred**3).mean() / deviation**3) if deviation > 0 else None,
        kurtosis=float((centred**4).mean() / deviation**4 - 3.0) if deviation > 0 else None,
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
    return float(path.std(ddof=1) * math.sqrt(DAYS_PER_YEAR))


def sharpe(excess: FloatArray) -> float | None:
    """Annualised mean over standard deviation; None where the deviation is zero."""
    deviation = float(excess.std(ddof=1)) if len(excess) > 1 else 0.0
    return float(excess.mean() / deviation * math.sqrt(DAYS_PER_YEAR)) if deviation > 1e-15 else None


def sortino(excess: FloatArray) -> float | None:
    """Annualised mean over downside deviation: root mean square of min(excess, 0) over all days. None where it is 0."""
    below = float(np.sqrt((np.minimum(excess, 0.0) ** 2).mean()))
    return float(excess.mean() * DAYS_PER_YEAR / (below * math.sqrt(DAYS_PER_YEAR))) if below > 0 else None


def underwater(path: FloatArray) -> FloatArray:
    """Drawdown at each return: 1 - level / running peak of the compounded path, which starts at one; not negative."""
    return drawdowns.underwater(np.concatenate([[1.0], np.cumprod(1.0 + path)]))[1:]


def rolling(path: FloatArray, window: int) -> tuple[FloatArray, FloatArray]:
    """(Sharpe, volatility) of the last `window` returns at each place; NaN before the first full window."""
    ratio, volatilities = np.full(len(path), np.nan), np.full(len(path), np.nan)
    if len(path) < window:
        return ratio, volatilities
    parts = np.lib.stride_tricks.sliding_window_view(path, window)
    deviation = parts.std(axis=1, ddof=1)
    volatilities[window - 1 :] = deviation * math.sqrt(DAYS_PER_YEAR)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio[window - 1 :] = np.where(
            deviation > 1e-15, parts.mean(axis=1) / deviation * math.sqrt(DAYS_PER_YEAR), np.nan
        )
    return ratio, volatilities
