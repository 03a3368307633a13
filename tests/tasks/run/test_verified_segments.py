"""Which decided days this code must come to again, and which it need not."""

from __future__ import annotations

import datetime as dt
import uuid

from desk.model import decision_time
from tasks.run.verified_segments import split
from tasks.store import Decision
from tasks.store.decisions import DecisionKind
from tasks.store.late_inputs import LateInput

OWN, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
DAYS = [dt.date(2026, 11, day) for day in (16, 17, 18, 19)]
MINUTE = dt.timedelta(minutes=1)


def decision(day: dt.date, code: str = "1", kind: DecisionKind = "live") -> Decision:
    as_of = decision_time(day)
    return Decision("book", as_of, 1, kind, OWN, as_of + MINUTE, None, code, None, False, None)


def days(found: list[Decision], late: list[LateInput] | None = None, stopped: set[dt.datetime] | None = None) -> object:
    return [(one.days, one.reason) for one in split(found, "1", late or [], stopped or set())]


def test_days_of_one_code_are_one_segment_which_goes_on_from_the_one_before() -> None:
    found = [decision(day, code) for day, code in zip(DAYS, "0011", strict=True)]
    first, second = split(found, "1", [], set())
    assert (first.days, first.reason, first.after) == (DAYS[:2], "other code", None)
    assert (second.days, second.reason, second.after) == (DAYS[2:], "", found[1])
    assert days([decision(day, "0") for day in DAYS[:1]] + [decision(DAYS[1], "2")]) == [
        (DAYS[:1], "other code"), (DAYS[1:2], "other code")
    ]  # fmt: skip
    assert split([], "1", [], set()) == []


def test_inputs_that_came_after_a_decision_which_its_day_counts_as_known_set_it_apart() -> None:
    found = [decision(day) for day in DAYS]
    fetched = decision_time(DAYS[2]) + MINUTE / 2  # before Wednesday's decision, after Tuesday's
    since_tuesday = LateInput(OTHER, fetched, decision_time(DAYS[1]) - MINUTE)
    assert days(found, [since_tuesday]) == [(DAYS[:1], ""), (DAYS[1:2], "later inputs"), (DAYS[2:], "")]
    of_its_own_run = LateInput(OWN, fetched, decision_time(DAYS[1]) - MINUTE)
    known_when_it_came = LateInput(OTHER, fetched, fetched)
    assert days(found, [of_its_own_run, known_when_it_came]) == [(DAYS, "")]


def test_a_held_day_and_one_whose_orders_were_stopped_have_no_decision_to_compute() -> None:
    found = [decision(DAYS[0]), decision(DAYS[1], kind="held"), decision(DAYS[2]), decision(DAYS[3])]
    [whole] = split(found, "1", [], {decision_time(DAYS[3])})
    assert whole.held == {DAYS[1], DAYS[3]}
