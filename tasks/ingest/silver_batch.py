"""A batch of parsed payloads into silver: checks, knowledge times, plausibility, insertion."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from desk.model import SILVER, Frames, Window
from desk.point_in_time.cells import cell_of
from desk.point_in_time.knowledge_time import FetchContext, assign_knowledge_times
from desk.quality import check_rows
from tasks.connectors.exchange import FetchResult
from tasks.ingest.dataset_fetch import DatasetFetch
from tasks.ingest.plausibility import judge_rows
from tasks.run.run import Run
from tasks.store import ledger, series_looks
from tasks.store.lake import Bronze


async def store_payloads(run: Run, bronze: Bronze, fetch: DatasetFetch, payloads: Iterable[FetchResult]) -> None:
    """Checks and inserts the rows of `payloads`, and counts them on `fetch` once stored. Raises StoreError."""
    for name, parsed in frames_by_table(bronze, payloads).items():
        quality = check_rows(SILVER[name], parsed, run.as_of)
        rows_per_cell = cell_of(fetch.dataset, parsed["obs_date"]).value_counts(name="rows")
        fetch.inserted += await insert_silver(run, fetch, name, parsed)
        fetch.quality[name] = quality
        fetch.parsed += parsed.height
        fetch.rows.update(dict(rows_per_cell.iter_rows()))
        if fetch.is_by_series:
            newest = parsed.group_by(SILVER[name].entity[0]).agg(pl.col("obs_date").max())
            for series_id, day in newest.iter_rows():
                fetch.newest[series_id] = max(day, fetch.newest.get(series_id, day))


def frames_by_table(bronze: Bronze, payloads: Iterable[FetchResult]) -> Frames:
    """Silver table -> the parsed rows of all payloads, each with the `payload_id` of its receipt."""
    parts: dict[str, list[pl.DataFrame]] = {}
    for item in payloads:
        receipt = bronze.payload_id(item.payload)
        for name, frame in item.frames.items():
            if frame.height:
                parts.setdefault(name, []).append(frame.with_columns(payload_id=pl.lit(receipt, dtype=pl.Int64)))
    return {name: pl.concat(frames) for name, frames in parts.items()}


async def insert_silver(run: Run, fetch: DatasetFetch, name: str, parsed: pl.DataFrame) -> int:
    """Gives each row of table `name` its knowledge time, and inserts those that are new, held where they are
    not believable. Returns how many are new."""
    table = SILVER[name]
    first, last = parsed["obs_date"].min(), parsed["obs_date"].max()
    window = Window(first, last)  # type: ignore[arg-type]
    entities = parsed[table.entity[0]].unique().to_list()
    context = FetchContext(
        fetched_at=run.clock(),
        as_of=run.as_of,
        grace=run.settings.sight_grace,
        fetches=await looks_before(run, fetch, window),
        stored=await run.store.stored_entities(name, entities),
    )
    existing = await run.store.latest_values(name, window.start, window.end, entities, context.known_by)
    fresh = assign_knowledge_times(table, parsed, fetch.dataset, run.catalog, existing, context)
    judged = await judge_rows(run, fetch.dataset, table, fresh, existing)
    return await run.store.write_judged(name, fresh, judged.held, run.run_id, context.fetched_at, judged.suspect)


async def looks_before(run: Run, fetch: DatasetFetch, window: Window) -> pl.DataFrame:
    """Earlier answered fetches that overlap `window`, in FETCH_SCHEMA: of each series where it has looks of its own."""
    if fetch.is_by_series:
        return await series_looks.earlier_looks(run.store, fetch.dataset.id, window, run.clock())
    return await ledger.earlier_fetches(run.store, fetch.dataset.id, window)
