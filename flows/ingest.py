"""Ingest: all sources at once. A source that fails does not end the run: ledger and report name it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from desk.model import Dataset
from desk.point_in_time.fetch_windows import Coverage, FetchPlan, is_by_series, plan_of_windows, windows
from desk.point_in_time.series_windows import plan_by_series
from tasks.connectors import CONNECTORS
from tasks.ingest.broken_facts import hold_broken_facts
from tasks.ingest.plausibility import review_holds
from tasks.ingest.source_job import SourceJob
from tasks.ingest.source_task import fetch_source
from tasks.run.progress import State as ProgressState
from tasks.run.run import Run
from tasks.run.run_context import open_client
from tasks.run.stages import Stopwatch
from tasks.store import ledger
from tasks.store.series_looks import series_coverage

OFF = "off: its key or licence is not set, and its terms want one"


@dataclass(frozen=True, slots=True)
class IngestResult:
    """errors: dataset -> why its fetch failed; off: dataset -> why nothing was asked; unknown: series -> its source's
    words; seconds and rows: by source."""

    errors: dict[str, str] = field(default_factory=dict)
    off: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    inserted: dict[str, int] = field(default_factory=dict)


@flow(name="ingest", flow_run_name="ingest-{run.day}", validate_parameters=False)
async def ingest(
    run: Run, recording: Path | None = None, manifest: Path | None = None, record: Path | None = None
) -> State[IngestResult]:
    """Fetches what is missing and due, from all sources at once. Completed, whichever sources failed.

    `recording`, `manifest`: a folder of recorded responses to read, and its list; `record`: a folder to write them to.
    Raises an error that is not a source's, after all sources have ended.
    """
    if run.sources == "stored":
        return Completed(message="stored: nothing is fetched", data=IngestResult())
    watch = Stopwatch()
    datasets = run.catalog.datasets
    plans = await asyncio.gather(*(plan_of(run, dataset) for dataset in datasets.values()))
    to_fetch = dict(zip(datasets, plans, strict=True))
    async with open_client(run, recording=recording, manifest=manifest, record=record) as (client, bronze, configs):
        jobs = []
        for source in run.catalog.sources:
            job = SourceJob(
                source, CONNECTORS[source](configs[source]), client, bronze, client.renew_budget, client.opens_in
            )
            for dataset in run.catalog.datasets_of(source):
                if to_fetch[dataset.id].parts and not configs[source].is_off:
                    job.add_plan(run, dataset, to_fetch[dataset.id])
            jobs.append(job)
        off = [source for source in run.catalog.sources if configs[source].is_off]
        ended = await asyncio.gather(
            *(ingest_with_progress(run, job, job.source in off) for job in jobs), return_exceptions=True
        )
    ingested = IngestResult(
        errors={fetch.dataset.id: fetch.error_summary() for job in jobs for fetch in job.fetches if fetch.errors},
        off={dataset.id: OFF for source in off for dataset in run.catalog.datasets_of(source)},
        unknown={name: str(error) for job in jobs for name, error in job.unknown.items()},
        seconds=dict(zip(run.catalog.sources, raise_first_error(ended), strict=True)),
        inserted={job.source: job.inserted for job in jobs},
    )
    await review_holds(run)
    await hold_broken_facts(run)
    rows = sum(ingested.inserted.values())
    failed = ", ".join(job.source for job in jobs if job.errors)
    unknown = f"unknown to their source: {', '.join(ingested.unknown)}" if ingested.unknown else ""
    message = "; ".join(filter(None, (f"failed: {failed}" if failed else "", unknown)))
    run.progress.event("stage", "ingest", "gaps" if failed else "done", watch.seconds, rows, message)
    words = "; ".join(filter(None, (f"{rows} rows", f"failed: {failed or 'none'}", unknown)))
    return Completed(message=words, data=ingested)


async def plan_of(run: Run, dataset: Dataset) -> FetchPlan:
    """What this run asks of a dataset: by the coverage of each series, or by the ledger's of the whole dataset."""
    series, good = run.catalog.series_of(dataset.id), await ledger.good_days(run.store, dataset.id)
    if is_by_series(dataset, series):
        stored = await run.store.stored_entities(dataset.tables[0], [one.id for one in series])
        coverage = await series_coverage(run.store, dataset.id, stored)
        return plan_by_series(dataset, series, coverage, good, run.as_of)
    whole = Coverage(await ledger.covered_from(run.store, dataset.id), good)
    return plan_of_windows(dataset, series, windows(dataset, run.catalog.rules[dataset.rule], whole, run.as_of))


async def ingest_with_progress(run: Run, job: SourceJob, is_off: bool = False) -> float:
    """One source, reported to the run's progress. Returns the seconds that it took."""
    if not job.fetches:
        run.progress.event("source", job.source, "skipped", 0.0, 0, OFF if is_off else "nothing is due")
        return 0.0
    watch = Stopwatch()
    run.progress.event("source", job.source, "started")
    await fetch_source(run, job)
    errors = [fetch.error_summary() for fetch in job.fetches if fetch.errors]
    is_partial = any(not fetch.errors for fetch in job.fetches)
    state: ProgressState = "done" if not errors else "gaps" if is_partial else "failed"
    run.progress.event("source", job.source, state, watch.seconds, job.inserted, errors[0] if errors else "")
    return watch.seconds


def raise_first_error(ended: Sequence[float | BaseException]) -> list[float]:
    """The seconds of each source. Raises the first error among `ended`: by then every source's cells are closed."""
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in ended if not isinstance(outcome, BaseException)]
