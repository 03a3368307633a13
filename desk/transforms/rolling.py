"""Trailing windows over a panel's days: (T,) in, (T,) out, NaN for unknown.

Each window is summed anew, not updated from the previous one. A value therefore depends on its window alone and not on
where the panel starts: the daily run and a longer history pass give the same bits.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.units import DAYS_PER_YEAR

MINIMUM_SHARE = 0.5
"""A statistic is NaN where less than this share of its window is known."""


def lagged(values: FloatArray, days: int) -> FloatArray:
    """`values` of `days` decision days before, NaN at the start. Shape: (T,)."""
    result = np.full_like(values, np.nan)
    if days < len(values):
        result[days:] = values[: len(values) - days]
    return result


def change(values: FloatArray, days: int = 1) -> FloatArray:
    """Difference x - x[-days], in the unit of the values."""
    return values - lagged(values, days)


def log_return(values: FloatArray, days: int = 1) -> FloatArray:
    """ln(x / x[-days]); NaN where either is unknown or not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.log(values / lagged(values, days))
    return np.where(np.isfinite(result), result, np.nan)


def mean(values: FloatArray, window: int) -> FloatArray:
    """Trailing mean of the known values."""
    _, average, _ = _moments(values, window)
    return average


def deviation(values: FloatArray, window: int) -> FloatArray:
    """Trailing sample standard deviation of the known values."""
    _, _, spread = _moments(values, window)
    return spread


def zscore(values: FloatArray, window: int) -> FloatArray:
    """(x - trailing mean) / trailing standard deviation, today included; NaN where the window is constant."""
    _, average, spread = _moments(values, window)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 1e-12, (values - average) / spread, np.nan)


def volatility(returns: FloatArray, window: int) -> FloatArray:
    """Annualised standard deviation of daily returns or changes: sd * sqrt(252)."""
    return np.asarray(deviation(returns, window) * np.sqrt(DAYS_PER_YEAR))


def correlation(first: FloatArray, second: FloatArray, window: int) -> FloatArray:
    """Trailing correlation over the days on which both are known."""
    both = np.isfinite(first) & np.isfinite(second)
    x, y = np.where(both, first, np.nan), np.where(both, second, np.nan)
    _, mean_x, sd_x = _moments(x, window)
    count, mean_y, sd_y = _moments(y, window)
    cross = _sums(np.where(both, x * y, 0.0), window)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = (cross - count * mean_x * mean_y) / (count - 1)
        return np.where((sd_x > 0) & (sd_y > 0), covariance / (sd_x * sd_y), np.nan)


def slope(y: FloatArray, x: FloatArray, window: int) -> FloatArray:
    """Trailing least-squares slope of y on x over the days on which both are known; NaN where x is constant."""
    both = np.isfinite(y) & np.isfinite(x)
    _, _, sd_x = _moments(np.where(both, x, np.nan), window)
    _, _, sd_y = _moments(np.where(both, y, np.nan), window)
    with np.errstate(divide="ignore", invalid="ignore"):
        steep = correlation(y, x, window) * sd_y / sd_x
    return np.where(np.isfinite(steep), steep, np.nan)


def _moments(values: FloatArray, window: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count of known values, mean and sample deviation of each trailing window; NaN below MINIMUM_SHARE."""
    known = np.isfinite(values)
    trailing = _trailing(np.where(known, values, 0.0), window)
    present = _trailing(known.astype(np.float64), window)
    count = present.sum(axis=1)
    enough = count >= max(2, int(np.ceil(window * MINIMUM_SHARE)))
    with np.errstate(divide="ignore", invalid="ignore"):
        average = trailing.sum(axis=1) / count
        centred = (trailing - average[:, None]) * present
        spread = np.sqrt(np.einsum("ij,ij->i", centred, centred) / (count - 1))
    return count, np.where(enough, average, np.nan), np.where(enough, spread, np.nan)


def _sums(values: FloatArray, window: int) -> FloatArray:
    return np.asarray(_trailing(values, window).sum(axis=1))


def _trailing(values: FloatArray, window: int) -> FloatArray:
    """(T, window) view: row t holds the `window` values that end at t, zeros before the start."""
    padded = np.concatenate([np.zeros(window - 1), values])
    return np.lib.stride_tricks.sliding_window_view(padded, window)
