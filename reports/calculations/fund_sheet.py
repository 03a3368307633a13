"""The book's returns as the sheet of a Brazilian fund shows them: month, year, 12 and 24 months, against CDI."""

from __future__ import annotations

import calendar
import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.units import DAYS_PER_YEAR
from reports.elements.formats import finite_or_none

LEAST_FOR_VOLATILITY = 20
Span = str
SPANS: tuple[Span, ...] = ("month", "year", "12 months", "24 months")


@dataclass(frozen=True, slots=True)
class SpanReturn:
    """`book` and `cash`: returns after costs and of CDI from the close of `since` on; None where the record does not
    reach back to it, or where CDI is not known. `volatility` a year, None for less than LEAST_FOR_VOLATILITY days."""

    span: Span
    since: dt.date | None
    book: float | None
    cash: float | None
    volatility: float | None

    @property
    def of_cash(self) -> float | None:
        """The book's return as a share of CDI's, as a fund's sheet gives it; None where CDI earned nothing."""
        if self.book is None or self.cash is None or self.cash <= 0:
            return None
        return self.book / self.cash


def fund_sheet(
    days: Sequence[dt.date], nav: Sequence[float | None], cash: Sequence[float | None]
) -> tuple[SpanReturn, ...]:
    """One of each of SPANS. `days` are the market days, ascending; `nav` and `cash` (NAV of the same money in CDI)
    share their length."""
    if len(days) < 2:
        return ()
    last = days[-1]
    starts: dict[Span, dt.date] = {
        "month": last.replace(day=1) - dt.timedelta(days=1),
        "year": dt.date(last.year - 1, 12, 31),
        "12 months": _months_before(last, 12),
        "24 months": _months_before(last, 24),
    }
    return tuple(_return(span, start, days, nav, cash) for span, start in starts.items())


def _months_before(day: dt.date, months: int) -> dt.date:
    """The same day of the month, or the last one of a shorter month."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def _return(
    span: Span,
    start: dt.date,
    days: Sequence[dt.date],
    nav: Sequence[float | None],
    cash: Sequence[float | None],
) -> SpanReturn:
    """From the last market day up to `start`; unknown where the record begins after it."""
    at = bisect_right(days, start) - 1
    if at < 0 or at == len(days) - 1:
        return SpanReturn(span, None, None, None, None)
    levels = [finite_or_none(value) for value in nav[at:]]
    volatility = None
    if None not in levels and len(levels) > LEAST_FOR_VOLATILITY:
        path = np.array(levels, dtype=np.float64)
        volatility = float(np.std(path[1:] / path[:-1] - 1.0, ddof=1) * np.sqrt(DAYS_PER_YEAR))
    return SpanReturn(span, days[at], _growth(nav[at], nav[-1]), _growth(cash[at], cash[-1]), volatility)


def _growth(first: float | None, last: float | None) -> float | None:
    begin, end = finite_or_none(first), finite_or_none(last)
    return end / begin - 1.0 if begin and end is not None else None
