"""Backfill: fetches the cells between two days that are missing or failed in the ledger. The daily run goes first.

Each chunk is one Prefect task; sources follow each other. The gold of those days is not computed here: the next daily
run computes its whole history again in one pass, from what is known by then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from blocks.settings import load_settings
from desk.errors import BadInput, Busy
from desk.model import Window, decision_time
from desk.point_in_time.backfill_chunks import Chunk, selected_states
from desk.point_in_time.decision_days import latest_day
from tasks.ingest.backfill_artifact import BackfillArtifact
from tasks.ingest.backfill_preview import counted, make_plan, plan_summary
from tasks.ingest.backfill_source import BackfillResult, backfill_source
from tasks.run.progress import Progress
from tasks.run.run import Run
from tasks.run.run_context import clock_of, open_run
from tasks.run.run_record import RunRecord
from tasks.run.stop_signals import ends_when_stopped


def run_name() -> str:
    """`backfill-START-END`."""
    given = flow_run.parameters
    return f"backfill-{given.get('start')}-{given.get('end')}"


@flow(name="backfill", flow_run_name=run_name, validate_parameters=False)
@ends_when_stopped
async def backfill(
    start: dt.date | str,
    end: dt.date | str,
    only: Sequence[str] = ("missing", "failed"),
    dry_run: bool = False,
    sources: str = "live",
    progress: Progress | None = None,
) -> State[Any]:
    """Both days included. Prints the cells and an estimate first, and stops there on a dry run.

    Completed, also when there is nothing to do; CompletedWithGaps naming the datasets that failed. Raises BadInput,
    and Busy when another backfill runs on this database.
    """
    window, states = window_of(start, end), selected_states(only)
    if sources not in ("live", "sandbox"):
        raise BadInput(f"sources {sources!r}: a backfill asks live or sandbox")
    as_of = decision_time(latest_day(clock_of(load_settings())()))
    async with open_run(as_of, sources, progress=progress) as run:
        if dry_run:
            plan = await make_plan(run, window, states)
            return Completed(message=f"dry run: {plan_summary(plan)}; nothing was requested")
        parameters = {"start": str(window.start), "end": str(window.end), "only": list(only)}
        async with backfill_locks(run), await RunRecord.open(run, "backfill", run.as_of, parameters) as record:
            return await backfill_sources(run, record, window, states)


def window_of(start: dt.date | str, end: dt.date | str) -> Window:
    """The days as a window. Raises BadInput for text that is no date, and for an end before the start."""
    days = []
    for day in (start, end):
        try:
            days.append(dt.date.fromisoformat(day) if isinstance(day, str) else day)
        except ValueError:
            raise BadInput(f"{day!r} is not a date: write it as YYYY-MM-DD") from None
    if days[0] > days[1]:
        raise BadInput(f"a backfill from {days[0]} to {days[1]} ends before it starts")
    return Window(days[0], days[1])


@asynccontextmanager
async def backfill_locks(run: Run) -> AsyncIterator[None]:
    """Holds the run's lock and the backfill's. Raises Busy while another backfill holds it."""
    if await run.store.is_locked("flow", "backfill"):
        raise Busy("another backfill is at work on this database: wait for its end, or stop it")
    async with run.store.run_lock("run", str(run.run_id)), run.store.run_lock("flow", "backfill"):
        yield


async def backfill_sources(run: Run, record: RunRecord, window: Window, states: frozenset[str]) -> State[Any]:
    """Every source of the plan, one after another. Returns the run's final state, and concludes its record."""
    result = BackfillResult()
    try:
        plan = await make_plan(run, window, states)
        artifact = BackfillArtifact(window, result, sum(len(chunks) for chunks in plan.values()))
        for chunks in plan.values():
            await backfill_source(run, chunks, states, result, artifact.show)
    finally:
        record.stages.extend(result.stages)
    message = summary(window, plan, result)
    if not result.gaps:
        record.conclude("completed", message)
        return Completed(message=message)
    reasons = [f"{name}: {result.errors.get(name, 'not asked for')}" for name in result.gaps]
    message = f"{message}. Failed: {'; '.join(reasons)}"
    record.conclude("completed_with_gaps", message, result.gaps)
    return Completed(name="CompletedWithGaps", message=message)


def summary(window: Window, plan: dict[str, list[Chunk]], result: BackfillResult) -> str:
    """One line: what was fetched, and who uses it."""
    if not plan:
        return f"nothing to do: no cell between {window.start} and {window.end} is due"
    fetched = f"{counted(result.cells, 'cell')} asked for, {counted(result.rows, 'new row')}"
    return f"{fetched}; decided days stay as they are, the next decision uses what is new"
