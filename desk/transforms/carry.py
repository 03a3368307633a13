"""Carry and roll-down of DI futures: the profit of a position over some days if the curve does not change.

A contract long the price (receiving the rate) is worth 100,000 / (1 + r)^(bd/252) and is funded at CDI. After h
business days bd - h days are left and, on an unchanged curve, the contract trades at the rate of that shorter tenor.
Its profit is the sum of

    carry      its own rate against CDI over h days:      PU (1 + r)^(h/252) - PU (1 + cdi)^(h/252)
    roll-down  the move to the shorter tenor's rate:      PU(r at bd - h, bd - h) - PU(r, bd - h)

Both in BRL per contract, with the receiver's sign; a payer has the opposite sign. Source: the DI1 contract's daily
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

CARRY_HORIZON_BD = 21
"""Business days over which the desk measures carry and roll-down: one month."""


@dataclass(frozen=True)
class CarryRoll:
    """Carry and roll-down over a horizon, by day and tenor (T, M), BRL per contract received.

    `dv01_brl`: DV01 of the contract at the start, BRL per bp, positive.
    """

    carry_brl: FloatArray
    roll_down_brl: FloatArray
    dv01_brl: FloatArray

    @property
    def total_brl(self) -> FloatArray:
        """Carry plus roll-down, BRL per contract (T, M)."""
        return self.carry_brl + self.roll_down_brl

    def in_daily_volatility(self, rate_volatility: npt.ArrayLike) -> FloatArray:
        """Total divided by the daily standard deviation of the contract's value (T, M); NaN where that is zero.

        `rate_volatility`: daily standard deviation of the contract's rate, a fraction; broadcasts to (T, M).
        """
        risk = np.asarray(rate_volatility, dtype=np.float64) / BASIS_POINT * self.dv01_brl
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(risk > 0, self.total_brl / risk, np.nan))


def carry_roll(
    tenors_bd: npt.ArrayLike, rates: npt.ArrayLike, at_bd: npt.ArrayLike, cdi: npt.ArrayLike, horizon_bd: int
) -> CarryRoll:
    """Carry and roll-down over `horizon_bd` business days of contracts with `at_bd` (M,) or (T, M) days left.

    Curves `rates` (T, K) at `tenors_bd` (K,) or (T, K), annual BUS/252; `cdi` (T,) annual. NaN where a rate is unknown
    or lies outside the curve. Raises BadInput for a horizon below one day or beyond a contract's maturity.
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
