"""One printed series, and how to take the economy's days and months for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk import calendars
from sandbox.economy import OPENING, Economy
from sandbox.economy.draws import Floats
from sandbox.economy.timeline import Days, Ints


@dataclass(frozen=True, eq=False)
class Numbers:
    """`values` are final; `first` is what was printed first where the source revises, until `revised_after` days."""

    days: Days
    values: Floats
    decimals: int
    first: Floats | None = None
    revised_after: int = 30


def business_days(economy: Economy, calendar: str) -> Ints:
    """Positions of `calendar`'s business days in the economy's weekdays, from its opening."""
    days = economy.timeline.days
    inside = np.is_busday(days, busdaycal=calendars.by_name(calendar).busday) & (days >= np.datetime64(OPENING))
    return np.flatnonzero(inside)


def daily(economy: Economy, calendar: str, values: Floats, decimals: int) -> Numbers:
    """`values` by weekday, on the business days of `calendar`."""
    at = business_days(economy, calendar)
    return Numbers(economy.timeline.days[at], np.round(values[at], decimals), decimals)


def monthly(economy: Economy, values: Floats, decimals: int, noise: Floats | None = None) -> Numbers:
    """`values` by month since 2006, dated day 01; `noise` is what the first print was off by."""
    dates = economy.timeline.months.astype("datetime64[D]")
    first = None if noise is None else np.round(values + noise, decimals)
    return Numbers(dates, np.round(values, decimals), decimals, first)
