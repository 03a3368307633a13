"""The ledger cells of a source's fetch: opened before the first request, closed with a result or an error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from desk import calendars
from desk.errors import Incomplete, SourceError, UnknownSeries
from desk.quality import combined
from tasks.ingest.dataset_fetch import DatasetFetch
from tasks.run.run import Run
from tasks.store import ledger
from tasks.store.ledger import CellState, Outcome, input_hash

GOOD_ALL_THE_SAME = (Incomplete, UnknownSeries)
"""Something of the dataset is not to be had, and what came is good."""
NOT_YET_DAYS = 3
"""Business days for which a cell without rows is `not_yet` at least, whatever the dataset's `freshness_bd`."""


async def open_cells(run: Run, fetches: Iterable[DatasetFetch]) -> None:
    """Inserts a ledger row in state `running` for every cell of `fetches`. Raises StoreError."""
    days = {fetch.dataset.id: fetch.cells for fetch in fetches if fetch.cells}
    await ledger.begin(run.store, days, run.run_id, run.clock(), run.code_version)


async def close_fetched_days(run: Run, fetch: DatasetFetch, days: Iterable[dt.date]) -> None:
    """Closes each of `days` that is still open, by the rows that it has. Raises StoreError."""
    for day in days:
        if day not in fetch.closed_cells:
            await close_cells(run, fetch, {day: state_by_rows(run, fetch, day)})


async def close_failed_days(run: Run, fetch: DatasetFetch, days: Iterable[dt.date], error: SourceError) -> None:
    """Closes those of `days` that are still open as failed with `error`. Raises StoreError."""
    await close_cells(run, fetch, {day: "failed" for day in days if day not in fetch.closed_cells}, error)


async def close_open_cells(run: Run, fetch: DatasetFetch) -> None:
    """Closes every cell that is still open after the last try. Raises StoreError.

    A dataset with a file for each day: each day with its own error. One fetched series by series, or whose answers are
    good and lack something: the error fails the days without any row. Others: one result for the whole window.
    """
    left = [day for day in fetch.cells if day not in fetch.closed_cells]
    if not fetch.errors:
        await close_cells(run, fetch, {day: state_by_rows(run, fetch, day) for day in left})
    elif fetch.answered and (fetch.is_by_series or all(isinstance(one, GOOD_ALL_THE_SAME) for one in fetch.errors)):
        has_rows = {day: state_by_rows(run, fetch, day) for day in left if fetch.rows[day]}
        await close_cells(run, fetch, has_rows, fetch.errors[0])
        await close_failed_days(run, fetch, left, fetch.errors[0])
    elif fetch.dataset.per_day:
        for day in left:
            await close_failed_days(run, fetch, [day], fetch.day_errors.get(day, fetch.errors[0]))
    else:
        await close_failed_days(run, fetch, left, fetch.errors[0])


def state_by_rows(run: Run, fetch: DatasetFetch, day: dt.date) -> CellState:
    """`ok` with rows. Without: `not_yet` while the dataset may still publish the day, `empty` after that."""
    if fetch.rows[day]:
        return "ok"
    age = calendars.by_name(fetch.dataset.calendar).count(day, run.day)
    return "not_yet" if age <= max(fetch.dataset.freshness_bd, NOT_YET_DAYS) else "empty"


async def close_cells(
    run: Run, fetch: DatasetFetch, states: Mapping[dt.date, CellState], error: SourceError | None = None
) -> None:
    """Writes the result of open cells: day -> state, and what is known of the whole fetch. Raises StoreError."""
    if not states:
        return
    per_day = fetch.dataset.per_day
    outcome = Outcome(
        dataset=fetch.dataset.id,
        states=states,
        finished_at=run.clock(),
        covered=None if per_day else fetch.window,
        rows={day: fetch.rows[day] for day in states},
        inserted=fetch.inserted,
        bytes=fetch.bytes,
        seconds=fetch.seconds,
        checks=combined(fetch.quality) if fetch.quality else None,
        error_kind=type(error).__name__ if error else None,
        error=(str(error) if per_day else fetch.error_summary()) if error else None,
        input_hash=input_hash(fetch.hashes),
    )
    await ledger.finish(run.store, run.run_id, outcome)
    fetch.closed_cells.update(states)
