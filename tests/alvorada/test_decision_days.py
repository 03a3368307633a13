"""Which decision day a command means. Truth: B3's calendar as published, and São Paulo's clock (UTC-3 since 2019)."""

from __future__ import annotations

import datetime as dt

import pytest

from alvorada.cli.decision_days import day_range, decision_day
from desk.errors import BadInput
from desk.point_in_time.decision_days import latest_day

UTC = dt.UTC
SATURDAY = dt.datetime(2026, 1, 17, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-01-12T08:59:59+00:00", "2026-01-09"),  # Monday, a second before 06:00 in São Paulo: still Friday's
        ("2026-01-12T09:00:00+00:00", "2026-01-12"),
        ("2026-01-18T23:00:00+00:00", "2026-01-16"),  # Sunday
        ("2026-02-17T15:00:00+00:00", "2026-02-13"),  # Carnival Tuesday
        ("2025-12-25T15:00:00+00:00", "2025-12-23"),  # B3 is closed on the 24th too
        ("2026-01-13T02:00:00+00:00", "2026-01-12"),  # already Tuesday in UTC, still Monday in São Paulo
        ("2018-12-03T08:00:00+00:00", "2018-12-03"),  # daylight saving: 06:00 is 08:00 UTC
        ("2018-12-03T07:59:00+00:00", "2018-11-30"),
    ],
)
def test_the_latest_day_is_the_last_session_whose_six_oclock_has_come(now: str, day: str) -> None:
    assert latest_day(dt.datetime.fromisoformat(now)) == dt.date.fromisoformat(day)


def test_no_as_of_is_the_latest_day_and_a_past_session_is_taken_as_it_is() -> None:
    assert decision_day(None, SATURDAY) == dt.date(2026, 1, 16)
    assert decision_day("2020-03-19", SATURDAY) == dt.date(2020, 3, 19)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tomorrow", "not a date"),
        ("2026-02-30", "not a date"),
        ("1950-01-02", "before 1980"),
        ("2026-01-10", "Saturday); nearest with a decision: 2026-01-09 and 2026-01-12"),
        ("2025-12-25", "holiday); nearest with a decision: 2025-12-23 and 2025-12-26"),
        ("2026-01-17", "Saturday); nearest with a decision: 2026-01-16"),
        ("2026-01-19", "is in the future"),
        ("2030-01-05", "nearest with a decision: 2026-01-16"),
    ],
)
def test_a_day_without_a_decision_is_refused_with_those_that_have_one(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        decision_day(text, SATURDAY)
    assert says in str(refused.value)


def test_a_saturday_does_not_offer_a_day_that_has_not_come() -> None:
    with pytest.raises(BadInput) as refused:
        decision_day("2026-01-17", SATURDAY)
    assert "2026-01-19" not in str(refused.value)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2026-01-12", "2026-01-05", "is after"),
        ("2026-01-05", "2026-01-19", "in the future"),
        ("2026-01-10", "2026-01-11", "no B3 business day"),
        ("x", "2026-01-11", "--from 'x' is not a date"),
    ],
)
def test_a_backfill_range_must_hold_sessions_of_the_past(start: str, end: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        day_range(start, end, SATURDAY)


def test_a_backfill_range_may_begin_and_end_on_closed_days() -> None:
    assert day_range("2026-01-03", "2026-01-11", SATURDAY) == (dt.date(2026, 1, 3), dt.date(2026, 1, 11))
