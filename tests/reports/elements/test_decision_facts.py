"""What the page says of its decision: nothing on a plain morning, and the truth on any other."""

from __future__ import annotations

import datetime as dt

import pytest

from reports.elements.decision_facts import DecisionFacts, decision_notes
from reports.elements.locale import use_locale

AT = dt.datetime(2026, 11, 23, 12, 40, tzinfo=dt.UTC)
MISSED = (dt.date(2026, 11, 18), dt.date(2026, 11, 19))


def notes(facts: DecisionFacts | None, language: str = "en") -> list[str]:
    with use_locale(language):
        return [note.replace("\u00a0", " ") for note in decision_notes(facts)]


def test_a_plain_morning_needs_no_word() -> None:
    assert notes(None) == notes(DecisionFacts("live", 1, AT)) == []


def test_days_without_a_run_and_a_late_decision_are_dated() -> None:
    held, late = notes(DecisionFacts("catch_up", 1, AT, MISSED))
    assert held == "No run on 18 Nov 2026, 19 Nov 2026: no decision was made, and the book was held and marked."
    assert "23 Nov 2026" in late
    assert "09:40" in late, "the desk's own clock"
    assert "18/11/2026" in notes(DecisionFacts("live", 1, AT, MISSED), "pt")[0]


@pytest.mark.parametrize("language", ["en", "pt"])
def test_every_other_kind_has_its_sentence(language: str) -> None:
    shown = [notes(DecisionFacts(kind, 2, AT, reason="A price was wrong."), language) for kind in
            ("catch_up", "held", "history", "restated")]  # fmt: skip
    assert [len(sentences) for sentences in shown] == [1, 1, 1, 1]
    assert len({sentences[0] for sentences in shown}) == 4
    assert "A price was wrong." in shown[3][0]
    assert ".." not in shown[3][0]
