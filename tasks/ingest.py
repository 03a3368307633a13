"""One source's part of a run: what to ask, asking it, and putting what came through bronze and silver into the ledger.

A try asks only what is still open, so a retry costs what failed and nothing else. Rows go to the store in batches while
the fetch goes on; a killed process loses at most the batch in hand. An answer that cannot be read or stored is that
query's failure; a database, lake or disk that has gone is the run's.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import Iterable

import polars as pl

from desk import calendars
from desk.cells import cell_of, cells
from desk.errors import AlvoradaError, BadPayload, NoData, RowsRefused, SourceError
from desk.model import SILVER, Dataset, Frames, Window
from tasks import ledger
from tasks.connectors import border
from tasks.connectors.base import Client, Connector, Fetched, Query
from tasks.lake import Bronze
from tasks.ledger import CellState, Outcome, input_hash
from tasks.quality import Quality, check_rows, combined
from tasks.run import Run
from tasks.stamp import Sighting, stamp

BATCH = 64


class DatasetWork:
    """One dataset's windows and what became of them."""

    __slots__ = (
        "began", "bytes", "cells", "dataset", "day_errors", "done_cells", "errors", "hashes", "inserted", "parsed",
        "pending", "quality", "rows", "seconds", "window",
    )  # fmt: skip

    def __init__(self, dataset: Dataset, windows: list[Window], pending: list[Query]) -> None:
        self.dataset, self.pending = dataset, pending
        self.window = Window(windows[0].start, windows[-1].end)
        self.cells = [day for window in windows for day in cells(dataset, window)]
        self.done_cells: set[dt.date] = set()
        self.errors: list[SourceError] = []
        self.day_errors: dict[dt.date, SourceError] = {}  # where each day has a file, and so an error, of its own
        self.hashes: set[str] = set()
        self.rows: Counter[dt.date] = Counter()
        self.quality: dict[str, Quality] = {}
        self.inserted = self.bytes = self.parsed = 0
        self.seconds = 0.0
        self.began: float | None = None

    @property
    def spent(self) -> float:
        """Seconds of all tries so far, the one in hand included."""
        return self.seconds + (time.monotonic() - self.began if self.began is not None else 0.0)


class SourceJob:
    """A source's datasets in one run. Plain and slotted, so that Prefect hands it on as it is."""

    __slots__ = ("bronze", "client", "connector", "source", "tries", "work")

    def __init__(self, source: str, connector: Connector, client: Client, bronze: Bronze) -> None:
        self.source, self.connector, self.client, self.bronze = source, connector, client, bronze
        self.work: list[DatasetWork] = []
        self.tries = 0

    def add(self, run: Run, dataset: Dataset, windows: list[Window]) -> None:
        series = run.catalog.series_of(dataset.id)
        pending = [query for window in windows for query in self.connector.plan(dataset, series, window)]
        self.work.append(DatasetWork(dataset, windows, pending))

    @property
    def inserted(self) -> int:
        return sum(work.inserted for work in self.work)

    @property
    def errors(self) -> list[SourceError]:
        return [error for work in self.work for error in work.errors]


async def open_cells(run: Run, job: SourceJob) -> None:
    """Rows `running` in the ledger for every cell that the job is to fill."""
    days = {work.dataset.id: work.cells for work in job.work if work.cells}
    await ledger.begin(run.store, days, run.run_id, run.clock(), run.code_version)


async def attempt(run: Run, job: SourceJob) -> None:
    """One try at everything still open. Raises the first retryable SourceError that is left."""
    job.tries += 1
    for work in job.work:
        work.errors = [error for error in work.errors if not error.retryable]
    # A dataset after the other: a source's manners hold for all its requests anyway, and rows land early.
    for work in job.work:
        work.began = time.monotonic()
        try:
            await _ask(run, job, work)
        finally:
            work.seconds, work.began = work.spent, None
    healable = [error for error in job.errors if error.retryable]
    if healable:
        raise healable[0]


async def _ask(run: Run, job: SourceJob, work: DatasetWork) -> None:
    batch: list[tuple[Query, list[Fetched]]] = []
    tasks = [asyncio.create_task(_one(job, query)) for query in work.pending]
    still_open: list[Query] = []
    try:
        for finished in asyncio.as_completed(tasks):
            query, result = await finished
            if isinstance(result, SourceError) and not isinstance(result, NoData):
                await _fail(run, work, query, result)
                if result.retryable:
                    still_open.append(query)
                continue
            fetched = [] if isinstance(result, NoData) else result
            work.hashes.update(item.payload.sha256 for item in fetched)
            work.bytes += sum(len(item.payload.body) for item in fetched)
            batch.append((query, fetched))
            if len(batch) >= BATCH:
                await _store(run, job, work, batch)
                batch = []
    finally:
        for task in tasks:
            task.cancel()
    await _store(run, job, work, batch)
    work.pending = still_open


async def _one(job: SourceJob, query: Query) -> tuple[Query, list[Fetched] | SourceError]:
    try:
        return query, await border.ask(job.connector, job.client, query)
    except SourceError as error:
        return query, error


async def _fail(run: Run, work: DatasetWork, query: Query, error: SourceError) -> None:
    """Note why `query` failed; close its cells when the dataset has a file a day and another try cannot help."""
    work.errors.append(error)
    days = _days_of(work, query) if work.dataset.per_day else []
    work.day_errors.update(dict.fromkeys(days, error))
    if not error.retryable:
        await _close(run, work, days, "failed", error)


