"""Covariance of one contract's daily P&L: exponentially weighted, correlations shrunk to the identity.

Shrinkage: Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
Multivariate Analysis 88 (2004), with observation weights in place of 1/T and on standardised P&L, so that an instrument
measured in large numbers does not decide the intensity. Means are taken as zero (one day's drift is small beside its
deviation). Unknown observations are left out of an instrument's variance and count as uncorrelated in its correlations,
which keeps the matrix positive semi-definite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray


@dataclass(frozen=True)
class Covariance:
    """`volatility` (R, N), BRL a day per contract, NaN where too little is known; `matrix` (R, N, N) with zeros there;
    `intensity` (R,) of the shrinkage, 0 to 1."""

    volatility: FloatArray
    matrix: FloatArray
    intensity: FloatArray


def ewma_weights(window: int, half_life: float) -> FloatArray:
    """Weights (window,), oldest first, adding up to one; a row `half_life` older weighs half."""
    weights = 0.5 ** (np.arange(window)[::-1] / half_life)
    return np.asarray(weights / weights.sum())


def shrunk_covariance(pnl: FloatArray, weights: FloatArray, min_rows: int) -> Covariance:
    """Of daily P&L (R, S, N), oldest first, weighted by (S,). Needs `min_rows` known rows per instrument."""
    known = np.isfinite(pnl)
    filled = np.where(known, pnl, 0.0)
    mass = _weighted_mean(known.astype(np.float64), weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        volatility = np.sqrt(_weighted_mean(filled**2, weights) / mass)
        usable = (known.sum(axis=1) >= min_rows) & (volatility > 0)
        standard = np.where(usable[:, None, :], filled / (volatility * np.sqrt(mass))[:, None, :], 0.0)
    correlation, intensity = shrunk_correlation(standard, weights)
    volatility = np.where(usable, volatility, np.nan)
    scale = np.where(usable, volatility, 0.0)
    return Covariance(volatility, correlation * scale[:, :, None] * scale[:, None, :], intensity)


def pull(lines: FloatArray, matrix: FloatArray) -> FloatArray:
    """Each row's matrix (R, N, N) times its lines (R, N): (R, N)."""
    return np.asarray((matrix @ np.ascontiguousarray(lines)[:, :, None])[:, :, 0])


def quadratic_form(lines: FloatArray, matrix: FloatArray) -> FloatArray:
    """The variance (R,) of a book: lines' x matrix x lines of each row, of (R, N) and (R, N, N)."""
    return np.asarray((np.ascontiguousarray(lines) * pull(lines, matrix)).sum(axis=1))


def _weighted_mean(rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Over the middle axis of (R, S, N): (R, N). One product a row, all of one shape, so that a row's rounding does not
    depend on how many rows stand beside it: a day's numbers must not change when days are added."""
    return np.asarray((weights[None, None, :] @ np.ascontiguousarray(rows))[:, 0, :])


def shrunk_correlation(standard: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Correlations (R, N, N) of standardised rows (R, S, N) moved to the identity by the intensity (R,) that they earn.

    Intensity = min(1, b^2 / d^2): d^2 the squared distance of the sample to the identity, b^2 the sample's own error,
    the weighted sum of squared distances of each day's outer product to the sample.
    """
    weighted = np.ascontiguousarray(standard * np.sqrt(weights)[:, None])
    sample = np.swapaxes(weighted, 1, 2) @ weighted
    identity = np.eye(standard.shape[-1])
    diagonal = np.einsum("rnn->rn", sample)
    diagonal[diagonal == 0.0] = 1.0  # an instrument without history is its own
    distance = ((sample - identity) ** 2).sum(axis=(1, 2))
    quartic = (standard**2).sum(axis=2) ** 2
    cross = ((standard @ sample) * standard).sum(axis=2)
    squares = quartic - 2.0 * cross + (sample**2).sum(axis=(1, 2))[:, None]
    error = (squares * weights**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        intensity = np.where(distance > 0, np.minimum(error / distance, 1.0), 1.0)
    shrunk = sample + intensity[:, None, None] * (identity - sample)
    return shrunk, intensity
