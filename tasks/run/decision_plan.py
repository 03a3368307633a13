"""Which decision a run makes: of which book, after which stored one, of which kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from desk import calendars
from desk.model import SAO_PAULO, decision_time, desk_day
from reports.elements.decision_facts import DecisionFacts
from tasks.run.model_book import find_book
from tasks.run.run import Run
from tasks.store import Decision
from tasks.store.decisions import DecisionKind

CATCH_UP_AFTER = dt.timedelta(hours=1)
"""A decision later than this after its hour is a catch-up: the longest that a daily run may take."""


@dataclass(frozen=True, slots=True)
class DecisionPlan:
    """What the run of `as_of` decides.

    `after` is the last decision of the book before it; None where the book begins. The days between were not decided:
    `between` is held, or history where the book was not yet in operation. `reason` makes a restatement, of version
    `version`; `is_beside` where later days have gone on from the current one.
    """

    book_id: str
    as_of: dt.datetime
    kind: DecisionKind
    after: Decision | None
    between: DecisionKind
    decided_at: dt.datetime
    version: int
    reason: str | None = None
    is_beside: bool = False

    @property
    def held_days(self) -> list[dt.date]:
        """The decision days on which the book is held: those between without a run, and the day itself if need be."""
        held = self.days_between if self.between == "held" else []
        return [*held, desk_day(self.as_of)] if self.kind == "held" else held

    @property
    def days_between(self) -> list[dt.date]:
        """The decision days after the last decision and before this one; none where the book begins."""
        if self.after is None:
            return []
        one = dt.timedelta(days=1)
        return calendars.b3().days(desk_day(self.after.as_of) + one, desk_day(self.as_of) - one)


async def plan_decision(run: Run) -> DecisionPlan:
    """The plan of a run. A run with a reason restates its day, which has a decision."""
    book, now = await find_book(run), run.clock()
    after = await run.store.decision_before(run.as_of)
    after = after if after is not None and after.book_id == book.book_id else None
    operates = await run.store.is_in_operation(book.book_id)
    between: DecisionKind = "held" if operates else "history"
    if run.reason is not None:
        versions = await run.store.decisions(run.as_of, run.as_of)
        later = await run.store.has_decision_after(book.book_id, run.as_of)
        version = max(one.version for one in versions) + 1
        return DecisionPlan(book.book_id, run.as_of, "restated", after, between, now, version, run.reason, later)
    kind: DecisionKind = "live" if now - run.as_of <= CATCH_UP_AFTER else "catch_up"
    if now.astimezone(SAO_PAULO).date() != run.day:
        kind = between
    return DecisionPlan(book.book_id, run.as_of, kind, after, between, now, version_of(kind))


def version_of(kind: DecisionKind) -> int:
    """Version 0 is history, computed before the book's first live decision."""
    return 0 if kind == "history" else 1


async def record_decision(run: Run, plan: DecisionPlan, states: Mapping[dt.datetime, str]) -> None:
    """Records the decision and the days between that were computed with it. `states`: as_of -> the book after it."""
    inputs = await inputs_sha256(run, plan.after)

    def made(as_of: dt.datetime, kind: DecisionKind, version: int) -> Decision:
        own = as_of == plan.as_of
        return Decision(
            plan.book_id, as_of, version, kind, run.run_id, plan.decided_at, plan.reason if own else None,
            run.code_version, inputs if own else None, plan.is_beside and own, states.get(as_of),
        )  # fmt: skip

    if plan.reason is not None:
        await run.store.end_restatement(made(plan.as_of, "restated", plan.version))
        return
    days = await run.store.gold_days("portfolio_state")
    since = plan.after.as_of if plan.after else decision_time((await find_book(run)).inception) - dt.timedelta(hours=1)
    between = [made(day, plan.between, version_of(plan.between)) for day in days if since < day < plan.as_of]
    await run.store.add_decisions([*between, made(plan.as_of, plan.kind, plan.version)])


async def inputs_sha256(run: Run, after: Decision | None) -> str:
    """SHA-256 over the receipts of the inputs of the day and the book's state before it."""
    receipts = await run.store.read_gold("input_receipt", run.as_of, run.as_of)
    before = after.state or "" if after else ""
    return sha256((receipts.write_csv() + before).encode()).hexdigest()


def facts_of(plan: DecisionPlan) -> DecisionFacts:
    """What the page says of the decision that is being made."""
    held = tuple(plan.days_between) if plan.between == "held" else ()
    return DecisionFacts(plan.kind, plan.version, plan.decided_at, held, plan.reason)


def stored_facts(decision: Decision) -> DecisionFacts:
    """What the page says of a recorded decision whose page was never made."""
    return DecisionFacts(decision.kind, decision.version, decision.decided_at, (), decision.reason)
