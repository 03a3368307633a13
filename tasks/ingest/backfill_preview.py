"""What a backfill is about to do, said before it does anything: the wanted cells, their chunks, and an estimate."""

from __future__ import annotations

from prefect import get_run_logger

from desk.model import Window
from desk.point_in_time.backfill_chunks import Chunk, Estimate, by_source, due_cells, table
from tasks.connectors import CONNECTORS
from tasks.connectors.base import Connector, SourceConfig
from tasks.run.run import Run
from tasks.run.run_context import source_configs
from tasks.store import ledger

LAST_FETCHES = 5
"""Earlier fetches per dataset that an estimate goes by."""


async def plan_of(run: Run, window: Window, states: frozenset[str]) -> dict[str, list[Chunk]]:
    """What is wanted, by source, said before anything runs."""
    rules, datasets = run.catalog.rules, run.catalog.datasets.values()
    due = {dataset.id: due_cells(dataset, rules[dataset.rule], window, run.as_of) for dataset in datasets}
    wanted = await ledger.missing_cells(run.store, due, states)
    plan = by_source(run.catalog, wanted, run.day)
    every = sum(len(days) for days in due.values())
    say(run, f"{window.start} to {window.end}: {said(plan)}, of {every:,} that are due")
    if plan:
        for line in table(await estimates(run, plan)):
            say(run, f"  {line}")
    return plan


def said(plan: dict[str, list[Chunk]]) -> str:
    parts = [chunk for chunks_ in plan.values() for chunk in chunks_]
    cells, datasets = sum(len(part.cells) for part in parts), len({part.dataset.id for part in parts})
    if not parts:
        return "no cell is wanted"
    return f"{counted(cells, 'cell')} of {counted(datasets, 'dataset')} wanted, in {counted(len(parts), 'chunk')}"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


async def estimates(run: Run, plan: dict[str, list[Chunk]]) -> list[Estimate]:
    configs = source_configs(run.settings, run.catalog, run.sources)
    made = []
    for source, parts in plan.items():
        connector = CONNECTORS[source](configs[source])
        for dataset in dict.fromkeys(part.dataset.id for part in parts):
            own = [part for part in parts if part.dataset.id == dataset]
            made.append(await estimate(run, connector, configs[source], own))
    return made


async def estimate(run: Run, connector: Connector, config: SourceConfig, parts: list[Chunk]) -> Estimate:
    """By the seconds per request of the dataset's last fetches; where there was none, by the source's manners."""
    dataset = parts[0].dataset

    def requests(window: Window) -> int:
        return len(connector.plan(dataset, run.catalog.series_of(dataset.id), window))

    asked = sum(requests(window) for part in parts for window in part.windows)
    past = await ledger.past_fetches(run.store, dataset.id, LAST_FETCHES)
    before = sum(fetch.cells if dataset.per_day else requests(fetch.covered) for fetch in past)
    each = sum(fetch.seconds for fetch in past) / before if before else 1.0 / config.rate_per_second
    cells = sum(len(part.cells) for part in parts)
    return Estimate(dataset, cells, len(parts), asked, asked * each, "ledger" if before else "manners")


def say(run: Run, line: str) -> None:
    """To whoever watches, and to the run's log in Prefect."""
    run.progress.event("note", "backfill", "done", message=line)
    get_run_logger().info(line)
