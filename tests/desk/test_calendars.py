"""Calendars against the exchanges' own lists, published day counts, and four years of official Ibovespa closes."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.errors import UnknownCalendar

D = dt.date
HISTORY = Path(os.environ.get("ALVORADA_REAL_HISTORY", Path(__file__).parents[3] / "shared" / "real-history"))


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
    assert not calendars.us_government().is_business_day(D(2026, 4, 3))  # Good Friday
    assert not calendars.nyse().is_business_day(D(2026, 4, 3))


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


@pytest.mark.real
@pytest.mark.skipif(not HISTORY.is_dir(), reason=f"no real history at {HISTORY}; set ALVORADA_REAL_HISTORY")
def test_b3_calendar_is_the_days_of_the_official_ibovespa() -> None:
    closes = pl.read_csv(HISTORY / "tidy_by_us" / "b3_ibov_idiv_smll_official_2018_2023.csv.gz", try_parse_dates=True)
    traded = closes.filter(pl.col("symbol") == "IBOV")["refdate"].unique().sort().to_list()
    expected = calendars.b3().days(traded[0], traded[-1])
    assert sorted(set(traded) ^ set(expected)) == []
