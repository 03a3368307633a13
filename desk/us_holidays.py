"""Closed days of the US bond market and of the US federal government: rules by year, and dated closures.

The two differ. The bond market keeps Good Friday unless payrolls are published on it, and moves a Saturday holiday to
the Friday for Independence Day and Christmas only. The government works on Good Friday and moves every Saturday
holiday.
Sources: SIFMA holiday recommendations; 5 U.S.C. 6103; FRED DGS10 from 1980 to 2026, with which the market's days agree.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import lru_cache
from importlib import resources

import holidays

PAYROLLS_ON_GOOD_FRIDAY_SINCE = 1996
"""Since then the market opens until noon on a Good Friday with payrolls (SIFMA); in 1983, 1988 and 1994 it did not."""
LINCOLN_UNTIL, ELECTION_DAY_UNTIL = 1985, 1984
"""Last years in which New York's banks, and so the published yields, kept these days."""
DAY = dt.timedelta(days=1)
SATURDAY, SUNDAY = 5, 6
_MOVES_TO_FRIDAY = ((7, 4), (12, 25))


def bond_market_closed(year: int, easter: dt.date) -> list[dt.date]:
    """Weekdays of `year` without published Treasury yields; `easter` is that year's Easter Sunday."""
    closed = [day for day in (_bond_market_observed(holiday) for holiday in _federal(year)) if day is not None]
    good_friday = easter - 2 * DAY
    if not (year >= PAYROLLS_ON_GOOD_FRIDAY_SINCE and _is_payrolls_friday(good_friday)):
        closed.append(good_friday)
    if year <= LINCOLN_UNTIL:
        lincoln = dt.date(year, 2, 12)
        closed.append(lincoln + DAY if lincoln.weekday() == SUNDAY else lincoln)
    if year <= ELECTION_DAY_UNTIL:
        first_monday = next(day for day in (dt.date(year, 11, n) for n in range(1, 8)) if day.weekday() == 0)
        closed.append(first_monday + DAY)
    return closed + [day for day in _dated("bond_market") if day.year == year]


def federal_closed(year: int) -> list[dt.date]:
    """Weekdays of `year` on which federal agencies are closed; a holiday of next 1 January may fall into it."""
    moved = [_federal_observed(holiday) for holiday in (*_federal(year), dt.date(year + 1, 1, 1))]
    return [day for day in (*moved, *_dated("federal")) if day.year == year]


def _federal(year: int) -> list[dt.date]:
    """Legal federal holidays on their own dates, before any is moved off a weekend."""
    return sorted(holidays.country_holidays("US", years=year, observed=False).keys())


def _bond_market_observed(holiday: dt.date) -> dt.date | None:
    if holiday.weekday() == SUNDAY:
        return holiday + DAY
    if holiday.weekday() == SATURDAY:
        return holiday - DAY if (holiday.month, holiday.day) in _MOVES_TO_FRIDAY else None
    return holiday


def _federal_observed(holiday: dt.date) -> dt.date:
    return holiday + {SATURDAY: -DAY, SUNDAY: DAY}.get(holiday.weekday(), dt.timedelta())


def _is_payrolls_friday(friday: dt.date) -> bool:
    """The employment report comes on the third Friday after the week of the 12th: the first Friday of April."""
    return friday.month == 4 and friday.day <= 7


@lru_cache(maxsize=2)
def _dated(name: str) -> tuple[dt.date, ...]:
    raw = tomllib.loads((resources.files("desk") / "us_closures.toml").read_text(encoding="utf-8"))
    return tuple(dt.date.fromisoformat(day) for day in raw[name])
