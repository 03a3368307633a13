"""The strategies as one book in other ways than the desk's, for comparison: equal weights, and weights by evidence.

Both are of the strategies' records by themselves, after their own costs: no netting, no lots, no limits. A strategy
without a position counts as cash. Fixed before they were run on any history:

equal     the mean of all strategies, whoever speaks (DeMiguel, Garlappi and Uppal 2009).
evidence  each January anew, by what was known then: a Sharpe ratio's prior is PRIOR_SHARPE give or take as much (half
          of what such rules showed before they were published: McLean and Pontiff, Journal of Finance 71, 2016, find
          58% less after), its estimate has the standard error 1 / sqrt(years) (Lo 2002). Weights follow the posterior
          mean, at least FLOOR of the prior's, so that none is shut out by a bad decade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.units import DAYS_PER_YEAR

PRIOR_SHARPE = 0.25
FLOOR = 0.25


@dataclass(frozen=True, slots=True)
class MixStatistics:
    """A year: return over CDI (added up, not compounded), volatility, Sharpe ratio; and the worst fall."""

    excess: float
    volatility: float
    sharpe: float | None
    worst_drawdown: float


def equal_weights(returns: FloatArray) -> FloatArray:
    """Daily returns (T,) of the mean of all strategies (T, S)."""
    return np.asarray(np.nan_to_num(returns).mean(axis=1))


def evidence_weights(days: Days, returns: FloatArray) -> FloatArray:
    """Daily returns (T,) of the strategies by what their records before each year say."""
    years = days.astype("datetime64[Y]").astype(np.int64)
    held = np.nan_to_num(returns)
    found = np.zeros(len(days))
    for year in np.unique(years):
        weights = posterior_weights(returns[years < year])
        found[years == year] = held[years == year] @ weights
    return found


def posterior_weights(returns: FloatArray) -> FloatArray:
    """Weights (S,), which add up to one, by the records (T, S); equal without any."""
    known = np.isfinite(returns)
    count = known.sum(axis=0)
    clean = np.where(known, returns, 0.0)
    mean = clean.sum(axis=0) / np.maximum(count, 1)
    variance = np.where(known, (clean - mean) ** 2, 0.0).sum(axis=0) / np.maximum(count - 1, 1)
    measured = (count > 1) & (variance > 0)
    sharpe = np.where(measured, mean / np.sqrt(np.where(measured, variance, 1.0)) * DAYS_PER_YEAR**0.5, 0.0)
    precision = np.where(measured, count / DAYS_PER_YEAR, 0.0)
    prior = PRIOR_SHARPE**-2
    posterior = (prior * PRIOR_SHARPE + precision * sharpe) / (prior + precision)
    size = np.maximum(posterior, FLOOR * PRIOR_SHARPE)
    return np.asarray(size / size.sum())


def mix_statistics(returns: FloatArray) -> MixStatistics:
    """Of daily returns over CDI (T,)."""
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    path = np.concatenate([[0.0], np.cumsum(returns)])
    return MixStatistics(
        excess=float(returns.mean() * DAYS_PER_YEAR),
        volatility=deviation * DAYS_PER_YEAR**0.5,
        sharpe=float(returns.mean()) / deviation * DAYS_PER_YEAR**0.5 if deviation > 0 else None,
        worst_drawdown=float((np.maximum.accumulate(path) - path).max()),
    )
