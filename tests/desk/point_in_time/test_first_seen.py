"""Rules against the times at which we first saw a number: late, early, and what a first load does not say."""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk import calendars
from desk.catalog import load_catalog
from desk.model import decision_time
from desk.point_in_time.first_seen import FirstSeen, first_seen

CATALOG = load_catalog()
DAYS = calendars.anbima().days(dt.date(2026, 10, 1), dt.date(2026, 10, 30))
LOOKS = [decision_time(day) + dt.timedelta(minutes=1) for day in DAYS]


def of_lag(lag: int, name: str = "cdi_annual", skip: int = 0) -> FirstSeen:
    """CDI of each day, whose rule is 05:30 of the next one, seen `lag` sessions' looks after its day; the first `skip`
    of the looks were not made."""
    seen = [
        {"series_id": name, "obs_date": day, "seen": max(LOOKS[place + lag], LOOKS[skip])}
        for place, day in enumerate(DAYS[: len(DAYS) - 2])
    ]
    frame = pl.DataFrame(seen, schema_overrides={"seen": pl.Datetime("us", "UTC")})
    (found,) = first_seen(frame, {"bcb_sgs_daily": LOOKS[skip:]}, CATALOG)
    return found


def test_a_number_of_the_first_look_after_its_hour_is_as_its_rule_says() -> None:
    found = of_lag(1)
    assert (found.early, found.late, found.verdict) == (0, 0, "")
    assert found.due == len(DAYS) - 2
    assert 0 < found.latest_hours < 96, "a weekend lies between, and no look"


def test_numbers_that_a_look_did_not_find_make_the_rule_early() -> None:
    found = of_lag(2)
    assert found.late == found.due
    assert found.verdict.startswith(f"the rule is early: {found.due} of {found.due} came later, up to ")


def test_numbers_that_are_there_before_their_hour_make_the_rule_late() -> None:
    found = of_lag(0)
    assert (found.early, found.late) == (found.due, 0)
    assert found.verdict.startswith(f"the rule is late: all {found.due} were there before")


def test_a_first_load_says_nothing_of_what_was_due_before_it() -> None:
    assert of_lag(1, skip=10).due == len(DAYS) - 2 - 10
    few = of_lag(2, skip=len(DAYS) - 4)
    assert few.due < 5
    assert few.verdict == ""
