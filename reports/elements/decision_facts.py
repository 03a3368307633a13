"""What the page says of the decision that it shows: when it was made, which version it is, which days had none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from reports.elements.formats import date, moment
from reports.elements.locale import translate


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """`kind`: history, live, catch_up, held or restated; `decided_at` is aware; `held_days`: the decision days just
    before this one on which the book was held, without a run; `reason` of a restatement."""

    kind: str
    version: int
    decided_at: dt.datetime
    held_days: tuple[dt.date, ...] = ()
    reason: str | None = None


def decision_notes(facts: DecisionFacts | None) -> Iterator[str]:
    """Sentences in the current locale; none for a plain morning."""
    if facts is None:
        return
    if facts.held_days:
        days = ", ".join(date(day) for day in facts.held_days)
        yield translate("No run on {}: no decision was made, and the book was held and marked.", days)
    if facts.kind == "catch_up":
        yield translate("Decided late, at {}, from what was known at its hour.", moment(facts.decided_at))
    elif facts.kind == "held":
        yield translate("No run on this day: no decision was made, and the book was held and marked.")
    elif facts.kind == "history":
        yield translate("History (version 0): computed after the day, before the book's first live decision.")
    elif facts.kind == "restated":
        reason = (facts.reason or "").rstrip(".")
        yield translate("Version {}, restated at {}: {}.", facts.version, moment(facts.decided_at), reason)
