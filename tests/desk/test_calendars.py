"""Calendars against the exchanges' own lists, published day counts, and every day with published prices."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable

import holidays
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import calendars
from desk.errors import UnknownCalendar
from tests.flows.real_folders import real_folder

D = dt.date


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (D(2025, 12, 24), False),
        (D(2025, 12, 31), False),
        (D(2022, 12, 30), False),  # last weekday of a year that ends on a Saturday
        (D(2026, 2, 16), False),  # Carnival Monday
        (D(2026, 2, 17), False),
        (D(2026, 2, 18), True),  # Ash Wednesday opens late, but opens
        (D(2020, 7, 9), True),  # moved to May by the state
        (D(2020, 11, 20), True),
        (D(2019, 7, 9), False),
        (D(2021, 1, 25), False),
        (D(2022, 1, 25), True),  # municipal holidays dropped
        (D(2022, 7, 9), False),  # a Saturday
        (D(2023, 11, 20), True),
        (D(2024, 11, 20), False),  # national since 2024
        (D(2025, 6, 19), False),  # Corpus Christi
        (D(2014, 6, 12), False),
    ],
)
def test_b3_sessions_from_its_circulars(day: dt.date, open_: bool) -> None:
    assert calendars.b3().is_business_day(day) is open_


@pytest.mark.parametrize(("year", "sessions"), [(2021, 247), (2022, 250), (2023, 248), (2024, 251)])
def test_b3_sessions_a_year_as_published(year: int, sessions: int) -> None:
    assert len(calendars.b3().days(D(year, 1, 1), D(year, 12, 31))) == sessions


def test_anbima_counts_of_published_bonds() -> None:
    assert calendars.anbima().count(D(2024, 7, 5), D(2030, 1, 1)) == 1374


def test_anbima_as_known_before_the_law_counts_20_november() -> None:
    before, after = calendars.anbima(D(2023, 12, 22)), calendars.anbima(D(2023, 12, 26))
    assert before.is_business_day(D(2026, 11, 20))
    assert not after.is_business_day(D(2026, 11, 20))
    # 2024 to 2026, 2028 and 2029: in 2027 it is a Saturday
    assert before.count(D(2024, 1, 2), D(2030, 1, 1)) == after.count(D(2024, 1, 2), D(2030, 1, 1)) + 5


def test_anbima_and_b3_differ_on_new_years_eve() -> None:
    assert calendars.anbima().is_business_day(D(2025, 12, 31))
    assert not calendars.b3().is_business_day(D(2025, 12, 31))


@pytest.mark.parametrize(("year", "day"), [(2008, D(2008, 3, 23)), (2024, D(2024, 3, 31)), (2038, D(2038, 4, 25))])
def test_easter(year: int, day: dt.date) -> None:
    assert calendars.easter(year) == day


def test_us_calendars() -> None:
    assert not calendars.us_government().is_business_day(D(2025, 10, 13))  # Columbus Day: bonds closed, stocks open
    assert calendars.nyse().is_business_day(D(2025, 10, 13))


@pytest.mark.parametrize(
    ("day", "bonds", "government"),
    [
        (D(2025, 4, 18), False, True),  # Good Friday
        (D(2026, 4, 3), True, True),  # Good Friday with payrolls: open until noon
        (D(2021, 4, 2), True, True),
        (D(1994, 4, 1), False, True),  # payrolls on Good Friday, but before the market opened for them
        (D(2023, 11, 10), True, False),  # Veterans Day on Saturday
        (D(2021, 12, 31), True, False),  # New Year's Day on Saturday
        (D(2021, 6, 18), True, False),  # the first Juneteenth, on Saturday
        (D(2022, 6, 20), False, False),  # Juneteenth on Sunday
        (D(2020, 7, 3), False, False),  # Independence Day on Saturday: both move
        (D(2021, 12, 24), False, False),
        (D(2018, 12, 5), False, False),  # mourning
        (D(2025, 1, 9), True, False),  # mourning: the bond market closed at two
        (D(2012, 10, 29), True, False),  # Sandy: yields of the morning were published
        (D(2012, 10, 30), False, False),
        (D(2001, 9, 12), False, True),
        (D(2018, 12, 24), True, False),  # by executive order
        (D(1984, 11, 6), False, True),  # election day, until 1984
        (D(1985, 2, 12), False, True),  # Lincoln's birthday, until 1985
        (D(1986, 2, 12), True, True),
    ],
)
def test_the_bond_market_and_the_government_close_on_different_days(
    day: dt.date, bonds: bool, government: bool
) -> None:
    assert calendars.us_government().is_business_day(day) is bonds
    assert calendars.us_federal().is_business_day(day) is government


def test_the_bond_market_on_the_days_that_the_governments_calendar_has_wrong() -> None:
    """By the Treasury's published curve, 2000 to 2026: the holidays of federal employees stood in for the market's."""
    opened = (
        "2000-11-10 2004-12-31 2006-11-10 2007-04-06 2010-04-02 2010-12-31 2012-04-06 2015-04-03 2017-11-10 2021-04-02"
        " 2021-06-18 2021-12-31 2023-04-07 2023-11-10"
    )
    closed = "2001-09-11 2001-09-12 2004-06-11 2012-10-30 2018-12-05"
    is_open = calendars.us_government().is_business_day
    assert [day for day in opened.split() if not is_open(D.fromisoformat(day))] == []
    assert [day for day in closed.split() if is_open(D.fromisoformat(day))] == []


@given(st.integers(calendars.FIRST_YEAR, calendars.LAST_YEAR))
def test_the_bond_market_keeps_every_holiday_that_is_on_a_weekday(year: int) -> None:
    legal = [day for day in holidays.country_holidays("US", years=year, observed=False) if day.weekday() < 5]
    assert not any(calendars.us_government().is_business_day(day) for day in legal)
    assert not any(calendars.us_federal().is_business_day(day) for day in legal)
    assert 246 <= len(calendars.us_government().days(D(year, 1, 1), D(year, 12, 31))) <= 253


def test_offsets_roll_before_they_count() -> None:
    b3 = calendars.b3()
    assert b3.on_or_after(D(2026, 2, 14)) == D(2026, 2, 18)
    assert b3.on_or_before(D(2026, 2, 17)) == D(2026, 2, 13)
    assert b3.offset(D(2026, 2, 13), 1) == D(2026, 2, 18)
    assert b3.offset(D(2026, 2, 15), -1) == D(2026, 2, 12)


def test_arrays_agree_with_single_days() -> None:
    b3 = calendars.b3()
    days = np.arange(np.datetime64("2025-12-20"), np.datetime64("2026-01-10"))
    moved = b3.offset_array(days, 2)
    assert [day.item() for day in moved] == [b3.offset(day.item(), 2) for day in days]
    counts = b3.count_array(days, days + 10)
    assert counts.tolist() == [b3.count(day, day + 10) for day in days]


def test_an_unknown_calendar_is_named() -> None:
    with pytest.raises(UnknownCalendar, match="lse"):
        calendars.by_name("lse")
    assert calendars.by_name("weekdays").is_business_day(D(2025, 12, 25))


def _differences(published: Iterable[dt.date], calendar: calendars.Calendar) -> tuple[list[dt.date], list[dt.date]]:
    """Days published but closed, and days open but not published, between the first and the last published day."""
    days = set(published)
    expected = set(calendar.days(min(days), max(days)))
    return sorted(days - expected), sorted(expected - days)


def _dates(file: str, day: str, value: str | None = None) -> list[dt.date]:
    """Days of a collected csv that have a value."""
    frame = pl.read_csv(real_folder("ALVORADA_REAL_HISTORY", "real-history") / file, infer_schema=False)
    known = frame if value is None else frame.filter(~pl.col(value).fill_null(".").is_in([".", "", "NaN"]))
    return known[day].str.slice(0, 10).str.to_date("%Y-%m-%d").unique().sort().to_list()


@pytest.mark.real
def test_us_government_is_the_days_of_the_ten_year_yield() -> None:
    published = [day for day in _dates("us/fred_DGS10_1962_2026.csv.gz", "date", "value") if day.year >= 1980]
    assert len(published) == 11_549
    assert _differences(published, calendars.us_government()) == ([], [])


@pytest.mark.real
def test_us_government_is_the_days_of_the_treasury_s_own_curve() -> None:
    file = real_folder("ALVORADA_REAL_PAYLOADS", "real-payloads") / "us_treasury" / "par_yield_all_1990_to_2022-03.csv"
    frame = pl.read_csv(file, infer_schema=False).filter(pl.col("10 Yr").is_not_null())
    published = frame["Date"].str.to_date("%m/%d/%Y").to_list()
    assert len(published) > 8_000
    assert _differences(published, calendars.us_government()) == ([], [])


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "day", "value", "days"),
    [
        ("equities/yahoo_GSPC_daily.csv", "Date", "^GSPC", 6_723),
        ("etf/EWZ.csv.gz", "Date", "Close", 5_366),
        ("equities/fred_SP500_2016_2026.csv", "date", "value", 2_513),
    ],
)
def test_nyse_is_the_days_of_new_york_prices(file: str, day: str, value: str, days: int) -> None:
    published = _dates(file, day, value)
    assert len(published) == days
    assert _differences(published, calendars.nyse()) == ([], [])


@pytest.mark.real
@pytest.mark.parametrize(("name", "calendar"), [("B3.cal", "b3"), ("ANBIMA.txt", "anbima")])
def test_brazilian_calendars_are_the_collected_holiday_lists(name: str, calendar: str) -> None:
    lines = (real_folder("ALVORADA_REAL_PAYLOADS", "real-payloads") / "calendars" / name).read_text().split()
    closed = {dt.date.fromisoformat(line) for line in lines if line[:2] == "20"}
    weekdays = calendars.weekdays().days(min(closed), max(closed))
    # both lists are older than the law on 20 November; B3's own has the day on which it did not trade
    known = calendars.anbima(D(2023, 12, 1)) if calendar == "anbima" else calendars.by_name(calendar)
    assert [day for day in weekdays if known.is_business_day(day) is (day in closed)] == []
    assert len(weekdays) > 6_700


@pytest.mark.real
def test_b3_has_no_session_that_the_exchange_did_not_hold() -> None:
    """Ibovespa since 1994: the file repeats a close on some closed days, but lacks none of the calendar's days."""
    closes = _dates("equities/ibovespa_close_1993_2025.csv", "data", "valor")
    _, missing = _differences([day for day in closes if day.year >= 1994], calendars.b3())
    assert missing == []


