"""Ingest: every source at once; a source that fails is a fact for the ledger and the report, not the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.states import Completed, get_state_exception

from desk.errors import SourceError
from desk.model import Dataset, Window
from desk.point_in_time.fetch_windows import Coverage, windows
from tasks.connectors import CONNECTORS
from tasks.ingest.source_job import SourceJob, attempt, open_cells, settle, summary
from tasks.run.progress import State as Told
from tasks.run.run import Run
from tasks.run.run_context import open_client
from tasks.run.stages import Stopwatch
from tasks.store import ledger

TRIES = 3
JITTER = 0.5
"""Each wait is stretched by up to half of itself, so that sources that fell together do not come back together."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """errors: dataset -> why its fetch failed; seconds and inserted by source."""

    errors: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    inserted: dict[str, int] = field(default_factory=dict)


async def can_heal(task: Any, task_run: Any, state: State[Any]) -> bool:
    """Another try helps only against what may pass: time-outs, 5xx, 429, cut bodies, HTML under a 200."""
    error = await get_state_exception(state)
    return isinstance(error, SourceError) and error.retryable


@task(
    name="ingest-source",
    task_run_name="ingest-{source}",
    retries=TRIES - 1,
    retry_condition_fn=can_heal,  # type: ignore[arg-type]  # it may be async; Prefect's types do not say so
)
async def ingest_source(source: str, run: Run, job: SourceJob) -> int:
    """One try at what is still open of one source. Returns the rows inserted so far."""
    await run.at_home(attempt(run, job))
    return job.inserted


@flow(name="ingest", validate_parameters=False)
async def ingest(
    run: Run, recording: Path | None = None, manifest: Path | None = None, record: Path | None = None
) -> State[Ingested]:
    """Fetches what lacks, from all sources at once. Completed, whatever sources failed: the result names them."""
    if run.sources == "stored":
        return Completed(message="stored: nothing is fetched", data=Ingested())
    watch = Stopwatch()
    datasets = run.catalog.datasets
    spans = await asyncio.gather(*(coverage_windows(run, dataset) for dataset in datasets.values()))
    wanted = dict(zip(datasets, spans, strict=True))
    async with open_client(run, recording=recording, manifest=manifest, record=record) as (client, bronze, configs):
        jobs = []
        for source in run.catalog.sources:
            job = SourceJob(source, CONNECTORS[source](configs[source]), client, bronze)
            for dataset in run.catalog.datasets_of(source):
                if wanted[dataset.id]:
                    job.add(run, dataset, wanted[dataset.id])
            jobs.append(job)
        ended = await asyncio.gather(*(run_source(run, job) for job in jobs), return_exceptions=True)
    seconds = dict(zip(run.catalog.sources, _unbroken(ended), strict=True))
    ingested = Ingested(
        errors={work.dataset.id: summary(work) for job in jobs for work in job.work if work.errors},
        seconds=seconds,
        inserted={job.source: job.inserted for job in jobs},
    )
    rows = sum(ingested.inserted.values())
    failed = [job.source for job in jobs if job.errors]
    run.progress.event(
        "stage",
        "ingest",
        "gaps" if failed else "done",
        watch.seconds,
        rows,
        f"failed: {', '.join(failed)}" if failed else "",
    )
    return Completed(message=f"{rows} rows; failed: {', '.join(failed) or 'none'}", data=ingested)


def _unbroken(ended: Sequence[float | BaseException]) -> list[float]:
    """Raises the first error that is no source's: only now, so that the other sources' cells are closed."""
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in ended if not isinstance(outcome, BaseException)]


async def coverage_windows(run: Run, dataset: Dataset) -> list[Window]:
    """What this run asks of a dataset, by what the ledger knows of it."""
    coverage = Coverage(
        await ledger.covered_from(run.store, dataset.id),
        await ledger.good_days(run.store, dataset.id),
    )
    return windows(dataset, run.catalog.rules[dataset.rule], coverage, run.as_of)


async def run_source(run: Run, job: SourceJob) -> float:
    """One source from its open cells to its closed ones; returns the seconds it took."""
    if not job.work:
        run.progress.event("source", job.source, "skipped", 0.0, 0, "nothing is due")
        return 0.0
    watch = Stopwatch()
    run.progress.event("source", job.source, "started")
    await ask(run, job)
    errors = [summary(work) for work in job.work if work.errors]
    answered = any(not work.errors for work in job.work)
    told: Told = "failed" if errors and not answered else "gaps" if errors else "done"
    run.progress.event("source", job.source, told, watch.seconds, job.inserted, errors[0] if errors else "")
    return watch.seconds


async def ask(run: Run, job: SourceJob) -> None:
    """A job from its open cells to its closed ones, tries and all. What failed stays on the job."""
    await open_cells(run, job)
    state = await ingest_source.with_options(**retry_options(run))(job.source, run, job, return_state=True)
    if not state.is_completed():
        error = await get_state_exception(state)
        if not isinstance(error, SourceError):
            raise error  # not the source's doing: its cells stay open and count as died
    await settle(run, job)


def retry_options(run: Run) -> dict[str, Any]:
    """Waits between tries, by settings; a recording answers the same again, so it is asked once."""
    delays = list(run.settings.retry_delays_seconds[: TRIES - 1])
    if run.sources == "recorded":
        return {"retries": 0}
    return {
        "retries": TRIES - 1,
        "retry_delay_seconds": delays,
        "retry_jitter_factor": JITTER if min(delays) >= 2 else None,
    }
