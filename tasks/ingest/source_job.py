"""The fetch of one source in a run: its datasets' queries through bronze and silver into the ledger, try by try.

A try sends only the queries that are still open, so a retry costs what failed and nothing else. Rows are stored in
batches while the fetch goes on: a killed process loses at most one batch. An answer that cannot be read or stored is
that query's failure, and the ledger says whose fault it is; a database, lake or disk that is gone ends the run.
"""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path

from desk.errors import AlvoradaError, BadPayload, NoData, OurFault, RowsRefused, SourceError
from desk.model import Dataset, Window
from tasks.connectors import border
from tasks.connectors.base import Connector
from tasks.connectors.exchange import Client, Fetched, Query
from tasks.ingest.dataset_fetch import DatasetFetch
from tasks.ingest.ledger_cells import close_failed_days, close_fetched_days
from tasks.ingest.silver_batch import store_payloads
from tasks.run.run import Run
from tasks.store.lake import Bronze

BATCH = 64
"""Answered queries that are stored together."""

Answer = tuple[Query, list[Fetched]]


class SourceJob:
    """A source's datasets in one run. Not a dataclass, and with `__slots__`, so that Prefect passes it on as it is."""

    __slots__ = ("bronze", "client", "connector", "fetches", "source", "tries")

    def __init__(self, source: str, connector: Connector, client: Client, bronze: Bronze) -> None:
        self.source, self.connector, self.client, self.bronze = source, connector, client, bronze
        self.fetches: list[DatasetFetch] = []
        self.tries = 0

    def add_dataset(self, run: Run, dataset: Dataset, windows: list[Window]) -> None:
        """Adds the queries that cover `windows` of the dataset."""
        series = run.catalog.series_of(dataset.id)
        queries = [query for window in windows for query in self.connector.plan(dataset, series, window)]
        self.fetches.append(DatasetFetch(dataset, windows, queries))

    @property
    def inserted(self) -> int:
        """Rows of all datasets that were new in the store, so far."""
        return sum(fetch.inserted for fetch in self.fetches)

    @property
    def errors(self) -> list[SourceError]:
        """The errors of all datasets after the last try."""
        return [error for fetch in self.fetches for error in fetch.errors]


async def fetch_open_queries(run: Run, job: SourceJob) -> None:
    """One try at every query that is still open. Raises the first retryable SourceError of this try."""
    job.tries += 1
    for fetch in job.fetches:
        fetch.errors = [error for error in fetch.errors if not error.retryable]
    # One dataset after another: the source's rate limit holds for all its requests, and rows are stored early.
    for fetch in job.fetches:
        with fetch.timed_try():
            await fetch_dataset(run, job, fetch)
    retryable = [error for error in job.errors if error.retryable]
    if retryable:
        raise retryable[0]


async def fetch_dataset(run: Run, job: SourceJob, fetch: DatasetFetch) -> None:
    """Sends the dataset's open queries at once, and stores the answers in batches, in the order in which they come."""
    batch: list[Answer] = []
    still_open: list[Query] = []
    tasks = [asyncio.create_task(fetch_query(job, query)) for query in fetch.open_queries]
    try:
        for finished in asyncio.as_completed(tasks):
            query, result = await finished
            if isinstance(result, SourceError):
                await record_error(run, fetch, query, result)
                if result.retryable:
                    still_open.append(query)
                continue
            fetch.hashes.update(item.payload.sha256 for item in result)
            fetch.bytes += sum(len(item.payload.body) for item in result)
            batch.append((query, result))
            if len(batch) >= BATCH:
                await store_batch(run, job, fetch, batch)
                batch = []
    finally:
        for task in tasks:
            task.cancel()
    await store_batch(run, job, fetch, batch)
    fetch.open_queries = still_open


async def fetch_query(job: SourceJob, query: Query) -> tuple[Query, list[Fetched] | SourceError]:
    """The query with its payloads, none where the source has no data for it, or with the error that it ended in."""
    try:
        return query, await border.ask(job.connector, job.client, query)
    except NoData:
        return query, []
    except SourceError as error:
        return query, error


async def record_error(run: Run, fetch: DatasetFetch, query: Query, error: SourceError) -> None:
    """Keeps the error. Where each day has a file of its own, a final error closes the query's days as failed."""
    fetch.errors.append(error)
    if not fetch.dataset.per_day:
        return
    days = fetch.days_of(query)
    fetch.day_errors.update(dict.fromkeys(days, error))
    if not error.retryable:
        await close_failed_days(run, fetch, days, error)


async def store_batch(run: Run, job: SourceJob, fetch: DatasetFetch, batch: list[Answer]) -> None:
    """Stores the batch's rows. Where each day has a file of its own, closes the days of its queries.

    Where rows of the batch are refused, each answer is stored by itself, and only those at fault fail.
    """
    if not batch:
        return
    try:
        await store_payloads(run, job.bronze, fetch, [item for _, payloads in batch for item in payloads])
    except border.CONTAINED as error:
        if not is_fault_of_rows(error):
            raise
        if len(batch) > 1:
            for answer in batch:
                await store_batch(run, job, fetch, [answer])
            return
        query = batch[0][0]
        failure = failure_of(job.source, query, error)
        await record_error(run, fetch, query, failure)
        return
    if fetch.dataset.per_day:
        for query, _ in batch:
            await close_fetched_days(run, fetch, fetch.days_of(query))


def failure_of(source: str, query: Query, error: BaseException) -> SourceError:
    """Whose fault it is that rows are not stored: the source's, whose values the database refuses, or ours."""
    failure: SourceError
    if isinstance(error, RowsRefused):
        failure = BadPayload(source, f"{query.label}: cannot be stored: {border.reason(error)}")
    else:
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        words = f"{query.label}: our own code failed on its rows, and not the source: {border.reason(error)}{place}"
        failure = OurFault(source, words)
    failure.__cause__ = error
    return failure


def is_fault_of_rows(error: BaseException) -> bool:
    """Whether the error is of these rows alone, by their values or by our own code on them; False for a database, lake,
    disk or memory that is gone: that ends the run."""
    if isinstance(error, AlvoradaError):
        return isinstance(error, RowsRefused)
    return not isinstance(error, OSError | MemoryError)
