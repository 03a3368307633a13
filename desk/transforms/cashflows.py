"""Cash flows of Brazilian government bonds: payment days, amounts, and their present value at one yield.

Arrays are (R,) bonds, or (R, F) bonds by flows, the last flow (the redemption) first. A coupon falls on the maturity's
day of the month, every six months back from the maturity. A payment on a non-business day is made on the next business
day, which has the same number of business days. Days are BUS/252 with ANBIMA's calendar as known on the settlement day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from desk import calendars
from desk.arrays import BoolArray, FloatArray, IntArray
from desk.calendars import CONSCIOUSNESS_DAY_KNOWN, Days
from desk.units import DAYS_PER_YEAR

_HALF_YEAR = 6


@dataclass(frozen=True)
class CashFlows:
    """`days` (R, F) business days from settlement to each flow, NaN where there is none; `amounts` (R, F), 0 there."""

    days: FloatArray
    amounts: FloatArray


def business_days(settle: Days, maturity: Days, known_on: Days | None = None) -> FloatArray:
    """Business days from `settle` (T,) to each maturity (T, K); NaN for NaT.

    Counted by the calendar as known on `known_on` (T,); by default the settlement day.
    """
    result = np.full(maturity.shape, np.nan)
    before = (settle if known_on is None else known_on) < np.datetime64(CONSCIOUSNESS_DAY_KNOWN, "D")
    for calendar, rows in ((calendars.anbima(dt.date.min), before), (calendars.anbima(), ~before)):
        present = rows[:, None] & ~np.isnat(maturity)
        if present.any():
            start = np.broadcast_to(settle[:, None], maturity.shape)[present]
            result[present] = calendar.count_array(start, maturity[present])
    return result


def coupon_dates(settle: Days, maturity: Days, pays: BoolArray) -> Days:
    """Nominal payment dates after `settle` (R, F), the maturity first; NaT where there is no payment.

    `pays` (R,): True for a bond with coupons.
    """
    month = maturity.astype("datetime64[M]")
    months = (month - settle.astype("datetime64[M]")).astype(np.int64)
    count = int(months[pays & ~np.isnat(maturity)].max(initial=0)) // _HALF_YEAR + 1
    back: IntArray = np.arange(count, dtype=np.int64) * _HALF_YEAR
    day_of_month = (maturity - month.astype("datetime64[D]")).astype("timedelta64[D]")
    dates: Days = (month[:, None] - back[None, :]).astype("datetime64[D]") + day_of_month[:, None]
    is_payment = ((back[None, :] == 0) | pays[:, None]) & (dates > settle[:, None])
    return np.asarray(np.where(is_payment, dates, np.datetime64("NaT", "D")))


def cash_flows(settle: Days, maturity: Days, coupon: FloatArray, face: float) -> CashFlows:
    """Flows after `settle` (R,) of bonds due on `maturity` (R,): `coupon` (R,) each half-year (0 for none), and `face`.

    A flow with no business day between settlement and payment is left out: it belongs to the seller.
    """
    days = business_days(settle, coupon_dates(settle, maturity, coupon > 0))
    days[~(days > 0)] = np.nan
    amounts = np.where(np.isfinite(days), coupon[:, None], 0.0)
    amounts[:, 0] += np.where(np.isfinite(days[:, 0]), face, 0.0)
    return CashFlows(days, amounts)


def present_values(flows: CashFlows, rate: FloatArray) -> FloatArray:
    """Value of each flow (R, F) at the yield `rate` (R,), annual effective; 0 where there is no flow."""
    years = np.nan_to_num(flows.days) / DAYS_PER_YEAR
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(flows.amounts / (1.0 + rate[:, None]) ** years)
