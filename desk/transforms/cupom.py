"""Cupom cambial: the onshore US dollar rate, linear ACT/360 (B3's convention for DDI, FRC and DCO).

All shapes broadcast; NaN is unknown. Source: B3, specifications of DDI and FRC (FRA de cupom).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.errors import BadInput
from desk.transforms.curves import linear_360_growth, linear_360_rate
from desk.units import BASIS_POINT


def discount_factor(rate: npt.ArrayLike, calendar_days: npt.ArrayLike) -> FloatArray:
    """Present value of one USD due in `calendar_days`: 1 / (1 + rate x days / 360).

    Raises BadInput for negative days.
    """
    if (np.asarray(calendar_days, dtype=np.float64) < 0).any():
        raise BadInput("cupom: a maturity lies before settlement")
    return np.asarray(np.exp(-linear_360_growth(rate, calendar_days)))


def forward_cupom(
    near_rate: npt.ArrayLike, near_days: npt.ArrayLike, far_rate: npt.ArrayLike, far_days: npt.ArrayLike
) -> FloatArray:
    """Forward cupom (FRA de cupom): the linear rate from `near_days` to `far_days` implied by two cupom rates.

    NaN where far <= near.
    """
    gain = linear_360_growth(far_rate, far_days) - linear_360_growth(near_rate, near_days)
    span = np.asarray(far_days, dtype=np.float64) - np.asarray(near_days, dtype=np.float64)
    return linear_360_rate(gain, span)


def cupom_dv01(rate: npt.ArrayLike, days: npt.ArrayLike, face: float = 1.0) -> FloatArray:
    """Gain of `face` due in `days`, held long, when its cupom falls by one basis point; positive, unit of `face`."""
    years = np.asarray(days, dtype=np.float64) / 360.0
    return np.asarray(face * discount_factor(rate, days) ** 2 * years * BASIS_POINT)
