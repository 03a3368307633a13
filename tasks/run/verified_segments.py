"""The decided days of a book in stretches that one pass can compute again: of one code, and of inputs that were there.

A day's record need not be what this code makes of the store as it is now: another version of the code may have decided
it, and inputs that its day counts as known may have been fetched later. Such days are told apart, and the days after
them go on from what is stored, as their mornings did.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from desk.model import desk_day
from tasks.run.run import Run
from tasks.store import Book, Decision
from tasks.store.late_inputs import LateInput, late_inputs

Reason = Literal["", "other code", "later inputs"]
STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive decisions. `after`: the one before them, None where the book begins. `reason`: why what is computed
    may differ from them; empty where it may not. `held`: their days without a decision of their own."""

    after: Decision | None
    decisions: tuple[Decision, ...]
    reason: Reason
    held: frozenset[dt.date]

    @property
    def days(self) -> list[dt.date]:
        """The decision days, ascending."""
        return [desk_day(decision.as_of) for decision in self.decisions]


async def segments(run: Run, book: Book) -> list[Segment]:
    """Those of every current decision of the book up to the run's day, in order; none without a decision."""
    found = await run.store.decisions(dt.datetime.min.replace(tzinfo=dt.UTC), run.as_of)
    current = {one.as_of: one for one in found if one.book_id == book.book_id and not one.is_beside}
    decisions = [current[as_of] for as_of in sorted(current)]
    if not decisions:
        return []
    verdicts = await run.store.read_gold("gate_verdict", decisions[0].as_of, run.as_of)
    stopped = set(verdicts.filter(pl.col("state") == STOPPED)["as_of"].to_list())
    since = min(one.decided_at for one in decisions)
    late = await late_inputs(run.store.connections, since, decisions[-1].as_of)
    return split(decisions, run.code_version, late, stopped)


def split(
    decisions: Sequence[Decision], code: str, late: Sequence[LateInput], stopped: set[dt.datetime]
) -> list[Segment]:
    """The segments of decisions in order. `stopped`: the as_of whose orders the gate has held back."""
    made, after = list[Segment](), None
    for (_, reason), group in itertools.groupby(
        decisions, lambda one: (one.code_version, reason_to_differ(one, code, late))
    ):
        part = tuple(group)
        held = frozenset(desk_day(one.as_of) for one in part if one.kind == "held" or one.as_of in stopped)
        made.append(Segment(after, part, reason, held))
        after = part[-1]
    return made


def reason_to_differ(decision: Decision, code: str, late: Sequence[LateInput]) -> Reason:
    """Why the code `code` may compute another record of a decision from what is stored now."""
    if decision.code_version != code:
        return "other code"
    is_late = any(
        one.run_id != decision.run_id and one.fetched_at > decision.decided_at and one.known_from <= decision.as_of
        for one in late
    )
    return "later inputs" if is_late else ""
