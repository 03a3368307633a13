"""A released series, and its construction from the economy's daily and monthly values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.units import DAYS_PER_YEAR
from sandbox.economy import OPENING, Economy


@dataclass(frozen=True, eq=False)
class ReleasedSeries:
    """A series in its source's unit. `values` are final; `first` are the first releases where the source revises.

    A first release stands for `revised_after` days. `decimals`: decimals that the source publishes.
    """

    days: Days
    values: FloatArray
    decimals: int
    first: FloatArray | None = None
    revised_after: int = 30


def business_days(economy: Economy, calendar: str) -> IntArray:
    """Positions of `calendar`'s business days in the economy's weekdays, from its opening."""
    days = economy.timeline.days
    inside = np.is_busday(days, busdaycal=calendars.by_name(calendar).busday) & (days >= np.datetime64(OPENING))
    return np.flatnonzero(inside)


def daily(economy: Economy, calendar: str, values: FloatArray, decimals: int) -> ReleasedSeries:
    """`values` by weekday, on the business days of `calendar`."""
    at = business_days(economy, calendar)
    return ReleasedSeries(economy.timeline.days[at], np.round(values[at], decimals), decimals)


def monthly(economy: Economy, values: FloatArray, decimals: int, noise: FloatArray | None = None) -> ReleasedSeries:
    """`values` by month since 2006, dated day 01; `noise`: error of the first release."""
    dates = economy.timeline.months.astype("datetime64[D]")
    first = None if noise is None else np.round(values + noise, decimals)
    return ReleasedSeries(dates, np.round(values, decimals), decimals, first)


def month_mean(economy: Economy, daily: FloatArray) -> FloatArray:
    """Monthly means of values by weekday. Shapes: (weekdays,) to (months,)."""
    month = economy.timeline.month_of_day
    return np.asarray(np.bincount(month, daily) / np.bincount(month))


def accumulated_over_month(economy: Economy, annual_rate: FloatArray) -> FloatArray:
    """An overnight rate (annual, BUS/252, by weekday) accumulated over each month's ANBIMA business days, percent."""
    open_days = np.is_busday(economy.timeline.days, busdaycal=calendars.anbima().busday)
    logs = np.where(open_days, np.log1p(annual_rate) / DAYS_PER_YEAR, 0.0)
    return np.asarray(100.0 * np.expm1(np.bincount(economy.timeline.month_of_day, logs)))
