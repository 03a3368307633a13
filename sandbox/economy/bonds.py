"""Treasury bonds from the economy's curves: the listed bonds, and their rates and prices on many days at once.

LTN and LFT pay at maturity; NTN-F pays 10% a year and NTN-B 6% over the IPCA, half-yearly. Prices are BRL per bond of
nominal 1,000 (the updated nominal for NTN-B and LFT). Rates are fractions per year, BUS/252.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.units import DAYS_PER_YEAR
from sandbox.economy import Economy

_NTNB_BASE = 1614.62  # IPCA index at the bonds' base, July 2000
_LFT_START = 2300.0  # an LFT's updated nominal at the start of 2006
_NEWTON_STEPS = 6


@dataclass(frozen=True)
class Bond:
    """`kind` is the Treasury's name (LTN, NTN-F, NTN-B, NTN-B-P, LFT); on sale from `issued` until it matures."""

    kind: str
    maturity: dt.date
    issued: dt.date


@dataclass(frozen=True, eq=False)
class Quotes:
    """By day: the rate at which the holder sells, and the price at that rate. `at` are positions in the weekdays."""

    at: IntArray
    rates: FloatArray
    prices: FloatArray


def listed_bonds(last_year: int) -> list[Bond]:
    """The bonds that Tesouro Direto has sold since 2008."""
    years = range(2008, last_year + 11)
    bonds = [Bond("LTN", dt.date(y, 1, 1), dt.date(y - 4, 1, 15)) for y in years if y <= last_year + 4]
    bonds += [Bond("NTN-F", dt.date(y, 1, 1), dt.date(y - 10, 1, 15)) for y in years if y % 2 or y < 2014]
    bonds += [Bond("LFT", dt.date(y, 3, 1), dt.date(y - 6, 1, 15)) for y in years if y % 3 == 0 and y <= last_year + 6]
    bonds += [_ntnb("NTN-B", y, 15) for y in (2009, 2010, 2012, 2015, 2017, 2020, 2024, 2028, 2032, 2035)]
    bonds += [_ntnb("NTN-B", y, 40) for y in (2040, 2045, 2050, 2055, 2060)]
    bonds += [_ntnb("NTN-B-P", y, 15) for y in (2015, 2019, 2024, 2029, 2035, 2040, 2045)]
    return [bond for bond in bonds if bond.issued.year <= last_year]


def _ntnb(kind: str, year: int, life: int) -> Bond:
    return Bond(kind, dt.date(year, 5 if year % 2 else 8, 15), dt.date(max(year - life, 2004), 1, 15))


def quote(economy: Economy, bond: Bond, at: IntArray) -> Quotes:
    """Rates (four decimals of a fraction) and prices on the weekdays `at`, all before the maturity."""
    days = economy.timeline.days[at]
    anbima = calendars.anbima()
    flows = coupon_days(bond, economy.timeline.days[int(at[0])].item())
    pays = anbima.offset_array(np.array(flows, dtype="datetime64[D]"), 0)
    years = np.maximum(anbima.count_array(days[:, None], pays[None, :]), 0) / DAYS_PER_YEAR
    alive = pays[None, :] > days[:, None]
    if bond.kind == "LFT":
        spread = np.full(len(at), 0.0006)
        nominal = lft_nominal(economy)[at]
        rates = np.round(spread, 6)
        return Quotes(at, rates, np.round(nominal / (1.0 + rates) ** years[:, -1], 2))
    curve = economy.rates.real if bond.kind.startswith("NTN-B") else economy.rates.pre
    zero = curve(at[:, None], np.maximum(years, 1.0 / DAYS_PER_YEAR))
    amounts = _amounts(bond, len(flows))[None, :] * alive
    value = np.sum(amounts / (1.0 + zero) ** years, axis=1)
    rates = np.round(_yield(amounts, years, value, zero[:, -1]), 4)
    clean = np.sum(amounts / (1.0 + rates[:, None]) ** years, axis=1)
    face = ntnb_nominal(economy)[at] if bond.kind.startswith("NTN-B") else np.full(len(at), 1000.0)
    return Quotes(at, rates, np.round(face * clean, 2))


def coupon_days(bond: Bond, since: dt.date) -> list[dt.date]:
    """Half-yearly back from the maturity to `since`, ascending; the maturity alone without coupons."""
    days = [bond.maturity]
    if bond.kind in ("NTN-F", "NTN-B"):
        while days[-1] > since:
            last = days[-1]
            earlier = last.month - 6
            days.append(last.replace(year=last.year - (earlier < 1), month=earlier + 12 * (earlier < 1)))
        days.pop()
    return days[::-1]


def _amounts(bond: Bond, count: int) -> FloatArray:
    """Per unit of nominal: half-yearly coupons and the principal."""
    coupon = {"NTN-F": 1.10**0.5 - 1.0, "NTN-B": 1.06**0.5 - 1.0}.get(bond.kind, 0.0)
    amounts = np.full(count, coupon)
    amounts[-1] += 1.0
    return amounts


def _yield(amounts: FloatArray, years: FloatArray, value: FloatArray, start: FloatArray) -> FloatArray:
    """The one rate that gives `value`, by Newton's steps from the zero rate of the maturity. One per row."""
    rate = start.copy()
    for _ in range(_NEWTON_STEPS if amounts.shape[1] > 1 else 0):
        discounted = amounts / (1.0 + rate[:, None]) ** years
        slope = -np.sum(years * discounted, axis=1) / (1.0 + rate)
        rate = rate - (discounted.sum(axis=1) - value) / slope
    return rate


def ntnb_nominal(economy: Economy) -> FloatArray:
    """Updated nominal by weekday: last known index on the 15th, then the expected inflation pro rata to the next."""
    timeline, macro = economy.timeline, economy.macro
    month = timeline.month_of_day
    day_of_month = (timeline.days - timeline.days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    last = np.maximum(np.where(day_of_month >= 15, month - 1, month - 2), 0)
    into = np.where(day_of_month >= 15, day_of_month - 15, day_of_month + 15) / 30.0
    grown = macro.ipca_index[last] * np.exp(np.minimum(into, 1.0) * np.log1p(macro.expected[last]) / 12.0)
    return np.asarray(1000.0 * grown / _NTNB_BASE)


def lft_nominal(economy: Economy) -> FloatArray:
    """Updated nominal of LFT by weekday, BRL: accrues the Selic rate."""
    open_days = np.is_busday(economy.timeline.days, busdaycal=calendars.anbima().busday)
    growth = np.where(open_days, np.log1p(economy.rates.selic) / DAYS_PER_YEAR, 0.0)
    return np.asarray(_LFT_START * np.exp(np.cumsum(growth) - growth[0]))
