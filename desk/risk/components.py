"""What each line adds to the book's VaR: individual, marginal, component and incremental,
under a normal with the book's covariance.

Source: Jorion, Value at Risk, chapter 7. Components add up to the book's VaR (Euler's theorem).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.portfolio.covariance import pull


@dataclass(frozen=True)
class Components:
    """`total` (R,) VaR of the book; by line (R, N): `individual` VaR alone, `marginal` change of VaR per unit of
    exposure added, `component` = exposure x marginal, `incremental` VaR of the book less that of the book without the
    line. Positive losses, in the exposure's money."""

    total: FloatArray
    individual: FloatArray
    marginal: FloatArray
    component: FloatArray
    incremental: FloatArray


def component_var(exposure: FloatArray, covariance: FloatArray, quantile: float) -> Components:
    """Of exposures (R, N) with covariance (R, N, N) per unit, at `quantile` standard deviations.

    A book without variance has no marginal VaR (NaN) and components of zero.
    """
    sensitivity = pull(exposure, covariance)
    variance = (exposure * sensitivity).sum(axis=1)[:, None]
    deviation = np.sqrt(variance)
    own = np.einsum("rnn->rn", covariance)
    without = np.sqrt(np.maximum(variance - 2.0 * exposure * sensitivity + exposure**2 * own, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        marginal = np.where(deviation > 0, quantile * sensitivity / deviation, np.nan)
    return Components(
        total=quantile * deviation[:, 0],
        individual=quantile * np.abs(exposure) * np.sqrt(own),
        marginal=marginal,
        component=exposure * np.nan_to_num(marginal),
        incremental=np.where(exposure != 0, quantile * (deviation - without), 0.0),
    )
