"""Carry and roll-down of DI futures: what a position earns over some days if the curve stays where it is.

A contract long the price (receiving) is worth 100,000 / (1 + r)^(bd/252) and is funded at CDI. After h business days it
has bd - h left and, on an unchanged curve, the rate of that shorter tenor. What it earns splits exactly into

    carry      its own rate against CDI over h days:      PU (1 + r)^(h/252) - PU (1 + cdi)^(h/252)
    roll-down  the slide to the shorter tenor's rate:     PU(r at bd - h, bd - h) - PU(r, bd - h)

Both in BRL per contract; the sign is the receiver's, a payer has the opposite. Source: the DI1 contract's daily
adjustment (B3) and the usual definition of roll-down, for example Ilmanen, "Expected Returns" (2011), chapter 9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.errors import BadInput
from desk.transforms.curves import flat_forward, pu, pu_dv01
from desk.units import BASIS_POINT, DAYS_PER_YEAR


@dataclass(frozen=True)
class CarryRoll:
    """Per day and tenor (T, M): `carry_brl` and `roll_down_brl` over the horizon per contract received, `dv01_brl` of
    the contract now (BRL per bp, positive)."""

    carry_brl: FloatArray
    roll_down_brl: FloatArray
    dv01_brl: FloatArray

    @property
    def total_brl(self) -> FloatArray:
        return self.carry_brl + self.roll_down_brl

    def in_daily_volatility(self, rate_volatility: npt.ArrayLike) -> FloatArray:
        """The total over one day's standard deviation of the contract's value (T, M); NaN where that is zero.

        `rate_volatility` (T, M), or what broadcasts to it: daily standard deviation of the contract's rate, a fraction.
        """
        risk = np.asarray(rate_volatility, dtype=np.float64) / BASIS_POINT * self.dv01_brl
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(risk > 0, self.total_brl / risk, np.nan))


def carry_roll(
    tenors_bd: npt.ArrayLike, rates: npt.ArrayLike, at_bd: npt.ArrayLike, cdi: npt.ArrayLike, horizon_bd: int
) -> CarryRoll:
    """Carry and roll-down over `horizon_bd` business days of contracts with `at_bd` (M,) or (T, M) days left.

    Curves `rates` (T, K) at `tenors_bd` (K,) or (T, K), annual BUS/252; `cdi` (T,) annual. NaN where a rate is unknown
    or lies outside the curve. Raises BadInput for a horizon below a day or past a contract's maturity.
    """
    values = np.atleast_2d(np.asarray(rates, dtype=np.float64))
    left = np.broadcast_to(np.asarray(at_bd, dtype=np.float64), (len(values), np.shape(at_bd)[-1]))
    if horizon_bd < 1 or (left <= horizon_bd).any():
        raise BadInput(f"carry: a horizon of {horizon_bd} business days for a contract of {np.nanmin(left):g}")
    now = flat_forward(tenors_bd, values, left)
    then = flat_forward(tenors_bd, values, left - horizon_bd)
    price, years = pu(now, left), horizon_bd / DAYS_PER_YEAR
    held = pu(now, left - horizon_bd)
    funded = price * (1.0 + np.asarray(cdi, dtype=np.float64).reshape(-1, 1)) ** years
    return CarryRoll(held - funded, pu(then, left - horizon_bd) - held, pu_dv01(now, left))
