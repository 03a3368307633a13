"""Facts of the catalogue that time undoes: typed records of expiry.toml, and which of them are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from desk.catalog import read_toml
from desk.errors import BadCatalog


@dataclass(frozen=True, slots=True)
class ExpiringFact:
    """`review_by`: the day from which to look again; `valid_until`: the last day on which it holds as written, None
    where it holds until a review finds otherwise; `where`: the file; `mend`: what to do."""

    id: str
    what: str
    where: str
    review_by: dt.date
    mend: str
    source: str
    valid_until: dt.date | None = None

    def expired(self, today: dt.date) -> bool:
        """Whether the last day on which it holds is past."""
        return self.valid_until is not None and today > self.valid_until

    def due(self, today: dt.date) -> bool:
        """Whether it is time to look again, or too late."""
        return today >= self.review_by or self.expired(today)

    def state(self, today: dt.date) -> str:
        """What is due about it, with its dates; of a fact that is due."""
        if self.valid_until is not None and today > self.valid_until:
            return f"expired on {self.valid_until}"
        holds = f", and holds as written to {self.valid_until}" if self.valid_until is not None else ""
        days = (today - self.review_by).days
        ago = f"{days} day{'' if days == 1 else 's'} ago"
        return f"was to be looked at again from {self.review_by} on, {ago}{holds}"


def load_expiring() -> tuple[ExpiringFact, ...]:
    """In the file's order. Raises BadCatalog naming the entry."""
    facts = []
    for key, raw in read_toml("expiry")["fact"].items():
        try:
            fact = ExpiringFact(id=key, **raw)
        except TypeError as error:
            raise BadCatalog(f"expiry.toml, fact {key}: {error}") from error
        days = [fact.review_by] if fact.valid_until is None else [fact.review_by, fact.valid_until]
        if any(type(day) is not dt.date for day in days):
            raise BadCatalog(f"expiry.toml, fact {key}: review_by and valid_until must be dates")
        facts.append(fact)
    return tuple(facts)


def facts_due(facts: Sequence[ExpiringFact], today: dt.date) -> list[ExpiringFact]:
    """What is expired first, then what wants a review; each by its date."""
    due = [fact for fact in facts if fact.due(today)]
    return sorted(due, key=lambda fact: (not fact.expired(today), fact.valid_until or fact.review_by, fact.id))
