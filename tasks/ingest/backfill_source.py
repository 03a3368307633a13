"""One source's part of a backfill: its chunks one after another, each as the daily run fetches a source."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from desk.errors import Outage
from desk.point_in_time.backfill_chunks import Chunk, chunks
from tasks.connectors import CONNECTORS
from tasks.ingest.backfill_preview import counted, show_line
from tasks.ingest.source_job import SourceJob
from tasks.ingest.source_task import fetch_source
from tasks.run.run import Run
from tasks.run.run_context import open_client
from tasks.run.stages import Stopwatch
from tasks.store import ledger

WAIT_SECONDS = 2.0
"""Between two looks at the daily run's lock."""


@dataclass
class BackfillResult:
    """The results of a backfill so far.

    cells, rows          cells fetched, and rows that were new in the store
    inserted, seconds    the same rows and the seconds, by dataset
    errors               dataset -> its first error
    skipped_chunks       dataset -> chunks that were not fetched, because their source gave no answer
    """

    cells: int = 0
    rows: int = 0
    inserted: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    skipped_chunks: Counter[str] = field(default_factory=Counter)

    @property
    def gaps(self) -> list[str]:
        """Datasets that failed or were skipped, by name."""
        return sorted({*self.errors, *self.skipped_chunks})

    @property
    def stages(self) -> list[dict[str, Any]]:
        """One JSON object for each dataset, for the run's record."""
        return [
            {"name": name, "seconds": round(seconds, 3), "rows": self.inserted[name]}
            for name, seconds in self.seconds.items()
        ]


async def backfill_source(
    run: Run, parts: list[Chunk], states: frozenset[str], result: BackfillResult, show: Callable[[int], Awaitable[None]]
) -> None:
    """Fetches the chunks of one source in order. After a chunk without any answer its other chunks are skipped.

    `show` is given the number of chunks that are over, after each of them.
    """
    source, watch, rows_before = parts[0].dataset.source, Stopwatch(), result.rows
    run.progress.event("source", source, "started")
    for number, part in enumerate(parts):
        await wait_for_daily_run(run)
        for piece in await still_selected(run, part, states):
            if await backfill_chunk(run, piece, result):
                continue
            rest = parts[number + 1 :]
            result.skipped_chunks.update(chunk.dataset.id for chunk in rest)
            message = result.errors[piece.dataset.id]
            if rest:
                message += f"; {counted(len(rest), 'more chunk')} not asked for"
            run.progress.event("source", source, "failed", watch.seconds, result.rows - rows_before, message)
            await show(1 + len(rest))
            return
        await show(1)
    errors = [result.errors[part.dataset.id] for part in parts if part.dataset.id in result.errors]
    message = errors[0] if errors else counted(len(parts), "chunk")
    run.progress.event(
        "source", source, "gaps" if errors else "done", watch.seconds, result.rows - rows_before, message
    )


async def wait_for_daily_run(run: Run) -> None:
    """Returns when no daily run holds its lock; marks what a killed one left open."""
    if not await run.store.is_locked("flow", "daily"):
        return
    watch = Stopwatch()
    show_line(run, "the daily run is at work: waiting for its end")
    while await run.store.is_locked("flow", "daily"):  # noqa: ASYNC110  (it is another process's lock)
        await asyncio.sleep(WAIT_SECONDS)
    await ledger.mark_dead_runs(run.store, run.clock())
    show_line(run, f"the daily run has ended: going on after {watch.seconds:.0f} s")


async def still_selected(run: Run, part: Chunk, states: frozenset[str]) -> list[Chunk]:
    """The chunk without the cells that another run has filled since the plan was made."""
    left = await ledger.missing_cells(run.store, {part.dataset.id: part.cells}, states)
    return chunks(part.dataset, left[part.dataset.id], run.day)


async def backfill_chunk(run: Run, part: Chunk, result: BackfillResult) -> bool:
    """Fetches one chunk. False when the source gave no answer at all.

    It has an HTTP client of its own, because a source's time budget holds for one fetch.
    """
    watch, dataset = Stopwatch(), part.dataset
    async with open_client(run) as (client, bronze, configs):
        job = SourceJob(dataset.source, CONNECTORS[dataset.source](configs[dataset.source]), client, bronze)
        job.add_dataset(run, dataset, list(part.windows))
        await fetch_source(run, job)
    (fetch,) = job.fetches
    result.cells += len(part.cells)
    result.rows += fetch.inserted
    result.inserted[dataset.id] += fetch.inserted
    result.seconds[dataset.id] = result.seconds.get(dataset.id, 0.0) + watch.seconds
    if not fetch.errors:
        show_line(run, f"  {part.label}: {counted(fetch.inserted, 'new row')} in {watch.seconds:.1f} s")
        return True
    result.errors.setdefault(dataset.id, fetch.error_summary())
    show_line(run, f"  {part.label}: {fetch.error_summary()}")
    return bool(fetch.parsed) or not isinstance(fetch.errors[0], Outage)
