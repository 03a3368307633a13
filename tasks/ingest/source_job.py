"""The fetch of one source in a run: its datasets' queries through bronze and silver into the ledger, try by try.

A try sends only the queries that are still open, so a retry costs what failed and nothing else. Rows are stored in
batches while the fetch goes on: a killed process loses at most one batch. An answer that cannot be read or stored is
that query's failure, and the ledger says whose fault it is; a database, lake or disk that is gone ends the run.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from desk.errors import (
    AlvoradaError,
    BadPayload,
    BudgetSpent,
    Incomplete,
    NoData,
    OurFault,
    RowsRefused,
    SourceError,
    UnknownSeries,
)
from desk.model import Dataset, Window
from desk.point_in_time.fetch_windows import FetchPlan, is_by_series, plan_of_windows
from tasks.connectors import border
from tasks.connectors.base import Connector
from tasks.connectors.exchange import Client, FetchResult, Query
from tasks.ingest.dataset_fetch import DatasetFetch
from tasks.ingest.ledger_cells import close_failed_days, close_fetched_days
from tasks.ingest.silver_batch import store_payloads
from tasks.run.run import Run
from tasks.store.lake import Bronze

BATCH = 64
"""Answered queries that are stored together."""

Answer = tuple[Query, list[FetchResult]]


class SourceJob:
    """A source's datasets in one run. Not a dataclass, and with `__slots__`, so that Prefect passes it on as it is."""

    __slots__ = ("bronze", "client", "connector", "fetches", "opens_in", "renew_budget", "source", "tries")

    def __init__(
        self,
        source: str,
        connector: Connector,
        client: Client,
        bronze: Bronze,
        renew_budget: Callable[[str, float], None] | None = None,
        opens_in: Callable[[str], float] | None = None,
    ) -> None:
        self.source, self.connector, self.client, self.bronze = source, connector, client, bronze
        self.renew_budget, self.opens_in = renew_budget, opens_in
        self.fetches: list[DatasetFetch] = []
        self.tries = 0

    def add_dataset(self, run: Run, dataset: Dataset, windows: Iterable[Window]) -> None:
        """Adds the queries that cover `windows` of the dataset, for all of its series."""
        self.add_plan(run, dataset, plan_of_windows(dataset, run.catalog.series_of(dataset.id), windows))

    def add_plan(self, run: Run, dataset: Dataset, plan: FetchPlan) -> None:
        """Adds the queries of a plan that is not empty."""
        queries = [query for part in plan.parts for query in self.connector.plan(dataset, part.series, part.window)]
        by_series = is_by_series(dataset, run.catalog.series_of(dataset.id))
        self.fetches.append(DatasetFetch(dataset, plan, queries, by_series))

    @property
    def inserted(self) -> int:
        """Rows of all datasets that were new in the store, so far."""
        return sum(fetch.inserted for fetch in self.fetches)

    @property
    def has_open_queries(self) -> bool:
        """Whether another try could bring something; a code that an HTML page stands for could not."""
        settle_unknown_series(self)
        return any(fetch.open_queries for fetch in self.fetches)

    @property
    def unknown(self) -> dict[str, SourceError]:
        """Series that the source does not know, so far, with its words."""
        return {name: error for fetch in self.fetches for name, error in fetch.unknown.items()}

    @property
    def errors(self) -> list[SourceError]:
        """The errors of all datasets after the last try."""
        return [error for fetch in self.fetches for error in fetch.errors]


def may_heal(error: SourceError) -> bool:
    """Whether the query stays open for a later try: a spent budget is no answer either, only not for a quick try."""
    return error.retryable or isinstance(error, BudgetSpent)


async def fetch_open_queries(run: Run, job: SourceJob) -> None:
    """One try at every query that is still open. Raises the first retryable SourceError of this try."""
    job.tries += 1
    for fetch in job.fetches:
        fetch.errors = [error for error in fetch.errors if not may_heal(error)]
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
            for query, result in await finished:
                if isinstance(result, SourceError):
                    await record_error(run, fetch, query, result)
                    if may_heal(result):
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


async def fetch_query(job: SourceJob, query: Query) -> list[tuple[Query, list[FetchResult] | SourceError]]:
    """The query with its payloads, none where the source has no data for it, or with the error that it ended in.

    A query for several series of which the source does not know one is sent again in halves, until that one is alone.
    """
    try:
        return [(query, await border.fetch(job.connector, job.client, query))]
    except NoData:
        return [(query, [])]
    except UnknownSeries as error:
        if len(query.series) <= 1 or query.dataset.per_day:
            return [(query, error)]
        half = len(query.series) // 2
        parts = [replace(query, series=query.series[:half]), replace(query, series=query.series[half:])]
        return [ended for part in parts for ended in await fetch_query(job, part)]
    except SourceError as error:
        return [(query, error)]


async def record_error(run: Run, fetch: DatasetFetch, query: Query, error: SourceError) -> None:
    """Keeps the error. Where each day has a file of its own, a final error closes the query's days as failed."""
    fetch.note_look(query, error)
    if fetch.is_by_series and isinstance(error, UnknownSeries):
        return
    fetch.errors.append(error)
    if not fetch.dataset.per_day:
        return
    days = fetch.days_of(query)
    fetch.day_errors.update(dict.fromkeys(days, error))
    if not may_heal(error):
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
    # The newest file speaks first, whichever answer came first.
    for query, payloads in sorted(batch, key=lambda answer: answer[0].window.start, reverse=True):
        fetch.note_look(query, None)
        fetch.errors += [Incomplete(job.source, item.finding) for item in payloads if item.finding]
        for item in payloads:
            for name, words in item.unknown.items():
                fetch.note_gone(name, query.window, UnknownSeries(job.source, words))
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


def settle_unknown_series(job: SourceJob) -> None:
    """After the last try. Where a source answers a dead code with an HTML page, a code that got one on every try, while
    most others were answered, is not known to it. Where nothing of a dataset was answered, that is its failure."""
    html = [
        (fetch, place)
        for fetch in job.fetches
        for place, tries in fetch.html_tries.items()
        if tries == job.tries > 0 and fetch.looks[place].state == "failed"
    ]
    if job.connector.html_means_unknown and len(html) < sum(fetch.answered for fetch in job.fetches):
        for fetch, (name, window) in html:
            query = next(one for one in fetch.open_queries if one.window == window and one.series[0].id == name)
            fetch.open_queries.remove(query)
            words = f"{query.series[0].code}: an HTML page on {job.tries} tries, while other codes were answered"
            fetch.errors = [one for one in fetch.errors if str(one) != fetch.looks[name, window].error]
            fetch.note_look(query, UnknownSeries(job.source, words))
    for fetch in job.fetches:
        if fetch.unknown and not fetch.answered and not fetch.errors:
            fetch.errors = list(fetch.unknown.values())


def is_fault_of_rows(error: BaseException) -> bool:
    """Whether the error is of these rows alone, by their values or by our own code on them; False for a database, lake,
    disk or memory that is gone: that ends the run."""
    if isinstance(error, AlvoradaError):
        return isinstance(error, RowsRefused)
    return not isinstance(error, OSError | MemoryError)
