"""Many small linear regressions at once, one per release: ridge with a weak prior, and Newey-West standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray

MAX_DEVIATIONS = 3.0
"""A forecast uses regressors at most this many standard deviations from their mean: no extrapolation beyond the data.
"""


@dataclass(frozen=True)
class RidgeFit:
    """Results of E regressions with K regressors: (E,) each; `slopes` and their standard `errors` (E, K).

    `forecast`: at the regressors' newest values. `residual_sd`: of the fitted rows. `count`: rows used. NaN where a
    regression has too few rows.
    """

    forecast: FloatArray
    slopes: FloatArray
    errors: FloatArray
    residual_sd: FloatArray
    count: FloatArray


def ridge(x: FloatArray, y: FloatArray, now: FloatArray, *, overlap: int, min_rows: int) -> RidgeFit:
    """Ridge regressions of y (E, n) on x (E, n, K) with a constant, evaluated at `now` (E, K).

    Regressors are standardised. The prior shrinks each slope to zero with the weight of `overlap` rows, which is one
    independent observation when y is a change over `overlap` months (a unit information prior: Kass and Wasserman
    1995). Standard errors are Newey and West's (1987) with overlap - 1 lags. NaN with fewer than `min_rows` complete
    rows, or where y or a regressor is constant.
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
    enough = (count >= min_rows) & moved
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
        point = np.clip((now - centre) / scale, -MAX_DEVIATIONS, MAX_DEVIATIONS)
    forecast = middle + (point * slopes).sum(axis=1)
    blank = ~enough[:, None]
    return RidgeFit(
        np.where(enough, forecast, np.nan),
        np.where(blank, np.nan, slopes / scale),
        np.where(blank, np.nan, errors / scale),
        np.where(enough, spread, np.nan),
        count,
    )
