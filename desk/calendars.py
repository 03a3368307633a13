"""Business-day calendars: ANBIMA (BUS/252), B3 (trading days), US government securities, US federal government, NYSE.

A calendar answers for numpy arrays and for single dates. ANBIMA's depends on what was known: 20 November became a
national holiday by the law of 21 December 2023, so a bond priced before 26 December counts it as a business day.
Sources: ANBIMA holiday list, B3 trading calendars, `holidays` (NYSE), desk/us_holidays.py. Every day is held against
published data: B3 from 1994, ANBIMA and NYSE from 2000, US government securities from 1980
(tests/desk/test_calendars.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import holidays
import numpy as np
import numpy.typing as npt

from desk import us_holidays
from desk.errors import UnknownCalendar

FIRST_YEAR, LAST_YEAR = 1980, 2090
CONSCIOUSNESS_DAY_KNOWN = dt.date(2023, 12, 26)
"""From this settlement on 20 November is a holiday of BUS/252: ANBIMA's calendar took up the law of 21 December, which
appeared on the 22nd, after Christmas; the prices published for the 21st and the 22nd still count the day."""
DateLike = dt.date | np.datetime64
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Calendar:
    """A set of holidays over Monday to Friday weeks, from 1980 to 2090."""

    name: str
    busday: np.busdaycalendar

    def is_business_day(self, day: DateLike) -> bool:
        """Whether `day` is Monday to Friday and no holiday."""
        return bool(np.is_busday(_day64(day), busdaycal=self.busday))

    def offset(self, day: DateLike, days: int) -> dt.date:
        """The business day `days` after `day`; a non-business `day` first moves forward (back when days < 0)."""
        roll = "backward" if days < 0 else "forward"
        return _to_date(self.offset_array(np.array([_day64(day)]), days, roll)[0])

    def on_or_after(self, day: DateLike) -> dt.date:
        """`day`, or the next business day."""
        return self.offset(day, 0)

    def on_or_before(self, day: DateLike) -> dt.date:
        """`day`, or the business day before it."""
        return _to_date(np.busday_offset(_day64(day), 0, roll="backward", busdaycal=self.busday))

    def count(self, start: DateLike, end: DateLike) -> int:
        """Business days in [start, end)."""
        return int(np.busday_count(_day64(start), _day64(end), busdaycal=self.busday))

    def days(self, start: DateLike, end: DateLike) -> list[dt.date]:
        """Business days in [start, end], ascending."""
        span = np.arange(_day64(start), _day64(end) + 1)
        return [_to_date(day) for day in span[np.is_busday(span, busdaycal=self.busday)]]

    def count_array(self, start: Days, end: Days) -> npt.NDArray[np.int64]:
        """Business days in [start, end), elementwise over datetime64[D] arrays that broadcast."""
        return np.busday_count(start, end, busdaycal=self.busday)

    def offset_array(self, start: Days, days: npt.ArrayLike, roll: str = "forward") -> Days:
        """`offset` elementwise; a non-business start first rolls `forward` or `backward`."""
        moved: Days = np.busday_offset(start, days, roll=roll, busdaycal=self.busday)  # type: ignore[call-overload]
        return moved


def _day64(day: DateLike) -> np.datetime64:
    return np.datetime64(day, "D") if isinstance(day, dt.date) else day.astype("datetime64[D]")


def _to_date(day: np.datetime64) -> dt.date:
    return day.astype("datetime64[D]").item()  # type: ignore[no-any-return]


def easter(year: int) -> dt.date:
    """Gregorian Easter Sunday (anonymous algorithm, Meeus 1991)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, day + 1)


def _brazil_national(year: int, *, consciousness_day: bool) -> list[dt.date]:
    sunday = easter(year)
    moving = [sunday + dt.timedelta(days=shift) for shift in (-48, -47, -2, 60)]
    fixed = [(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)]
    if consciousness_day and year >= 2024:
        fixed.append((11, 20))
    return moving + [dt.date(year, month, day) for month, day in fixed]


