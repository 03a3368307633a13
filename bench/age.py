"""Does a morning's bookkeeping stay flat with age? The queries over ledger and runs after one, five and ten years.

    alvorada bench age

A ledger as that many years of mornings leave it: each asks again for the days of a dataset's lookback, as the ledger of
a real world has it. Each query runs ROUNDS times, and PostgreSQL's own counters say whether it has read a growing table
from end to end. The claim: no such scan, and a p95 after ten years of at most 1.5 times that after one. Writes
bench/results/age.md and fails where the claim does not hold.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np

import migrations
from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import postgres_in_use
from api.routes.monitoring import STATUS
from bench._page import machine
from desk import calendars
from desk.catalog import load_catalog
from desk.model import Window, decision_time
from tasks.alerts.read_facts import FAILED_DATASETS
from tasks.store import Store, ledger

RESULT = Path(__file__).with_name("results") / "age.md"
LAST, AGES, ROUNDS, LIMIT = dt.date(2026, 11, 19), (1, 5, 10), 20, 1.5
FLOOR = 1.0
"""Milliseconds below which a time is no more than the way to the server and back: not compared."""
WATCHED = ("ledger", "pipeline_runs", "dataset_status")
RECENT = Window(LAST - dt.timedelta(days=30), LAST)
Query = Callable[[Store, asyncpg.Connection], Awaitable[Any]]

_RUNS = """
INSERT INTO pipeline_runs (run_id, kind, as_of, sources, state, started_at, finished_at, code_version)
SELECT md5(day::text)::uuid, 'daily', day + time '09:00', 'sandbox', 'completed', day + time '09:00',
       day + time '09:05', '1'
FROM unnest($1::date[]) AS new (day)
"""
_CELLS = """
WITH days AS (SELECT day, place FROM unnest($1::date[]) WITH ORDINALITY AS new (day, place))
INSERT INTO ledger (dataset, day, attempt, run_id, state, started_at, finished_at, covered_from, covered_to, rows,
                    fetch_cells, inserted, bytes, seconds, code_version)
SELECT $2, cell.day, run.place - cell.place + 1, md5(run.day::text)::uuid,
       CASE WHEN (run.place * 31 + cell.place) % 400 = 0 THEN 'failed' ELSE 'ok' END,
       run.day + time '09:00:10', run.day + time '09:00:20', cell.day, cell.day, 7, $3, 7, 20000, 1.5, '1'