async def _store(run: Run, job: SourceJob, work: DatasetWork, batch: list[tuple[Query, list[Fetched]]]) -> None:
    """Stamp and write one batch. Where its rows are refused, each answer goes by itself, and those at fault fail."""
    if not batch:
        return
    try:
        await _store_together(run, job, work, batch)
    except border.CONTAINED as error:
        if not _is_of_the_rows(error):
            raise
        if len(batch) > 1:
            for one in batch:
                await _store(run, job, work, [one])
            return
        query = batch[0][0]
        failure = BadPayload(job.source, f"{query.label}: cannot be stored: {border.reason(error)}")
        failure.__cause__ = error
        await _fail(run, work, query, failure)


def _is_of_the_rows(error: BaseException) -> bool:
    """An error of the rows' own. A database, lake, disk or memory that has gone is nobody's answer."""
    if isinstance(error, AlvoradaError):
        return isinstance(error, RowsRefused)
    return not isinstance(error, OSError | MemoryError)


async def _store_together(
    run: Run, job: SourceJob, work: DatasetWork, batch: list[tuple[Query, list[Fetched]]]
) -> None:
    """Stamp and write; close the cells of the batch when the dataset has a file a day."""
    for name, parsed in _by_table(job.bronze, [item for _, items in batch for item in items]).items():
        quality = check_rows(SILVER[name], parsed, run.as_of)
        per_cell = cell_of(work.dataset, parsed["obs_date"]).value_counts(name="rows")
        work.inserted += await _write(run, work, name, parsed)
        work.quality[name] = quality
        work.parsed += parsed.height
        work.rows.update(dict(per_cell.iter_rows()))
    if work.dataset.per_day:
        for query, _ in batch:
            for day in _days_of(work, query):
                await _close(run, work, [day], _state(run, work, day))


async def _write(run: Run, work: DatasetWork, name: str, parsed: pl.DataFrame) -> int:
    table = SILVER[name]
    first, last = parsed["obs_date"].min(), parsed["obs_date"].max()
    window = Window(first, last)  # type: ignore[arg-type]
    entities = parsed[table.entity[0]].unique().to_list()
    sighting = Sighting(
        fetched_at=run.clock(),
        as_of=run.as_of,
        grace=run.settings.sight_grace,
        fetches=await ledger.earlier_fetches(run.store, work.dataset.id, window),
        stored=await run.store.stored_entities(name, entities),
    )
    existing = await run.store.latest_values(name, window.start, window.end, entities, sighting.known_by)
    fresh = stamp(table, parsed, work.dataset, run.catalog, existing, sighting)
    return await run.store.write_silver(name, fresh)


def _by_table(bronze: Bronze, fetched: Iterable[Fetched]) -> Frames:
    parts: dict[str, list[pl.DataFrame]] = {}
    for item in fetched:
        receipt = bronze.payload_id(item.payload)
        for name, frame in item.frames.items():
            if frame.height:
                parts.setdefault(name, []).append(frame.with_columns(payload_id=pl.lit(receipt, dtype=pl.Int64)))
    return {name: pl.concat(frames) for name, frames in parts.items()}


async def settle(run: Run, job: SourceJob) -> None:
    """Close every cell that is still open, after the last try."""
    for work in job.work:
        left = [day for day in work.cells if day not in work.done_cells]
        if not left:
            continue
        if work.dataset.per_day and work.errors:
            for day in left:
                await _close(run, work, [day], "failed", work.day_errors.get(day, work.errors[0]))
            continue
        if work.errors:
            await _close(run, work, left, "failed", work.errors[0])
            continue
        states = {day: _state(run, work, day) for day in left}
        await _finish(run, work, states, None)


async def _close(
    run: Run, work: DatasetWork, days: list[dt.date], state: CellState, error: SourceError | None = None
) -> None:
    await _finish(run, work, {day: state for day in days if day not in work.done_cells}, error)


async def _finish(run: Run, work: DatasetWork, states: dict[dt.date, CellState], error: SourceError | None) -> None:
    if not states:
        return
    outcome = Outcome(
        dataset=work.dataset.id,
        states=states,
        finished_at=run.clock(),
        covered=None if work.dataset.per_day else work.window,
        rows={day: work.rows[day] for day in states},
        inserted=work.inserted,
        bytes=work.bytes,
        seconds=work.spent,
        checks=combined(work.quality) if work.quality else None,
        error_kind=type(error).__name__ if error else None,
        error=(str(error) if work.dataset.per_day else summary(work)) if error else None,
        input_hash=input_hash(work.hashes),
    )
    await ledger.finish(run.store, run.run_id, outcome)
    work.done_cells.update(states)


def _state(run: Run, work: DatasetWork, day: dt.date) -> CellState:
    """A cell without rows is `not_yet` while the dataset's promise still runs, `empty` after it."""
    if work.rows[day]:
        return "ok"
    age = calendars.by_name(work.dataset.calendar).count(day, run.day)
    return "not_yet" if age <= max(work.dataset.freshness_bd, 3) else "empty"


def _days_of(work: DatasetWork, query: Query) -> list[dt.date]:
    return [day for day in work.cells if query.window.start <= day <= query.window.end]


def summary(work: DatasetWork) -> str:
    """What failed, in one line: the first error, and how many more there are."""
    more = f" (and {len(work.errors) - 1} more)" if len(work.errors) > 1 else ""
    return f"{work.errors[0]}{more}"
