"""Facts that time undoes: each has a date, a place and a remedy, and what is due is named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from desk.catalog import expiry
from desk.catalog.events import load_events
from desk.catalog.expiry import ExpiringFact, facts_due, load_expiring
from desk.catalog.meetings import load_meetings
from desk.errors import BadCatalog

FACTS = {fact.id: fact for fact in load_expiring()}
ROOT = Path(__file__).parents[2]
D = dt.date


def test_every_fact_says_where_it_is_and_what_to_do() -> None:
    for fact in FACTS.values():
        file = fact.where.split(":")[0].split(",")[0]
        assert (ROOT / file).is_file(), fact.id
        assert min(len(fact.what), len(fact.mend), len(fact.source)) > 10, fact.id
        assert fact.valid_until is None or fact.valid_until >= D(2026, 3, 31), fact.id


def test_meetings_end_when_their_facts_do() -> None:
    """Whoever enters a year's days has to move the fact with them."""
    meetings = load_meetings()
    assert meetings.copom_estimated_from is not None
    assert FACTS["copom_2027"].valid_until == meetings.copom_estimated_from - dt.timedelta(days=1)
    assert FACTS["fomc_2028"].valid_until == meetings.fomc[-1]


def test_the_release_calendar_ends_when_its_fact_does() -> None:
    listed = max(day for event in load_events() for day in event.published.values())
    assert FACTS["release_calendar_2027"].valid_until == listed


def test_what_is_due_comes_by_its_date_and_expired_first() -> None:
    facts = [
        ExpiringFact("later", "w", "f", D(2027, 1, 1), "m", "s"),
        ExpiringFact("review", "w", "f", D(2026, 5, 1), "m", "s"),
        ExpiringFact("gone", "w", "f", D(2026, 8, 1), "m", "s", D(2026, 9, 30)),
    ]
    assert [one.id for one in facts_due(facts, D(2026, 4, 30))] == []
    assert [one.id for one in facts_due(facts, D(2026, 5, 1))] == ["review"]
    assert [one.id for one in facts_due(facts, D(2026, 9, 30))] == ["review", "gone"]
    assert [one.id for one in facts_due(facts, D(2026, 10, 1))] == ["gone", "review"]


def test_what_was_due_in_november_2026() -> None:
    due = {one.id: one.expired(D(2026, 11, 29)) for one in facts_due(load_expiring(), D(2026, 11, 29))}
    assert due == {"copom_2027": False}


def test_a_fact_that_is_past_its_date_says_since_when() -> None:
    """The estimate of Copom's 2027 was to be looked at again in July 2026, and says so until the days are entered."""
    copom = FACTS["copom_2027"]
    assert copom.state(D(2026, 12, 1)) == (
        "was to be looked at again from 2026-07-01 on, 153 days ago, and holds as written to 2026-12-31"
    )
    assert copom.state(D(2027, 1, 4)) == "expired on 2026-12-31"
    assert FACTS["imf_feed"].state(D(2027, 2, 2)) == "was to be looked at again from 2027-02-01 on, 1 day ago"


@pytest.mark.parametrize(
    ("change", "message"),
    [({"review_by": "soon"}, "must be dates"), ({"owner": "x"}, "owner"), ({"valid_until": 2027}, "must be dates")],
)
def test_a_bad_fact_is_refused_by_name(
    change: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = {"what": "w", "where": "f", "review_by": D(2027, 1, 1), "mend": "m", "source": "s", **change}
    monkeypatch.setattr(expiry, "read_toml", lambda name: {"fact": {"x": raw}})
    with pytest.raises(BadCatalog, match=rf"expiry\.toml, fact x: .*{message}"):
        load_expiring()
