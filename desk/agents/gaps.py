"""Gaps from a one-sided trend: a log level less the end point of its Hodrick-Prescott trend over five years."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from desk.arrays import FloatArray

GAP_MONTHS = 60
"""With SMOOTHNESS, months more than four years back hardly change the end of the trend."""
SMOOTHNESS = 14400.0
"""The usual penalty (lambda) for monthly data."""


@lru_cache(maxsize=2)
def _end_weights(months: int, smoothness: float) -> FloatArray:
    """Weights (months,) of a series in the last value of its trend; they add up to one."""
    second = np.diff(np.eye(months), n=2, axis=0)
    return np.asarray(np.linalg.inv(np.eye(months) + smoothness * second.T @ second)[-1])


def hp_gap(log_level: FloatArray) -> FloatArray:
    """Log level less the end of its trend as of each month, a fraction; NaN without five complete years. Shape: (E, N).

    Source: Hodrick and Prescott (1997); the one-sided use is Stock and Watson's (1999).
    """
    result = np.full(log_level.shape, np.nan)
    if log_level.shape[-1] < GAP_MONTHS:
        return result
    window = np.lib.stride_tricks.sliding_window_view(log_level, GAP_MONTHS, axis=-1)
    trend = window @ _end_weights(GAP_MONTHS, SMOOTHNESS)
    result[..., GAP_MONTHS - 1 :] = log_level[..., GAP_MONTHS - 1 :] - trend
    return result


def log_or_nan(values: FloatArray) -> FloatArray:
    """Natural logarithm, NaN where unknown or not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(values)
    return np.where(np.isfinite(logs), logs, np.nan)
