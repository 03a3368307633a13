"""Many small linear regressions at once, one per release: ridge with a weak prior, and honest standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray

EXTREME = 3.0
"""Regressors count at most this many standard deviations from their mean: beyond it a line is a guess."""


@dataclass(frozen=True)
class Fit:
    """(E,) each, but `slopes` and `errors` (E, K): per unit of each regressor. NaN where there was too little to fit.

    forecast: at the regressors' newest values. residual_sd: of the fitted rows. count: rows used.
    """

    forecast: FloatArray
    slopes: FloatArray
    errors: FloatArray
    residual_sd: FloatArray
    count: FloatArray


def ridge(x: FloatArray, y: FloatArray, now: FloatArray, *, overlap: int, fewest: int) -> Fit:
    """y (E, n) on x (E, n, K) with a constant, evaluated at `now` (E, K).

    Regressors are standardised; the prior pulls each slope to zero with the weight of `overlap` rows, which is one
    independent observation when y is a change over `overlap` months (a unit information prior). Standard errors are
    Newey-West with overlap - 1 lags. Needs `fewest` complete rows, and every regressor and y to have moved.
    """
    used = np.isfinite(y) & np.isfinite(x).all(axis=2)
    count = used.sum(axis=1).astype(np.float64)
    weight = used[:, :, None].astype(np.float64)
    safe = np.maximum(count, 1.0)
    centre = np.where(used[:, :, None], x, 0.0).sum(axis=1) / safe[:, None]
    deviation = np.where(used[:, :, None], x - centre[:, None, :], 0.0)
    scale = np.sqrt((deviation**2).sum(axis=1) / safe[:, None])
    middle = np.where(used, y, 0.0).sum(axis=1) / safe
    response = np.where(used, y - middle[:, None], 0.0)
    moved = (scale > 1e-10 * np.maximum(np.abs(centre), 1.0)).all(axis=1) & (np.abs(response).max(axis=1) > 1e-12)
    enough = (count >= fewest) & moved
    scale = np.where(scale > 0, scale, 1.0)
    z = deviation / scale[:, None, :] * weight
    gram = np.einsum("eni,enj->eij", z, z)
    penalised = gram + overlap * np.eye(x.shape[2])
    inverse = np.linalg.inv(penalised)
    slopes = np.einsum("eij,ej->ei", inverse, np.einsum("eni,en->ei", z, response))
    residual = np.where(used, response - np.einsum("eni,ei->en", z, slopes), 0.0)
    spread = np.sqrt((residual**2).sum(axis=1) / np.maximum(count - x.shape[2] - 1, 1.0))
    score = z * residual[:, :, None]
    meat = np.einsum("eni,enj->eij", score, score)
    for lag in range(1, overlap):
        cross = np.einsum("eni,enj->eij", score[:, lag:], score[:, :-lag])
        meat += (1.0 - lag / overlap) * (cross + cross.transpose(0, 2, 1))
    errors = np.sqrt(np.maximum(np.einsum("eij,ejk,eki->ei", inverse, meat, inverse), 0.0))
    with np.errstate(invalid="ignore"):
        point = np.clip((now - centre) / scale, -EXTREME, EXTREME)
    forecast = middle + (point * slopes).sum(axis=1)
    blank = ~enough[:, None]
    return Fit(
        np.where(enough, forecast, np.nan),
        np.where(blank, np.nan, slopes / scale),
        np.where(blank, np.nan, errors / scale),
        np.where(enough, spread, np.nan),
        count,
    )
