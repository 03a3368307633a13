"""Decision days: how many a year, on business days, and the real targets change on the listed days."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
from collections import Counter
from itertools import pairwise

import pytest

import desk.catalog.meetings as meetings_module
from desk import calendars
from desk.catalog.meetings import load_meetings
from desk.errors import BadCatalog
from tests.flows.real_folders import real_folder

MEETINGS = load_meetings()
Changes = list[dt.date]


def test_copom_met_every_month_until_2005_and_eight_times_a_year_since() -> None:
    counts = Counter(day.year for day in MEETINGS.copom)
    assert counts == {year: 12 if year < 2006 else 8 for year in range(2000, 2028)}


def test_fomc_meets_eight_times_a_year_and_cancelled_one_in_2020() -> None:
    counts = Counter(day.year for day in MEETINGS.fomc)
    assert counts == {year: 7 if year == 2020 else 8 for year in range(2000, 2028)}


def test_decisions_fall_on_business_days() -> None:
    assert all(calendars.anbima().is_business_day(day) for day in MEETINGS.copom)
    assert all(calendars.us_government().is_business_day(day) for day in MEETINGS.fomc)


def test_copom_decides_on_wednesdays() -> None:
    assert [day for day in MEETINGS.copom if day.weekday() != 2] == [dt.date(2000, 6, 20)]


def test_what_is_estimated_and_what_was_between_meetings_is_said() -> None:
    assert MEETINGS.copom_estimated_from == dt.date(2027, 1, 1)
    assert not set(MEETINGS.copom) & set(MEETINGS.copom_between)
    assert not set(MEETINGS.fomc) & set(MEETINGS.fomc_between)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"copom": []}, "copom is not a list of dates"),
        ({"copom": ["2026-01-28"]}, "copom is not a list of dates"),
        ({"copom": [dt.date(2026, 3, 18), dt.date(2026, 1, 28)]}, "copom is not in ascending order"),
        ({"copom": [dt.date(2026, 1, 28)]}, "fomc is not a list of dates"),
        ({"copom_estimated_from": 2027}, "copom_estimated_from is not a date"),
    ],
)
def test_a_spoiled_list_is_named(monkeypatch: pytest.MonkeyPatch, raw: dict[str, object], message: str) -> None:
    monkeypatch.setattr(meetings_module, "read_toml", lambda name: raw)
    with pytest.raises(BadCatalog, match=message):
        load_meetings()


def changes(rows: list[tuple[dt.date, float]], since: dt.date) -> Changes:
    return [day for (_, before), (day, after) in pairwise(rows) if after != before and day >= since]


def in_force(decisions: tuple[dt.date, ...]) -> set[dt.date]:
    """The day after, and the business day after where that is a holiday: SGS has written it both ways."""
    next_day = {day + dt.timedelta(days=1) for day in decisions}
    return next_day | {calendars.anbima().on_or_after(day) for day in next_day}


@pytest.mark.real
def test_the_selic_target_changes_on_the_business_day_after_copom() -> None:
    file = real_folder("ALVORADA_REAL_HISTORY", "real-history") / "brazil_macro/sgs_432_01-01-2017_11-02-2026.json"
    rows = [
        (dt.datetime.strptime(row["data"], "%d/%m/%Y").replace(tzinfo=dt.UTC).date(), float(row["valor"]))
        for row in json.loads(file.read_text(encoding="utf-8"))
    ]
    moved = changes(rows, dt.date(2017, 1, 2))
    assert len(moved) == 45
    assert set(moved) <= in_force(MEETINGS.copom)


@pytest.mark.real
def test_the_selic_target_of_2000_to_2016_changes_after_copom_but_for_three_times() -> None:
    folder = real_folder("ALVORADA_REAL_HISTORY", "real-history")
    with gzip.open(folder / "tidy_by_us/cdi_selic_daily_1986_2020.csv.gz", "rt", encoding="utf-8") as lines:
        rows = [
            (dt.date.fromisoformat(row["date"][:10]), float(row["Selic|Meta"]))
            for row in csv.DictReader(lines)
            if row["Selic|Meta"]
        ]
    moved = [day for day in changes(rows, dt.date(2000, 1, 1)) if day.year < 2017]
    allowed = set(MEETINGS.copom) | in_force(MEETINGS.copom)
    assert len(moved) == 100
    assert [day for day in moved if day not in allowed] == [
        dt.date(2000, 3, 29),
        dt.date(2000, 7, 10),
        dt.date(2002, 10, 15),
    ]
    assert calendars.anbima().offset(MEETINGS.copom_between[0], 1) == dt.date(2002, 10, 15)


@pytest.mark.real
def test_the_fed_target_changes_on_the_day_of_the_decision() -> None:
    folder = real_folder("ALVORADA_REAL_HISTORY", "real-history")
    with gzip.open(folder / "tidy_by_us/intl_rates_daily_1969_2020.csv.gz", "rt", encoding="utf-8") as lines:
        name = "EUA|Meta(1)(2)"
        rows = [
            (dt.date.fromisoformat(row["date"][:10]), float(row[name])) for row in csv.DictReader(lines) if row[name]
        ]
    moved = changes(rows, dt.date(2000, 1, 1))
    assert len(moved) == 57
    decided = set(MEETINGS.fomc) | {calendars.weekdays().on_or_after(day) for day in MEETINGS.fomc_between}
    assert set(moved) <= decided


@pytest.mark.real
def test_copom_days_are_those_of_the_minutes() -> None:
    file = real_folder("ALVORADA_REAL_HISTORY", "real-history") / "calendars/copom_meetings_1998_2026.csv"
    with file.open(encoding="utf-8") as lines:
        held = {dt.date.fromisoformat(row["data_referencia"]) for row in csv.DictReader(lines)}
    since_2000 = {day for day in held if day.year >= 2000}
    assert since_2000 == {day for day in MEETINGS.copom if day <= max(held)} | set(MEETINGS.copom_between)
