"""Which listed contract an instrument is traded in on each day, and how many days it has left.

A row of the panel is a decision day, 06:00; the prices it knows are those of the session before, so contracts are
valued on that session (`valuation_days`). Arrays are (T, N): T rows by N instruments.

Rules (B3 contract specifications). DI1 and DOL mature on the first business day of the contract month; IND on the
Wednesday nearest the 15th of even months; DAP on 15 May of odd years and 15 August of even years; a day without a
session moves to the next one. Constant maturities take the contract nearest to the tenor among the listed months; DOL
is the first contract with at least 5 sessions left, IND the first with more than 3. FRC (the FRA de cupom) matures as
DDI does, and is mapped like DI1. Treasury futures are the front quarterly contract, left 5 sessions before the first
day of its month (CBOT's first delivery day). The sovereign spread is five-year protection of the standard dates, 20
June and 20 December. An NTN-B is itself, from its first issue to its last session.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk import calendars
from desk.arrays import FloatArray, RowIndex
from desk.catalog.desk_parameters import Instrument

Days = calendars.Days
MONTH_LETTERS = "FGHJKMNQUVXZ"
DOL_MIN_SESSIONS = 5
IND_MIN_SESSIONS = 4


@dataclass(frozen=True)
class ContractMap:
    """`maturity` (T, N) as datetime64[D] and `contract_id` (T, N) as text, e.g. DI1F28."""

    maturity: Days
    contract_id: npt.NDArray[np.str_]


def valuation_days(decision_days: Days) -> Days:
    """The session whose closing prices a decision at 06:00 knows: the one before. Shape: as given."""
    return calendars.session_before(decision_days)


def map_contracts(instruments: Sequence[Instrument], decision_days: Days) -> ContractMap:
    """The listed contract of each instrument on each decision day."""
    days = np.asarray(decision_days, dtype="datetime64[D]")
    maturity = np.empty((len(days), len(instruments)), dtype="datetime64[D]")
    names = np.empty((len(days), len(instruments)), dtype="U16")
    for column, instrument in enumerate(instruments):
        if instrument.maturity is not None:
            maturity[:, column], names[:, column] = _bond(instrument, days)
            continue
        months = _listed_months(instrument, days)
        maturities = maturities_of(instrument.root, months)
        labels = _labels(instrument.root, months)
        listed = ~np.isin(labels, instrument.unlisted)
        maturities, labels = maturities[listed], labels[listed]
        chosen = (
            _nearest(instrument, maturities, days)
            if instrument.tenor_months and instrument.kind != "par_bond"
            else _front(instrument, maturities, days)
        )
        maturity[:, column], names[:, column] = maturities[chosen], labels[chosen]
    return ContractMap(maturity, names)


def valuation_day(day: dt.date) -> dt.date:
    """The session whose closing prices the decision of `day` knows."""
    found: dt.date = valuation_days(np.array([day], dtype="datetime64[D]"))[0].item()
    return found


def listed_contracts(instrument: Instrument, day: dt.date, also: Sequence[str] = ()) -> dict[str, dt.date]:
    """Every contract of the instrument's root that is listed on `day` by the rule of its months, and those of `also`
    (names of contracts), with their maturities; what matures by then is left out. Not for bonds."""
    days = np.array([day], dtype="datetime64[D]")
    months = np.union1d(_listed_months(instrument, days), _months_of(instrument.root, also))
    ends, labels = maturities_of(instrument.root, months), _labels(instrument.root, months)
    return {
        str(label): end.item()
        for label, end in zip(labels, ends, strict=True)
        if label not in instrument.unlisted and end > days[0]
    }


def _months_of(root: str, names: Sequence[str]) -> Days:
    """The months that the names of contracts say; a name of another form says none."""
    tails = [name[len(root) :] for name in names if name.startswith(root)]
    good = [tail for tail in tails if len(tail) == 3 and tail[0] in MONTH_LETTERS and tail[1:].isdigit()]
    months = [f"20{tail[1:]}-{MONTH_LETTERS.index(tail[0]) + 1:02d}-01" for tail in good]
    return np.array(months, dtype="datetime64[D]")


def business_days(start: Days, end: Days) -> FloatArray:
    """BUS/252 days in [start, end), by ANBIMA's calendar as it was known on `start`. NaN where `end` is NaT."""
    start, end = np.broadcast_arrays(np.asarray(start, "datetime64[D]"), np.asarray(end, "datetime64[D]"))
    unknown = np.isnat(end)
    end = np.where(unknown, start, end)
    law = np.datetime64(calendars.CONSCIOUSNESS_DAY_KNOWN)
    before = calendars.anbima(calendars.CONSCIOUSNESS_DAY_KNOWN.replace(year=2000)).count_array(start, end)
    after = calendars.anbima().count_array(start, end)
    return np.where(unknown, np.nan, np.where(start >= law, after, before).astype(np.float64))