@pytest.mark.real
def test_b3_is_open_on_every_day_of_di1_settlements() -> None:
    published = _dates("di_curve/di1_settlement_by_contract_2006_2025.csv.gz", "date")
    closed, holes = _differences(published, calendars.b3())
    assert (len(published), closed, len(holes)) == (4_618, [], 16)  # the file has holes in 2019, 2021 and 2022


@pytest.mark.real
def test_anbima_is_the_days_of_ptax_and_open_on_every_day_of_bond_rates() -> None:
    history = real_folder("ALVORADA_REAL_HISTORY", "real-history")
    ptax = [
        dt.date.fromisoformat(row["data"])
        for row in json.loads((history / "fx/bcb_ptax_venda_2021_2026.json").read_text())
    ]
    assert (len(ptax), _differences(ptax, calendars.anbima())) == (1_256, ([], []))
    bonds = pl.read_parquet(history / "anbima" / "anbima_tpf_2007_2025.parquet")["ReferenceDate"].dt.date().unique()
    closed, without = _differences(bonds.to_list(), calendars.anbima())
    assert closed == []
    # ANBIMA published no indicative rates on days without a session at B3, but for holes of the file
    assert len([day for day in without if calendars.b3().is_business_day(day)]) <= 4


@pytest.mark.real
def test_b3_calendar_is_the_days_of_the_official_ibovespa() -> None:
    closes = _dates("tidy_by_us/b3_ibov_idiv_smll_official_2018_2023.csv.gz", "refdate")
    assert _differences(closes, calendars.b3()) == ([], [])
