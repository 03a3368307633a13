"""Backfill: fetches the cells that the ledger calls missing or failed between two days; the daily run goes first.

Source by source, chunk by chunk; each chunk is one Prefect task. Gold of those days is not made here: the next daily
run computes its whole history anew in one pass, from what is known by then.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from blocks.settings import load_settings
from desk import calendars
from desk.errors import BadInput, Busy, Outage
from desk.model import DECISION_TIME, SAO_PAULO, Window, decision_time
from desk.point_in_time.backfill_chunks import Chunk, chunks, wanted_states
from flows.ingest import ask
from flows.transform import history_start
from tasks.connectors import CONNECTORS
from tasks.ingest.backfill_preview import counted, plan_of, said, say
from tasks.ingest.source_job import SourceJob, summary
from tasks.run.progress import Progress
from tasks.run.run import Run
from tasks.run.run_context import clock_of, open_client, open_run
from tasks.run.stages import Stopwatch
from tasks.store import ledger
from tasks.store.pipeline_runs import RunStart, begin_run, finish_run

WAIT_SECONDS = 2.0
"""Between two looks at the daily run's lock."""


@dataclass
class Filled:
    """What has come of a backfill so far. `errors`: dataset -> why; `left`: dataset -> chunks not asked for."""

    cells: int = 0
    rows: int = 0
    inserted: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)

    @property
    def gaps(self) -> list[str]:
        return sorted({*self.errors, *self.left})

    @property
    def stages(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "seconds": round(seconds, 3), "rows": self.inserted[name]}
            for name, seconds in self.seconds.items()
        ]


def run_name() -> str:
    given = flow_run.parameters
    return f"backfill-{given.get('start')}-{given.get('end')}"


