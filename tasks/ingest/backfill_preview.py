"""The preview of a backfill: the selected cells, their chunks, and an estimate of the time. Nothing is fetched yet."""

from __future__ import annotations

from prefect import get_run_logger

from desk.model import Window
from desk.point_in_time.backfill_chunks import Basis, Chunk, Estimate, by_source, due_cells, table
from tasks.connectors import CONNECTORS
from tasks.connectors.base import Connector
from tasks.connectors.exchange import SourceConfig
from tasks.run.run import Run
from tasks.run.source_configs import source_configs
from tasks.store import ledger

LAST_FETCHES = 5
"""The number of a dataset's newest fetches that an estimate rests on."""


async def make_plan(run: Run, window: Window, states: frozenset[str]) -> dict[str, list[Chunk]]:
    """Source -> the chunks to fetch: due cells of `window` whose ledger state is in `states`. Shows the preview."""
    rules, datasets = run.catalog.rules, run.catalog.datasets.values()
    due = {dataset.id: due_cells(dataset, rules[dataset.rule], window, run.as_of) for dataset in datasets}
    selected = await ledger.missing_cells(run.store, due, states)
    plan = by_source(run.catalog, selected, run.day)
    all_due = sum(len(days) for days in due.values())
    show_line(run, f"{window.start} to {window.end}: {plan_summary(plan)}, of {all_due:,} that are due")
    if plan:
        for line in table(await estimates(run, plan)):
            show_line(run, f"  {line}")
    return plan


def plan_summary(plan: dict[str, list[Chunk]]) -> str:
    """`12 cells of 2 datasets due, in 3 chunks`."""
    parts = [chunk for source_chunks in plan.values() for chunk in source_chunks]
    cells, datasets = sum(len(part.cells) for part in parts), len({part.dataset.id for part in parts})
    if not parts:
        return "no cell is due"
    return f"{counted(cells, 'cell')} of {counted(datasets, 'dataset')} due, in {counted(len(parts), 'chunk')}"


def counted(number: int, noun: str) -> str:
    """`1 cell`, `1,200 cells`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


async def estimates(run: Run, plan: dict[str, list[Chunk]]) -> list[Estimate]:
    """One estimate for each dataset of the plan, in its order."""
    configs = source_configs(run.settings, run.catalog, run.sources)
    made = []
    for source, parts in plan.items():
        connector = CONNECTORS[source](configs[source])
        for dataset in dict.fromkeys(part.dataset.id for part in parts):
            own = [part for part in parts if part.dataset.id == dataset]
            made.append(await estimate(run, connector, configs[source], own))
    return made


async def estimate(run: Run, connector: Connector, config: SourceConfig, parts: list[Chunk]) -> Estimate:
    """By the seconds per request of the dataset's last fetches; without any, by the source's rate limit.

    `parts`: chunks of one dataset.
    """
    dataset = parts[0].dataset

    def requests(window: Window) -> int:
        return len(connector.plan(dataset, run.catalog.series_of(dataset.id), window))

    planned = sum(requests(window) for part in parts for window in part.windows)
    past = await ledger.past_fetches(run.store, dataset.id, LAST_FETCHES)
    past_requests = sum(fetch.cells if dataset.per_day else requests(fetch.covered) for fetch in past)
    basis: Basis = "ledger" if past_requests else "rate_limit"
    per_request = (
        sum(fetch.seconds for fetch in past) / past_requests if past_requests else 1.0 / config.rate_per_second
    )
    cells = sum(len(part.cells) for part in parts)
    return Estimate(dataset, cells, len(parts), planned, planned * per_request, basis)


def show_line(run: Run, line: str) -> None:
    """Writes a line to the run's progress and to its log in Prefect."""
    run.progress.event("note", "backfill", "done", message=line)
    get_run_logger().info(line)