def calendar_days(start: Days, end: Days) -> FloatArray:
    """Actual days from `start` to `end`. NaN where `end` is NaT."""
    span = np.asarray(end, "datetime64[D]") - np.asarray(start, "datetime64[D]")
    return np.where(np.isnat(span), np.nan, span.astype(np.float64))


def _bond(instrument: Instrument, days: Days) -> tuple[Days, npt.NDArray[np.str_]]:
    """Its payment day and name; NaT before it was first issued and once its last session is over."""
    nominal = np.datetime64(instrument.maturity, "D")
    first = np.datetime64(instrument.listed_from or dt.date.min, "D")
    alive = (days >= first) & (days < nominal)
    maturity = np.where(alive, paid_on(nominal), np.datetime64("NaT", "D"))
    return maturity, np.where(alive, f"{instrument.root}_{nominal}", "")


def paid_on(maturity: np.datetime64) -> np.datetime64:
    """The business day on which a bond of that maturity is redeemed."""
    return np.datetime64(calendars.anbima().offset_array(np.array([maturity]), 0)[0], "D")


def _listed_months(instrument: Instrument, days: Days) -> Days:
    """First days of the contract months that any of `days` could be mapped to, ascending."""
    reach = (instrument.tenor_months or 0) + 36
    first, last = days.min().astype("datetime64[M]"), days.max().astype("datetime64[M]") + reach
    months = np.arange(first, last)
    number = months.astype("int64") % 12 + 1
    listed = np.isin(number, instrument.months)
    if instrument.root == "DAP":
        odd_year = (months.astype("datetime64[Y]").astype("int64") + 1970) % 2 == 1
        listed &= np.where(number == 5, odd_year, ~odd_year)
    return months[listed].astype("datetime64[D]")


def maturities_of(root: str, months: Days) -> Days:
    """The day on which the contract of each month (its first day) matures."""
    if root == "IND":
        middle = months + np.timedelta64(14, "D")
        weekday = (middle.astype("int64") + 3) % 7  # Monday 0
        shift = (2 - weekday + 3) % 7 - 3  # to the nearest Wednesday: -3..3
        days = middle + shift.astype("timedelta64[D]")
    elif root == "DAP":
        days = months + np.timedelta64(14, "D")
    elif root == "SOV":
        days = months + np.timedelta64(19, "D")
    else:
        days = months
    return calendars.b3().offset_array(days, 0)


def _labels(root: str, months: Days) -> npt.NDArray[np.str_]:
    number = months.astype("datetime64[M]").astype("int64") % 12
    years = (months.astype("datetime64[Y]").astype("int64") + 1970) % 100
    return np.array([f"{root}{MONTH_LETTERS[m]}{y:02d}" for m, y in zip(number, years, strict=True)], dtype="U16")


def _nearest(instrument: Instrument, maturities: Days, days: Days) -> RowIndex:
    """Index of the maturity nearest (in calendar days) to day + tenor; the earlier one on a tie."""
    month = days.astype("datetime64[M]")
    target = (month + np.timedelta64(instrument.tenor_months or 0, "M")).astype("datetime64[D]") + (
        days - month.astype("datetime64[D]")
    )
    right = np.clip(np.searchsorted(maturities, target), 1, len(maturities) - 1)
    closer_left = target - maturities[right - 1] <= maturities[right] - target
    return np.asarray(np.where(closer_left, right - 1, right), dtype=np.intp)


def _front(instrument: Instrument, maturities: Days, days: Days) -> RowIndex:
    """Index of the first contract that still has its minimum of sessions left on the day."""
    minimum = IND_MIN_SESSIONS if instrument.root == "IND" else DOL_MIN_SESSIONS
    last_day = calendars.b3().offset_array(maturities, -minimum)
    return np.asarray(np.searchsorted(last_day, days, side="left"), dtype=np.intp)
