"""After all sources are in: where two sources of one fact disagree, one of the two numbers is held."""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk.model import SILVER
from desk.plausibility.conflicts import broken_facts, fact_keys
from desk.plausibility.points import split_key
from desk.plausibility.words import reason
from tasks.ingest.plausibility import HISTORY_DAYS, partner_points, rules
from tasks.run.run import Run
from tasks.store.holds import Hold


async def hold_broken_facts(run: Run) -> list[Hold]:
    """Holds, and returns, what is contradicted by another source of the same fact. Raises StoreError.

    Earlier decisions have believed such a value: it is held from when both were known (`hidden_from`). What was
    released once stays so.
    """
    declared, pairs = rules()
    since = run.day - dt.timedelta(days=HISTORY_DAYS["day"])
    points = await partner_points(run, fact_keys(pairs, run.catalog), since)
    known = points.filter(pl.col("knowledge_time") <= run.as_of)
    released = await run.store.read_holds("released")
    # A released value is read with the time of its release: it is known by its place and its number.
    believed = set(released.select("silver_table", "silver_column", "entity", "obs_date", "value").iter_rows())
    holds = []
    for row in broken_facts(known, pairs, declared, run.catalog, run.day).iter_rows(named=True):
        name, column, entity = split_key(row["key"])
        if (name, column, entity, row["obs_date"], row["value"]) in believed:
            continue
        holds.append(
            Hold(
                name, column, entity, row["obs_date"], row["knowledge_time"], _dataset(run, name, entity), row["value"],
                row["rule"], row["expected"], row["peer"], row["peer_value"], reason(row), row["hidden_from"],
            )
        )  # fmt: skip
    await run.store.add_holds(holds, run.run_id, run.clock())
    return holds


def _dataset(run: Run, table: str, entity: str) -> str:
    """The dataset that brings an entity: of its series, or the first that brings its curve."""
    if entity in run.catalog.series:
        return run.catalog.series[entity].dataset
    curve = entity.split("|")[0]
    for dataset in run.catalog.datasets.values():
        names = [*dataset.params.get("curves", {}).values(), dataset.params.get("curve")]
        if SILVER[table].name in dataset.tables and curve in names:
            return dataset.id
    return ""
