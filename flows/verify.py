"""Verification: every decided day computed once more in one pass, and held against its record, to the bit.

A morning computes its own day alone, from what the days before have stored. This proves that it came to the numbers
that a pass over all of them comes to, and that no record has changed since. Nothing is fetched, and no record is
written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from blocks.settings import load_settings
from desk.gold_difference import DIFFERENCE_SCHEMA
from desk.model import decision_time, desk_day
from desk.point_in_time.decision_days import latest_day
from tasks.run.full_pass import Verified, verify_decisions
from tasks.run.progress import Progress
from tasks.run.run_context import clock_of, open_run
from tasks.run.run_record import RunRecord
from tasks.run.stages import Stopwatch
from tasks.run.stop_signals import ends_when_stopped
from tasks.store.pipeline_runs import RunState

MOST_NAMED = 5
NOT_COMPARED = "decisions of this code"


@flow(name="verify", validate_parameters=False, timeout_seconds=5400)
@ends_when_stopped
async def verify(sources: str = "live", progress: Progress | None = None) -> State[Any]:
    """The book of the latest decision. Failed where a record is other than what this code makes of the inputs of its
    day; what another code has decided, and days whose inputs were fetched later, are counted apart. CompletedWithGaps
    where there are only such days.

    Raises StoreError where the database has no book, Busy beside another verification.
    """
    watch = Stopwatch()
    async with (
        open_run(decision_time(latest_day(clock_of(load_settings())())), sources, progress=progress) as run,
        run.store.run_lock("run", str(run.run_id)),
        run.store.run_lock("flow", "verify"),
        await RunRecord.open(run, "verify", None) as record,
    ):
        found = await verify_decisions(run)
        for part in found:
            record.stages += stages_of(part)
        state, words, gaps = outcome(found)
        message = f"{words}, in {watch.seconds:.0f} s"
        record.conclude(state, message, gaps)
        if state == "failed":
            return Failed(message=message)
        return Completed(name="Completed" if state == "completed" else "CompletedWithGaps", message=message)


def outcome(found: Sequence[Verified]) -> tuple[RunState, str, list[str]]:
    """How a verification ends, in words, and what is missing: the tables that differ; NOT_COMPARED where no record can
    be held against anything, as on the first Saturday after an upgrade, which proves nothing."""
    wrong = unexplained(found)
    if not wrong.is_empty():
        return "failed", f"{named(wrong)}; {summary(found)}", sorted(set(wrong["table"].to_list()))
    if all(part.segment.reason for part in found):
        return "completed_with_gaps", f"nothing could be compared: {summary(found)}", [NOT_COMPARED]
    return "completed", summary(found), []


def stages_of(part: Verified) -> Iterable[dict[str, Any]]:
    """One JSON object for each table of a segment."""
    differing = dict(_rows(part.differences).group_by("table").len().iter_rows())
    first, last = part.segment.days[0], part.segment.days[-1]
    for name, rows in part.rows.items():
        yield {
            "name": name, "rows": rows, "differing": differing.get(name, 0), "reason": part.segment.reason,
            "from": first.isoformat(), "to": last.isoformat(),
        }  # fmt: skip


def unexplained(found: Sequence[Verified]) -> pl.DataFrame:
    """The differences (DIFFERENCE_SCHEMA) on days that this code decided of inputs that were there."""
    empty = pl.DataFrame(schema=DIFFERENCE_SCHEMA)
    return pl.concat([empty, *(part.differences for part in found if not part.segment.reason)])


def named(wrong: pl.DataFrame) -> str:
    """The first differences, with day, row and column, and how many rows have one."""
    each = [
        f"{row['table']} {row['key']} of {desk_day(row['as_of'])}: {row['column'] or 'the row'} is {row['stored']},"
        f" computed {row['computed']}"
        for row in wrong.sort("as_of", maintain_order=True).head(MOST_NAMED).iter_rows(named=True)
    ]
    more = wrong.height - len(each)
    rest = f" and {more:,} more values" if more else ""
    return f"{_rows(wrong).height:,} rows are not what was decided: {'; '.join(each)}{rest}"


def summary(found: Sequence[Verified]) -> str:
    """Days and rows compared, and those that may differ with how many do."""
    if not found:
        return "no decision is stored"
    plain = [part for part in found if not part.segment.reason]
    days, rows = sum(len(part.segment.days) for part in plain), sum(sum(part.rows.values()) for part in plain)
    text = f"{days:,} decided days, {rows:,} rows compared, {_rows(unexplained(found)).height:,} differ"
    for reason in ("other code", "later inputs"):
        parts = [part for part in found if part.segment.reason == reason]
        if parts:
            count = sum(len(part.segment.days) for part in parts)
            differ = sum(_rows(part.differences).height for part in parts)
            text += f"; {count:,} days of {reason}, {differ:,} rows differ"
    return text


def _rows(differences: pl.DataFrame) -> pl.DataFrame:
    return differences.select("table", "as_of", "key").unique()
