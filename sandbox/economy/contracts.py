"""Listed maturities of B3 futures and their settlements from the economy's curves, for one session.

DI1 and DDI expire on the first business day of their month, DOL too, IND on the Wednesday nearest the 15th of even
months, DAP on the 15th (May of odd years, August of even years, and the next months). PU are BRL (points) per 100,000.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.units import DAYS_PER_YEAR
from sandbox.economy import Economy
from sandbox.economy.rates import linear_360

LETTERS = "FGHJKMNQUVXZ"


@dataclass(frozen=True, eq=False)
class Session:
    """One root's contracts on one day. `rates` in percent where the contract is quoted in rate."""

    tickers: list[str]
    prices: FloatArray
    rates: FloatArray | None
    open_interest: IntArray


def ticker(root: str, year: int, month: int) -> str:
    """B3 ticker such as DI1F28."""
    return f"{root}{LETTERS[month - 1]}{year % 100:02d}"


def terms(day: dt.date, maturities: Days) -> tuple[IntArray, IntArray]:
    """Business days (ANBIMA) and calendar days from `day` to each maturity."""
    start = np.array(day, dtype="datetime64[D]")
    return calendars.anbima(day).count_array(start, maturities), (maturities - start).astype(np.int64)


def sessions(economy: Economy, day: dt.date) -> list[Session]:
    """DI1, DDI, DOL, IND and DAP at the settlement of `day`."""
    return [_di1(economy, day), _ddi(economy, day), _dol(economy, day), _ind(economy, day), _dap(economy, day)]


def clean_cupom(economy: Economy, day: dt.date, maturities: Days) -> FloatArray:
    """Clean cupom at each maturity, linear ACT/360, a fraction per year."""
    _, calendar_days = terms(day, maturities)
    at = economy.timeline.index(day)
    return linear_360(economy.rates.cupom(at, calendar_days / 365.0), calendar_days)


def dollar_forward(economy: Economy, day: dt.date, maturities: Days) -> FloatArray:
    """BRL per USD at each maturity, by covered parity from the day's spot, the pre curve and the clean cupom."""
    business, calendar_days = terms(day, maturities)
    at = economy.timeline.index(day)
    brl = (1.0 + economy.rates.pre(at, business / DAYS_PER_YEAR)) ** (business / DAYS_PER_YEAR)
    usd = 1.0 + clean_cupom(economy, day, maturities) * calendar_days / 360.0
    return np.asarray(economy.assets["brl"][at] * brl / usd)


def _first_business_days(day: dt.date, months: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], Days]:
    starts = np.array([f"{year:04d}-{month:02d}-01" for year, month in months], dtype="datetime64[D]")
    maturities = calendars.anbima(day).offset_array(starts, 0)
    keep = np.flatnonzero(maturities > np.datetime64(day, "D"))
    return [months[place] for place in keep.tolist()], maturities[keep]


def _ladder(day: dt.date, near: int, quarters: int, januaries: int) -> list[tuple[int, int]]:
    """The next `near` months, then `quarters` years of January, April, July and October, then Januaries."""
    first = day.year * 12 + day.month - 1
    months = {divmod(first + step, 12) for step in range(near + 1)}
    months |= {(day.year + ahead, month) for ahead in range(quarters + 1) for month in (0, 3, 6, 9)}
    months |= {(day.year + ahead, 0) for ahead in range(januaries + 1)}
    return sorted((year, month + 1) for year, month in months if (year, month) >= divmod(first, 12))


def _interest(years: FloatArray, size: float, half_life: float) -> IntArray:
    return np.maximum(np.round(size * np.exp(-years / half_life)), 1.0).astype(np.int64)


def _di1(economy: Economy, day: dt.date) -> Session:
    months, maturities = _first_business_days(day, _ladder(day, 12, 5, 15))
    business, _ = terms(day, maturities)
    rates = np.round(100.0 * economy.rates.pre(economy.timeline.index(day), business / DAYS_PER_YEAR), 3)
    prices = np.round(100_000.0 / (1.0 + rates / 100.0) ** (business / DAYS_PER_YEAR), 2)
    names = [ticker("DI1", year, month) for year, month in months]
    january = np.array([4.0 if month == 1 else 1.0 for _, month in months])
    interest = (_interest(business / DAYS_PER_YEAR, 900_000, 3.5) * january).astype(np.int64)
    return Session(names, prices, rates, interest)