FROM days AS run CROSS JOIN generate_series(0, $3 - 1) AS back JOIN days AS cell ON cell.place = run.place - back
WHERE run.day = ANY($4::date[])
"""
_STATES = """
INSERT INTO dataset_status (as_of, run_id, dataset, source, state, last_obs_date, age_bd, promise_bd)
SELECT day + time '09:00', md5(day::text)::uuid, $2, $3, 'ok', day - 1, 1, 3 FROM unnest($1::date[]) AS new (day)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one query at one age: p95 in milliseconds, and the tables that it has read from end to end."""

    p95: float
    scanned: tuple[str, ...]


async def _for_each(work: Callable[[str], Awaitable[Any]]) -> None:
    for name in load_catalog().datasets:
        await work(name)


QUERIES: Mapping[str, Query] = {
    "cells of 30 days, all datasets": lambda store, _: ledger.cell_states(store, list(load_catalog().datasets), RECENT),
    "days that are there (plan of a morning, all datasets)": lambda store, _: _for_each(
        lambda name: ledger.good_days(store, name)
    ),
    "first day covered (plan of a morning, all datasets)": lambda store, _: _for_each(
        lambda name: ledger.covered_from(store, name)
    ),
    "fetches of 30 days (knowledge times, all datasets)": lambda store, _: _for_each(
        lambda name: ledger.earlier_fetches(store, name, RECENT)
    ),
    "seconds of past fetches (preview of a backfill)": lambda store, _: ledger.past_fetches(store, "bcb_ptax", 20),
    "dead runs": lambda store, _: ledger.mark_dead_runs(store, decision_time(LAST)),
    "datasets that failed (alerts)": lambda _, connection: connection.fetch(FAILED_DATASETS, 5),
    "state of every dataset (API)": lambda _, connection: connection.fetch(STATUS, decision_time(LAST)),
    "newest 50 runs (API)": lambda _, connection: connection.fetch(
        "SELECT * FROM v_pipeline_runs WHERE kind = 'daily' ORDER BY started_at DESC LIMIT 50"
    ),
    "failures of 30 days (Grafana)": lambda _, connection: connection.fetch(
        "SELECT started_at, dataset, day, attempt, error_kind, error FROM v_ledger"
        " WHERE started_at BETWEEN $1 AND $2 AND state IN ('failed', 'died') ORDER BY started_at DESC LIMIT 200",
        decision_time(RECENT.start),
        decision_time(RECENT.end),
    ),
}


async def fill(connection: asyncpg.Connection, days: list[dt.date], new: list[dt.date]) -> None:
    """The rows that the mornings of `new` leave, after those of the other `days`."""
    await connection.execute(_RUNS, new)
    for dataset in load_catalog().datasets.values():
        await connection.execute(_CELLS, days, dataset.id, min(dataset.lookback_bd, 20), new)
        await connection.execute(_STATES, new, dataset.id, dataset.source)
    await connection.execute("VACUUM ANALYZE")


async def measure(store: Store, connection: asyncpg.Connection) -> dict[str, Measured]:
    """Every query, after one round that warms the caches."""
    found = {}
    for name, query in QUERIES.items():
        await query(store, connection)
        before, seconds = await _scans(connection), []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            await query(store, connection)
            seconds.append(time.perf_counter() - began)
        after = await _scans(connection)
        scanned = tuple(table for table in WATCHED if after[table] > before[table])
        found[name] = Measured(1000 * float(np.quantile(seconds, 0.95)), scanned)
    return found


async def _scans(connection: asyncpg.Connection) -> dict[str, int]:
    """table -> rows read by sequential scans so far, of all sessions."""
    await asyncio.sleep(1.1)  # a session reports its counters once a second
    await connection.execute("SELECT pg_stat_force_next_flush()")
    rows = await connection.fetch(
        "SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE relname = ANY($1)", list(WATCHED)
    )
    return {row["relname"]: row["seq_tup_read"] for row in rows}


async def measured_by_age(url: str) -> tuple[dict[int, dict[str, Measured]], dict[int, tuple[int, int]]]:
    """Age in years -> the queries, and the ledger's rows and megabytes."""
    connection = await asyncpg.connect(url)
    store = await Store.open(url, "sandbox", pool_size=2)
    every = calendars.b3().days(LAST - dt.timedelta(days=365 * AGES[-1]), LAST)
    found, sizes, done = {}, {}, list[dt.date]()
    try:
        for age in AGES:  # the world grows backwards: its newest day stays the same
            since = LAST - dt.timedelta(days=365 * age)
            days = [day for day in every if day > since]
            new = [day for day in days if day not in set(done)]
            await fill(connection, days, new)
            done = days
            found[age] = await measure(store, connection)
            row = await connection.fetchrow("SELECT count(*), pg_total_relation_size('ledger') FROM ledger")
            sizes[age] = (row[0], row[1] // 2**20)
    finally:
        await store.close()
        await connection.close()
    return found, sizes


def page(found: Mapping[int, Mapping[str, Measured]], sizes: Mapping[int, tuple[int, int]]) -> tuple[str, bool]:
    """The result as Markdown, and whether the claim holds."""
    first, last = AGES[0], AGES[-1]
    holds, rows = True, []
    for name in QUERIES:
        young, old = found[first][name], found[last][name]
        ratio = max(old.p95, FLOOR) / max(young.p95, FLOOR)
        scanned = sorted({table for age in AGES for table in found[age][name].scanned})
        good = ratio <= LIMIT and not scanned
        holds &= good
        times = " | ".join(f"{found[age][name].p95:.1f}" for age in AGES)
        rows.append(
            f"| {name} | {times} | {ratio:.2f} | {', '.join(scanned) or 'none'} | {'yes' if good else '**no**'} |"
        )
    ledger_rows = ", ".join(f"{count:,} rows ({size} MB) after {age}" for age, (count, size) in sizes.items())
    heads = " | ".join(f"{age} years" if age > 1 else "1 year" for age in AGES)
    text = [
        "# Bookkeeping by age",
        "",
        f"`alvorada bench age`, {machine()}; load {os.getloadavg()[0]:.1f} at the end. p95 of {ROUNDS} rounds, ms.",
        f"Ledger: {ledger_rows} years of mornings. Times below {FLOOR:g} ms count as {FLOOR:g}.",
        "",
        f"| query | {heads} | {last} / {first} | read from end to end | holds |",
        f"|---|{'--:|' * (len(AGES) + 1)}---|---|",
        *rows,
    ]
    return "\n".join(text) + "\n", holds


def main() -> int:
    """Fills, measures, writes the page. 0 where the claim holds."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        postgres_in_use(DataDir(Path(folder))) as pg,
    ):
        url = pg.ensure_database("age")
        migrations.upgrade(url)
        found, sizes = asyncio.run(measured_by_age(url))
    text, holds = page(found, sizes)
    RESULT.write_text(text, encoding="utf-8")
    print(text)
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
