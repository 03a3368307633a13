"""Weekdays and months of the economy since 2006 (two years of burn-in before its opening), and policy meetings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.catalog.meetings import load_meetings

FIRST_DAY = np.datetime64("2006-01-02")
OPENING = dt.date(2008, 1, 1)

_COPOM_NEAR = ((1, 28), (3, 18), (5, 6), (6, 17), (7, 30), (9, 17), (10, 31), (12, 10))
_FOMC_NEAR = ((1, 29), (3, 19), (5, 3), (6, 16), (7, 29), (9, 18), (11, 4), (12, 15))


@dataclass(frozen=True)
class Timeline:
    """Weekdays and months from 2006 to the end of `last_year`."""

    last_year: int

    @cached_property
    def days(self) -> Days:
        """Weekdays, ascending."""
        span = np.arange(FIRST_DAY, np.datetime64(f"{self.last_year + 1}-01-01"))
        return span[np.is_busday(span)]

    @cached_property
    def months(self) -> Days:
        """Months, ascending."""
        return np.arange(np.datetime64("2006-01"), np.datetime64(f"{self.last_year + 1}-01"))

    @cached_property
    def month_of_day(self) -> IntArray:
        """Index into `months`, one per weekday."""
        months: IntArray = (self.days.astype("datetime64[M]") - self.months[0]).astype(np.int64)
        return months

    @cached_property
    def month_fraction(self) -> FloatArray:
        """Share of its month that has passed at the end of each weekday, by calendar days, in (0, 1]."""
        start = self.days.astype("datetime64[M]")
        length = ((start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")).astype(np.float64)
        done: FloatArray = ((self.days - start.astype("datetime64[D]")).astype(np.float64) + 1.0) / length
        return done

    @cached_property
    def years(self) -> FloatArray:
        """Years since the first day, one per weekday."""
        return (self.days - FIRST_DAY).astype(np.float64) / 365.25

    @cached_property
    def copom(self) -> Days:
        """Copom decision days, eight a year, some years beyond the last weekday; the real ones where published."""
        return meetings(load_meetings().copom, _COPOM_NEAR, self.last_year + 4)

    @cached_property
    def fomc(self) -> Days:
        """Scheduled FOMC decision days, the real ones where published."""
        return meetings(load_meetings().fomc, _FOMC_NEAR, self.last_year + 4)

    @cached_property
    def wait_years(self) -> FloatArray:
        """Years from each weekday's close to the next Copom decision (zero on the day: it comes after the close)."""
        following = self.copom[np.searchsorted(self.copom, self.days, side="left")]
        wait: FloatArray = (following - self.days).astype(np.float64) / 365.25
        return wait

    def index(self, day: dt.date | np.datetime64) -> int:
        """Position of the last weekday on or before `day`; -1 before the first."""
        position = np.array([day], dtype="datetime64[D]")
        return int(np.searchsorted(self.days, position, side="right")[0]) - 1


def meetings(listed: tuple[dt.date, ...], near: tuple[tuple[int, int], ...], last_year: int) -> Days:
    """The listed days since 2006; after the last listed year the Wednesday nearest each (month, day)."""
    days = [day for day in listed if day.year >= int(str(FIRST_DAY)[:4])]
    later = range(days[-1].year + 1, last_year + 1)
    days += [_nearest_wednesday(dt.date(year, month, day)) for year in later for month, day in near]
    return np.array(days, dtype="datetime64[D]")


def _nearest_wednesday(day: dt.date) -> dt.date:
    shift = (2 - day.weekday()) % 7
    return day + dt.timedelta(days=shift if shift <= 3 else shift - 7)


def meeting_name(position: int) -> str:
    """`R4/2028` for the position-th Copom decision since 2006, as Focus names it."""
    year, number = divmod(position, len(_COPOM_NEAR))
    return f"R{number + 1}/{2006 + year}"
