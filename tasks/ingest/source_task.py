"""The Prefect task that fetches one source, and its retry policy: the only place where a fetch is retried."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

from prefect import task
from prefect.client.schemas.objects import State
from prefect.states import get_state_exception

from desk.errors import SourceError
from tasks.ingest.ledger_cells import close_open_cells, open_cells
from tasks.ingest.patience import further_tries
from tasks.ingest.silent_series import find_silent_series
from tasks.ingest.source_job import SourceJob, fetch_open_queries, settle_unknown_series
from tasks.run.run import Run
from tasks.store.series_looks import record_looks

RUN_NAME = "ingest-{source}"
TRIES = 3
JITTER = 0.5
"""Each wait is longer by up to half of itself, so that sources that failed together are not retried together."""


async def is_retryable(task: Any, task_run: Any, state: State[Any]) -> bool:
    """True for errors that may pass: time-outs, 5xx, 429, cut bodies, HTML with status 200."""
    error = await get_state_exception(state)
    return isinstance(error, SourceError) and error.retryable


@task(
    name="ingest-source",
    task_run_name=RUN_NAME,
    retries=TRIES - 1,
    retry_condition_fn=is_retryable,  # type: ignore[arg-type]  # it may be async; Prefect's types do not say so
)
async def ingest_source(source: str, run: Run, job: SourceJob) -> int:
    """One try at what is still open of one source. Returns the rows inserted so far; raises a retryable SourceError."""
    await run.run_on_owner_loop(fetch_open_queries(run, job))
    return job.inserted


async def fetch_source(run: Run, job: SourceJob) -> None:
    """Opens the job's ledger cells, fetches with retries, and closes the cells.

    A source's errors stay on the job. Any other error is raised: its cells stay open, and the next run marks them died.
    """
    await open_cells(run, job.fetches)
    began_at = run.clock()
    # `with_options` drops the name of the task's runs where it is not given again.
    named = ingest_source.with_options(task_run_name=RUN_NAME, **retry_options(run))
    state = await named(job.source, run, job, return_state=True)
    if not state.is_completed():
        error = await get_state_exception(state)
        if not isinstance(error, SourceError):
            raise error
    await keep_trying(run, job, began_at)
    await conclude_fetch(run, job, began_at)


async def keep_trying(run: Run, job: SourceJob, began_at: dt.datetime) -> None:
    """Further tries at what is still open, minutes later, while the deadline leaves room."""
    for one in further_tries(run, began_at, lambda: job.opens_in(job.source) if job.opens_in is not None else 0.0):
        if not job.has_open_queries:
            break
        words = f"{job.source} is out: asked again in {one.wait:.0f} s"
        run.progress.event("note", job.source, "started", message=words)
        await asyncio.sleep(one.wait)
        if job.renew_budget is not None:
            job.renew_budget(job.source, one.longest)
        try:
            await run.run_on_owner_loop(fetch_open_queries(run, job))
        except SourceError as error:  # it stays on the job
            if not error.retryable:
                raise


async def conclude_fetch(run: Run, job: SourceJob, began_at: dt.datetime) -> None:
    """After the last try: the cells still open, and what the look at each series came to. Raises StoreError.

    In this order: a process that ends between the two leaves series without a look, which the next run asks again. The
    other way round it would leave open cells of series that have their look, and no daily run would come back to them.
    """
    settle_unknown_series(job)
    for fetch in job.fetches:
        await find_silent_series(run, fetch)
        await close_open_cells(run, fetch)
        await record_looks(run.store, fetch.dataset.id, run.run_id, began_at, list(fetch.looks.values()))


def retry_options(run: Run) -> dict[str, Any]:
    """Prefect's retry options, with waits by the settings. A recording is not retried: its responses are fixed."""
    if run.sources == "recorded":
        return {"retries": 0}
    delays = list(run.settings.retry_delays_seconds[: TRIES - 1])
    return {
        "retries": TRIES - 1,
        "retry_delay_seconds": delays,
        "retry_jitter_factor": JITTER if min(delays) >= 2 else None,
    }