@flow(name="backfill", flow_run_name=run_name, validate_parameters=False)
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
    and Busy when another backfill is at work.
    """
    window, states = window_of(start, end), wanted_states(only)
    if sources not in ("live", "sandbox"):
        raise BadInput(f"sources {sources!r}: a backfill asks live or sandbox")
    as_of = latest_decision(clock_of(load_settings())())
    async with open_run(as_of, sources, progress=progress) as run:
        if dry_run:
            plan = await plan_of(run, window, states)
            return Completed(message=f"dry run: {said(plan)}; nothing was asked for")
        async with alone(run):
            return await _fill(run, window, states, list(only))


def window_of(start: dt.date | str, end: dt.date | str) -> Window:
    """The days as a window. Raises BadInput."""
    days = []
    for day in (start, end):
        try:
            days.append(dt.date.fromisoformat(day) if isinstance(day, str) else day)
        except ValueError:
            raise BadInput(f"{day!r} is not a date: write it as YYYY-MM-DD") from None
    if days[0] > days[1]:
        raise BadInput(f"a backfill from {days[0]} to {days[1]} ends before it starts")
    return Window(days[0], days[1])


def latest_decision(now: dt.datetime) -> dt.datetime:
    """The newest decision time that is not after `now`."""
    local = now.astimezone(SAO_PAULO)
    day = local.date() if local.time() >= DECISION_TIME else local.date() - dt.timedelta(days=1)
    return decision_time(calendars.b3().on_or_before(day))


@asynccontextmanager
async def alone(run: Run) -> AsyncIterator[None]:
    """Holds the run's lock and the backfill's. Raises Busy, in words for a person, while another backfill has it."""
    if await run.store.is_locked("flow", "backfill"):
        raise Busy("another backfill is at work on this database: wait for its end, or stop it")
    async with run.store.run_lock("run", str(run.run_id)), run.store.run_lock("flow", "backfill"):
        yield


async def _fill(run: Run, window: Window, states: frozenset[str], only: list[str]) -> State[Any]:
    own = flow_run.id
    parameters = {"start": str(window.start), "end": str(window.end), "only": only}
    await ledger.bury(run.store, run.clock())
    await begin_run(
        run.store,
        RunStart(
            run.run_id, "backfill", run.sources, run.clock(), run.code_version, run.as_of, parameters,
            uuid.UUID(own) if own else None,
        ),
    )  # fmt: skip
    filled = Filled()
    try:
        plan = await plan_of(run, window, states)
        for parts in plan.values():
            await fill_source(run, parts, states, filled)
    except BaseException as error:
        message = f"{type(error).__name__}: {error}"
        await finish_run(run.store, run.run_id, "failed", run.clock(), message=message, stages=filled.stages)
        raise
    return await _conclude(run, window, plan, filled)


async def _conclude(run: Run, window: Window, plan: dict[str, list[Chunk]], filled: Filled) -> State[Any]:
    if not plan:
        message = f"nothing to do: no cell between {window.start} and {window.end} is wanted"
    else:
        got = f"{counted(filled.cells, 'cell')} asked for, {counted(filled.rows, 'new row')}"
        message = f"{got}; the next daily run computes the days from {history_start(run)} on anew"
    if not filled.gaps:
        await finish_run(run.store, run.run_id, "completed", run.clock(), message=message, stages=filled.stages)
        return Completed(message=message)
    reasons = [f"{name}: {filled.errors.get(name, 'not asked for')}" for name in filled.gaps]
    message = f"{message}. Failed: {'; '.join(reasons)}"
    await finish_run(
        run.store,
        run.run_id,
        "completed_with_gaps",
        run.clock(),
        gaps=filled.gaps,
        message=message,
        stages=filled.stages,
    )
    return Completed(name="CompletedWithGaps", message=message)


async def fill_source(run: Run, parts: list[Chunk], states: frozenset[str], filled: Filled) -> None:
    """One source, chunk after chunk. One that does not answer at all is left alone: its other chunks wait."""
    source, watch, before = parts[0].dataset.source, Stopwatch(), filled.rows
    run.progress.event("source", source, "started")
    for number, part in enumerate(parts):
        await give_way(run)
        for piece in await still_wanted(run, part, states):
            if await fill_chunk(run, piece, filled):
                continue
            rest = parts[number + 1 :]
            filled.left.update(chunk.dataset.id for chunk in rest)
            reason = filled.errors[piece.dataset.id]
            waiting = f"; {counted(len(rest), 'more chunk')} not asked for" if rest else ""
            run.progress.event("source", source, "failed", watch.seconds, filled.rows - before, f"{reason}{waiting}")
            return
    failed = [part.dataset.id for part in parts if part.dataset.id in filled.errors]
    told = filled.errors[failed[0]] if failed else counted(len(parts), "chunk")
    run.progress.event("source", source, "gaps" if failed else "done", watch.seconds, filled.rows - before, told)


async def give_way(run: Run) -> None:
    """Waits while the daily run is at work; what it left behind if it died is marked so."""
    if not await run.store.is_locked("flow", "daily"):
        return
    watch = Stopwatch()
    say(run, "the daily run is at work: waiting for its end")
    while await run.store.is_locked("flow", "daily"):  # noqa: ASYNC110  (it is another process's lock)
        await asyncio.sleep(WAIT_SECONDS)
    await ledger.bury(run.store, run.clock())
    say(run, f"the daily run has ended: going on after {watch.seconds:.0f} s")


async def still_wanted(run: Run, part: Chunk, states: frozenset[str]) -> list[Chunk]:
    """The chunk without the cells that somebody else has filled since it was planned."""
    left = await ledger.missing_cells(run.store, {part.dataset.id: part.cells}, states)
    return chunks(part.dataset, left[part.dataset.id], run.day)


async def fill_chunk(run: Run, part: Chunk, filled: Filled) -> bool:
    """Asks for one chunk, with a client of its own: a source's time budget is meant for one fetch.

    False when the source gave no answer at all.
    """
    watch, dataset = Stopwatch(), part.dataset
    async with open_client(run) as (client, bronze, configs):
        job = SourceJob(dataset.source, CONNECTORS[dataset.source](configs[dataset.source]), client, bronze)
        job.add(run, dataset, list(part.windows))
        await ask(run, job)
    (work,) = job.work
    filled.cells += len(part.cells)
    filled.rows += work.inserted
    filled.inserted[dataset.id] += work.inserted
    filled.seconds[dataset.id] = filled.seconds.get(dataset.id, 0.0) + watch.seconds
    if not work.errors:
        say(run, f"  {part.label}: {counted(work.inserted, 'new row')} in {watch.seconds:.1f} s")
        return True
    filled.errors.setdefault(dataset.id, summary(work))
    say(run, f"  {part.label}: {summary(work)}")
    return bool(work.parsed) or not isinstance(work.errors[0], Outage)