def _ddi(economy: Economy, day: dt.date) -> Session:
    """The dirty cupom: against yesterday's PTAX, so that the forward stays the market's."""
    months, maturities = _first_business_days(day, _ladder(day, 10, 5, 14))
    business, calendar_days = terms(day, maturities)
    at = economy.timeline.index(day)
    yesterday = economy.timeline.index(calendars.anbima(day).offset(day, -1))
    growth = (1.0 + economy.rates.pre(at, business / DAYS_PER_YEAR)) ** (business / DAYS_PER_YEAR)
    forward = dollar_forward(economy, day, maturities)
    dirty = (growth * economy.assets["ptax"][yesterday] / forward - 1.0) * 360.0 / calendar_days
    rates = np.round(100.0 * dirty, 3)
    prices = np.round(100_000.0 / (1.0 + rates / 100.0 * calendar_days / 360.0), 2)
    names = [ticker("DDI", year, month) for year, month in months]
    return Session(names, prices, rates, _interest(calendar_days / 365.0, 260_000, 3.0))


def _dol(economy: Economy, day: dt.date) -> Session:
    months, maturities = _first_business_days(day, _ladder(day, 12, 2, 4))
    forward = np.round(1000.0 * dollar_forward(economy, day, maturities), 3)
    _, calendar_days = terms(day, maturities)
    names = [ticker("DOL", year, month) for year, month in months]
    return Session(names, forward, None, _interest(calendar_days / 365.0, 800_000, 0.10))


def _ind(economy: Economy, day: dt.date) -> Session:
    first = (day.year * 12 + day.month - 1) // 2 * 2
    months = [divmod(first + step, 12) for step in range(-1, 18) if (first + step) % 2 == 1]
    middles = [dt.date(year, month + 1, 15) for year, month in months]
    wednesdays = [middle + dt.timedelta(days=(2 - middle.weekday() + 3) % 7 - 3) for middle in middles]
    maturities = calendars.b3().offset_array(np.array(wednesdays, dtype="datetime64[D]"), 0)
    keep = np.flatnonzero(maturities > np.datetime64(day, "D"))
    business, _ = terms(day, maturities[keep])
    at = economy.timeline.index(day)
    carry = (1.0 + economy.rates.pre(at, business / DAYS_PER_YEAR)) ** (business / DAYS_PER_YEAR)
    prices = np.round(economy.assets["ibov"][at] * carry, 0)
    names = [ticker("IND", months[place][0], months[place][1] + 1) for place in keep.tolist()]
    return Session(names, prices, None, _interest(business / DAYS_PER_YEAR, 210_000, 0.15))


def _dap(economy: Economy, day: dt.date) -> Session:
    near = [divmod(day.year * 12 + day.month - 1 + step, 12) for step in range(1, 4)]
    long = [(year, 4 if year % 2 else 7) for year in range(day.year, day.year + 15)]
    long += [(year, 4 if year % 2 else 7) for year in (day.year + 19, day.year + 24, day.year + 34)]
    months = sorted({(year, month + 1) for year, month in near + long})
    fifteenths = np.array([f"{year:04d}-{month:02d}-15" for year, month in months], dtype="datetime64[D]")
    maturities = calendars.anbima(day).offset_array(fifteenths, 0)
    keep = np.flatnonzero(maturities > np.datetime64(day, "D"))
    business, _ = terms(day, maturities[keep])
    rates = np.round(100.0 * economy.rates.real(economy.timeline.index(day), business / DAYS_PER_YEAR), 3)
    prices = np.round(100_000.0 / (1.0 + rates / 100.0) ** (business / DAYS_PER_YEAR), 2)
    names = [ticker("DAP", *months[place]) for place in keep.tolist()]
    return Session(names, prices, rates, _interest(business / DAYS_PER_YEAR, 420_000, 4.0))
