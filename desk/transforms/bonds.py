"""Brazilian government bonds at ANBIMA's rules: price from yield, yield from price, duration and DV01.

    LTN    1,000 BRL at maturity: PU truncated to 6 decimals
    NTN-F  1,000 BRL and 48.80885 each half-year (10% a year): each flow rounded to 9 decimals, PU truncated to 6
    NTN-B  VNA x quotation; 100 and 2.956301 each half-year (6% a year, real): each flow rounded to 10 decimals,
           quotation truncated to 4
    LFT    VNA x quotation; 100 at maturity, at the spread over Selic: quotation truncated to 4

A quotation is in percent of the VNA, and PU = VNA x quotation / 100 is truncated to 6 decimals. Rates are annual
effective fractions on BUS/252; years are truncated to 14 decimals. Rounding uses integers, in units of the last digit,
because a float sum whose true value ends in zeros can be one unit too low. Bonds are arrays (R,); NaT or NaN gives NaN.
Source: ANBIMA, "Metodologias ANBIMA de precificação: títulos públicos".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.errors import BadInput
from desk.transforms.cashflows import CashFlows, business_days, cash_flows, present_values
from desk.units import BASIS_POINT, DAYS_PER_YEAR

_YEAR_DIGITS = 14
_PU_DIGITS = 6
_VNA_DAY = 14  # days after the first of the month
_NEWTON_STEPS = 50
_NEWTON_TOLERANCE = 1e-14


@dataclass(frozen=True)
class Bond:
    """Terms of one kind of bond. `face` and half-yearly `coupon` in the unit of the price: BRL, or percent of the VNA
    where `indexed`. Each flow's value is rounded to `flow_digits` decimals (None: no rounding); the price is truncated
    to `digits` decimals.
    """

    name: str
    face: float
    coupon: float
    flow_digits: int | None
    digits: int
    indexed: bool


LTN = Bond("LTN", 1000.0, 0.0, None, 6, indexed=False)
NTN_F = Bond("NTN-F", 1000.0, 48.80885, 9, 6, indexed=False)
NTN_B = Bond("NTN-B", 100.0, 2.956301, 10, 4, indexed=True)
LFT = Bond("LFT", 100.0, 0.0, None, 4, indexed=True)


def price(bond: Bond, settle: Days, maturity: Days, rate: npt.ArrayLike) -> FloatArray:
    """Published price (R,): PU in BRL of LTN and NTN-F, quotation in percent of the VNA of NTN-B and LFT.

    Raises BadInput for an infinite rate, one at or below -100%, or a maturity at or before settlement.
    """
    flows, level = _checked_flows(bond, settle, maturity, rate)
    years = _truncated(np.nan_to_num(flows.days) / DAYS_PER_YEAR, _YEAR_DIGITS)
    values = flows.amounts / (1.0 + level[:, None]) ** years
    known = np.asarray(np.isfinite(values).all(axis=1) & np.isfinite(flows.days).any(axis=1))
    values = np.where(known[:, None], values, 0.0)
    if bond.flow_digits is None:
        units = np.floor(values.sum(axis=1) * 10.0**bond.digits)
    else:
        whole = np.rint(values * 10.0**bond.flow_digits).astype(np.int64).sum(axis=1)
        units = (whole // 10 ** (bond.flow_digits - bond.digits)).astype(np.float64)
    return np.asarray(np.where(known, units / 10.0**bond.digits, np.nan))


def vna(base: npt.ArrayLike, inflation: npt.ArrayLike, settle: Days) -> FloatArray:
    """NTN-B's updated nominal value (R,) in BRL, truncated to 6 decimals: base x (1 + inflation)^(elapsed / total).

    `base`: VNA of the last 15th on or before `settle` (R,). `inflation`: the month's IPCA, published or projected, a
    fraction. `elapsed` and `total`: business days from that 15th to `settle` and to the next 15th.
    """
    days = np.asarray(settle, "datetime64[D]")
    month = days.astype("datetime64[M]")
    month = np.where(days - month.astype("datetime64[D]") >= np.timedelta64(_VNA_DAY, "D"), month, month - 1)
    ends = np.stack([month, month + 1], axis=1).astype("datetime64[D]") + _VNA_DAY
    from_start = business_days(ends[:, 0], np.stack([days, ends[:, 1]], axis=1), known_on=days)
    growth = (1.0 + np.asarray(inflation, dtype=np.float64)) ** (from_start[:, 0] / from_start[:, 1])
    # on the 15th the result must equal the base; a float product may be just below its sixth decimal
    units = np.floor(np.round(np.asarray(base, dtype=np.float64) * growth * 10.0**_PU_DIGITS, 5))
    return np.asarray(units / 10.0**_PU_DIGITS)


def pu_from_vna(vna: npt.ArrayLike, quotation: npt.ArrayLike) -> FloatArray:
    """BRL per bond, truncated to 6 decimals: VNA (BRL, 6 decimals) x quotation (percent, 4 decimals) / 100."""
    amount, share = np.asarray(vna, dtype=np.float64), np.asarray(quotation, dtype=np.float64)
    known = np.isfinite(amount) & np.isfinite(share)
    units = np.rint(np.where(known, amount, 0.0) * 1e6).astype(np.int64)
    units = units * np.rint(np.where(known, share, 0.0) * 1e4).astype(np.int64) // 10**6
    return np.asarray(np.where(known, units / 10.0**_PU_DIGITS, np.nan))


def rate_from_price(bond: Bond, settle: Days, maturity: Days, quoted: npt.ArrayLike) -> FloatArray:
    """Yield (R,) at which the unrounded price of the bond is `quoted`: the inverse of `price`, up to its last digit.

    Newton's method on the log price, which is convex and nearly linear in ln(1 + rate), so it converges from any start.
    Raises BadInput for a price that is infinite or not positive, or a maturity on or before settlement.
    """
    worth = np.asarray(quoted, dtype=np.float64)
    if np.isinf(worth).any() or (worth <= 0).any():
        raise BadInput(f"{bond.name}: a price of {worth[np.isinf(worth) | (worth <= 0)][0]} is not a price")
    flows, _ = _checked_flows(bond, settle, maturity, np.zeros(len(settle)))
    years = np.nan_to_num(flows.days) / DAYS_PER_YEAR
    target = np.log(worth)
    growth = np.zeros(len(settle))
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_NEWTON_STEPS):
            values = flows.amounts * np.exp(-growth[:, None] * years)
            total = values.sum(axis=1)
            step = (np.log(total) - target) * total / (values * years).sum(axis=1)
            growth = growth + step
            if np.nan_to_num(np.abs(step)).max(initial=0.0) < _NEWTON_TOLERANCE:
                break
    return np.asarray(np.expm1(growth))


def modified_duration(bond: Bond, settle: Days, maturity: Days, rate: npt.ArrayLike) -> FloatArray:
    """Modified duration in years (R,): -dP/dr / P."""
    flows, level = _checked_flows(bond, settle, maturity, rate)
    values = present_values(flows, level)
    years = np.nan_to_num(flows.days) / DAYS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        macaulay = (values * years).sum(axis=1) / values.sum(axis=1)
    return np.asarray(macaulay / (1.0 + level))


def dv01(bond: Bond, settle: Days, maturity: Days, rate: npt.ArrayLike) -> FloatArray:
    """Gain (R,) of one bond held long when its rate falls by one basis point, in the unit of the price; positive.

    Formula: unrounded price x modified duration x 1 bp. For BRL of an indexed bond multiply by VNA / 100.
    """
    flows, level = _checked_flows(bond, settle, maturity, rate)
    worth = _unrounded(flows, level)
    return np.asarray(worth * modified_duration(bond, settle, maturity, level) * BASIS_POINT)


def _unrounded(flows: CashFlows, rate: FloatArray) -> FloatArray:
    return np.asarray(present_values(flows, rate).sum(axis=1))


def _checked_flows(bond: Bond, settle: Days, maturity: Days, rate: npt.ArrayLike) -> tuple[CashFlows, FloatArray]:
    """Flows and rates of the bonds, after checks. An unknown date gives NaN amounts; an unknown rate stays NaN."""
    start, end = np.asarray(settle, "datetime64[D]"), np.asarray(maturity, "datetime64[D]")
    level = np.broadcast_to(np.asarray(rate, dtype=np.float64), end.shape)
    expired = end <= start
    if expired.any():
        raise BadInput(f"{bond.name}: maturity {end[expired][0]} is not after settlement {start[expired][0]}")
    invalid = np.isinf(level) | (level <= -1.0)
    if invalid.any():
        raise BadInput(f"{bond.name} {end[invalid][0]}: a rate of {level[invalid][0]} is not a rate")
    unknown = np.isnat(start) | np.isnat(end)
    start = np.where(unknown, np.datetime64("2000-01-03", "D"), start)
    flows = cash_flows(start, end, np.full(end.shape, bond.coupon), bond.face)
    return CashFlows(flows.days, np.where(unknown[:, None], np.nan, flows.amounts)), level


def _truncated(values: FloatArray, digits: int) -> FloatArray:
    return np.asarray(np.trunc(values * 10.0**digits) / 10.0**digits)
