"""Cupom cambial: the onshore US dollar rate, linear ACT/360 (B3's convention for DDI, FRC and DCO).

A dollar future F with `cd` days left implies it: F = spot x (growth at the BRL rate) / (1 + cupom x cd/360). Computed
with the current spot dollar the cupom is clean. Computed with the previous day's PTAX, on which DDI and DOL settle, it
is dirty (cupom sujo): it contains the dollar's move since that fixing, and the shorter the term, the larger the effect.
All shapes broadcast; NaN is unknown. Source: B3, specifications of DDI and FRC (FRA de cupom).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.errors import BadInput
from desk.transforms.curves import linear_360_growth, linear_360_rate
from desk.units import BASIS_POINT, DAYS_PER_YEAR


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


def cupom_from_future(
    spot: npt.ArrayLike, future: npt.ArrayLike, pre: npt.ArrayLike, business_days: npt.ArrayLike, days: npt.ArrayLike
) -> FloatArray:
    """Cupom implied by a dollar `future` and the real's rate `pre` (annual, BUS/252) of the same maturity.

    `spot` and `future` in the same unit. Clean with the current spot dollar, dirty with the previous day's PTAX.
    """
    real = np.log1p(np.asarray(pre, dtype=np.float64)) * np.asarray(business_days, dtype=np.float64) / DAYS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        premium = np.log(np.asarray(future, dtype=np.float64) / np.asarray(spot, dtype=np.float64))
    return linear_360_rate(real - premium, days)


def clean_from_dirty(dirty: npt.ArrayLike, days: npt.ArrayLike, spot: npt.ArrayLike, ptax: npt.ArrayLike) -> FloatArray:
    """Clean cupom: 1 + clean x days/360 = (1 + dirty x days/360) x spot / ptax, with the previous day's PTAX."""
    return linear_360_rate(linear_360_growth(dirty, days) + _log_ratio(spot, ptax), days)


def dirty_from_clean(clean: npt.ArrayLike, days: npt.ArrayLike, spot: npt.ArrayLike, ptax: npt.ArrayLike) -> FloatArray:
    """Dirty cupom, as DDI quotes it; the inverse of `clean_from_dirty`."""
    return linear_360_rate(linear_360_growth(clean, days) - _log_ratio(spot, ptax), days)


def cupom_dv01(rate: npt.ArrayLike, days: npt.ArrayLike, face: float = 1.0) -> FloatArray:
    """Gain of `face` due in `days`, held long, when its cupom falls by one basis point; positive, unit of `face`."""
    years = np.asarray(days, dtype=np.float64) / 360.0
    return np.asarray(face * discount_factor(rate, days) ** 2 * years * BASIS_POINT)


def _log_ratio(spot: npt.ArrayLike, ptax: npt.ArrayLike) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(np.asarray(spot, dtype=np.float64) / np.asarray(ptax, dtype=np.float64)))