_B3_ONCE = (
    dt.date(1994, 7, 1),  # the real replaces the cruzeiro real
    dt.date(1994, 10, 3),  # general election
    dt.date(1996, 10, 3),  # municipal election
    dt.date(2014, 6, 12),  # opening match of the World Cup, in São Paulo
)


def _b3_only(year: int) -> list[dt.date]:
    """Days without a session that are not national holidays. São Paulo's own holidays were dropped from 2022."""
    closed = [dt.date(year, 12, 24), _last_weekday(year)]
    if year <= 2021:
        closed.append(dt.date(year, 1, 25))
        if year != 2020:  # in 2020 both were moved to May by the city and the state, and B3 traded on them
            if year >= 1997:
                closed.append(dt.date(year, 7, 9))
            if year >= 2006:
                closed.append(dt.date(year, 11, 20))
    if year <= 1999:
        closed.append(easter(year) - dt.timedelta(days=3))  # Maundy Thursday
    if year <= 1996:
        closed.append(easter(year) - dt.timedelta(days=46))  # Ash Wednesday
    return closed + [day for day in _B3_ONCE if day.year == year]


def _last_weekday(year: int) -> dt.date:
    day = dt.date(year, 12, 31)
    while day.weekday() > 4:
        day -= dt.timedelta(days=1)
    return day


def _calendar(name: str, days: Iterable[dt.date]) -> Calendar:
    return Calendar(name, np.busdaycalendar(holidays=np.array(sorted(set(days)), dtype="datetime64[D]")))


_YEARS = range(FIRST_YEAR, LAST_YEAR + 1)


@lru_cache(maxsize=2)
def _anbima(consciousness_day: bool) -> Calendar:
    return _calendar("anbima", (d for y in _YEARS for d in _brazil_national(y, consciousness_day=consciousness_day)))


def anbima(known_on: dt.date | None = None) -> Calendar:
    """ANBIMA's calendar for BUS/252, as it was known on `known_on` (today's when None)."""
    return _anbima(known_on is None or known_on >= CONSCIOUSNESS_DAY_KNOWN)


@lru_cache(maxsize=1)
def b3() -> Calendar:
    """Days with a trading session at B3."""
    return _calendar("b3", (d for y in _YEARS for d in _brazil_national(y, consciousness_day=True) + _b3_only(y)))


def session_before(decision_days: Days) -> Days:
    """The B3 session whose closing prices a decision at 06:00 knows: the one before. Shape: as given."""
    return b3().offset_array(b3().offset_array(decision_days, 0), -1, roll="backward")


@lru_cache(maxsize=1)
def nyse() -> Calendar:
    """Sessions of the New York Stock Exchange."""
    return _calendar("nyse", holidays.financial_holidays("NYSE", years=_YEARS).keys())


@lru_cache(maxsize=1)
def us_government() -> Calendar:
    """US government securities: days with published Treasury yields."""
    return _calendar("us_government", (d for y in _YEARS for d in us_holidays.bond_market_closed(y, easter(y))))


@lru_cache(maxsize=1)
def us_federal() -> Calendar:
    """Days on which US federal agencies are at work, and so publish; a lapse of appropriations is not in it."""
    return _calendar("us_federal", (d for y in _YEARS for d in us_holidays.federal_closed(y)))


@lru_cache(maxsize=1)
def weekdays() -> Calendar:
    """Monday to Friday, without holidays."""
    return _calendar("weekdays", [])


def by_name(name: str) -> Calendar:
    """The calendar a catalogue entry names. Raises UnknownCalendar."""
    known: dict[str, Callable[[], Calendar]] = {
        "anbima": anbima,
        "b3": b3,
        "nyse": nyse,
        "us_government": us_government,
        "us_federal": us_federal,
        "weekdays": weekdays,
    }
    if name not in known:
        raise UnknownCalendar(f"unknown calendar {name!r}; known: {', '.join(sorted(known))}")
    return known[name]()
