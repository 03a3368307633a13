"""The ledger: dataset x day x attempt, what was tried and what came of it. Written before and after every fetch.

A run holds the lock ("run", run_id) while it lives. Its rows begin as `running`; when the process is killed they stay
so, and `bury` finds that nobody holds the lock and marks them `died`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from desk.errors import StoreError
from desk.model import Window
from tasks.store import Store
from tasks.store.copy import literal
from tasks.store.locks import lock_key

CellState = Literal["ok", "empty", "not_yet", "failed"]
GOOD = ("ok", "empty")
LOOKED = ("ok", "empty", "not_yet")
"""States in which the source answered: what it did not say then, it said later."""

CELL_SCHEMA: dict[str, pl.DataType] = {
    "dataset": pl.String(),
    "day": pl.Date(),
    "state": pl.String(),
    "attempts": pl.Int64(),
    "last_error": pl.String(),
}
FETCH_SCHEMA: dict[str, pl.DataType] = {
    "covered_from": pl.Date(),
    "covered_to": pl.Date(),
    "fetched_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fetch, for every cell that it was to fill.

    states    day -> state; `rows` day -> parsed rows of that cell
    covered   the observation dates asked for; None: each cell stands for its own day only
    inserted, bytes, seconds, checks, error   of the whole fetch
    """

    dataset: str
    states: Mapping[dt.date, CellState]
    finished_at: dt.datetime
    covered: Window | None = None
    rows: Mapping[dt.date, int] = field(default_factory=dict)
    inserted: int = 0
    bytes: int = 0
    seconds: float = 0.0
    checks: Mapping[str, Any] | None = None
    error_kind: str | None = None
    error: str | None = None
    input_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Buried:
    runs: int
    cells: int


@dataclass(frozen=True, slots=True)
class PastFetch:
    """What one fetch of a dataset covered, in how many cells, and the seconds that it took."""

    covered: Window
    cells: int
    seconds: float


def input_hash(sha256s: Iterable[str]) -> str | None:
    """One mark for the payloads of a fetch: the payload's own when there is one, a hash over all of them when more."""
    distinct = sorted(set(sha256s))
    if len(distinct) <= 1:
        return distinct[0] if distinct else None
    return hashlib.sha256("\n".join(distinct).encode()).hexdigest()


async def begin(
    store: Store,
    cells: Mapping[str, Collection[dt.date]],
    run_id: uuid.UUID,
    started_at: dt.datetime,
    code_version: str,
) -> int:
    """Rows in state `running` for the cells (dataset -> days), each one attempt after the last. Returns how many."""
    pairs = [(dataset, day) for dataset, days in cells.items() for day in days]
    query = """
        INSERT INTO ledger (dataset, day, attempt, run_id, state, started_at, code_version)
        SELECT wanted.dataset, wanted.day, coalesce(max(ledger.attempt), 0) + 1, $3, 'running', $4, $5
        FROM unnest($1::text[], $2::date[]) AS wanted (dataset, day)
        LEFT JOIN ledger ON ledger.dataset = wanted.dataset AND ledger.day = wanted.day
        GROUP BY wanted.dataset, wanted.day
    """
    async with store.connections.acquire() as connection, connection.transaction():
        # Two runs that count the same cell's attempts at the same time would give both the same number.
        await connection.execute("SELECT pg_advisory_xact_lock($1)", lock_key("write", "ledger"))
        names, days = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        done = await connection.execute(query, names, days, run_id, started_at, code_version)
    return int(done.split()[-1])


async def finish(store: Store, run_id: uuid.UUID, outcome: Outcome) -> None:
    """Close the run's open cells of one dataset. Raises StoreError when one of them is not open."""
    days = sorted(outcome.states)
    spans = [(outcome.covered.start, outcome.covered.end) if outcome.covered else (day, day) for day in days]
    query = """
        UPDATE ledger SET state = came.state, rows = came.rows, covered_from = came.covered_from,
               covered_to = came.covered_to, finished_at = $7, fetch_cells = $8, inserted = $9, bytes = $10,
               seconds = $11, checks = $12, error_kind = $13, error = $14, input_hash = $15
        FROM unnest($3::date[], $4::text[], $5::bigint[], $6::date[], $16::date[])
             AS came (day, state, rows, covered_from, covered_to)
        WHERE ledger.dataset = $1 AND ledger.run_id = $2 AND ledger.day = came.day AND ledger.state = 'running'
    """
    async with store.connections.acquire() as connection, connection.transaction():
        done = await connection.execute(
            query,
            outcome.dataset,
            run_id,
            days,
            [outcome.states[day] for day in days],
            [outcome.rows.get(day, 0) for day in days],
            [span[0] for span in spans],
            outcome.finished_at,
            len(days),
            outcome.inserted,
            outcome.bytes,
            outcome.seconds,
            None if outcome.checks is None else json.dumps(outcome.checks, allow_nan=False),
            outcome.error_kind,
            outcome.error,
            outcome.input_hash,
            [span[1] for span in spans],
        )
        closed = int(done.split()[-1])
        if closed != len(days):
            raise StoreError(f"{outcome.dataset}: {len(days)} cells came in, and {closed} of them were open")


async def bury(store: Store, now: dt.datetime) -> Buried:
    """Mark what dead runs left open as `died`. A run is dead when no session holds its lock."""
    async with store.connections.acquire() as connection:
        rows = await connection.fetch(
            "SELECT run_id FROM ledger WHERE state = 'running'"
            " UNION SELECT run_id FROM pipeline_runs WHERE state = 'running'"
        )
    open_runs = {str(row["run_id"]) for row in rows}
    dead = [uuid.UUID(run) for run in open_runs - await store.locked("run", open_runs)]
    if not dead:
        return Buried(0, 0)
    async with store.connections.acquire() as connection, connection.transaction():
        cells = await connection.execute(
            "UPDATE ledger SET state = 'died', finished_at = $2, error_kind = 'Died',"
            " error = 'the process ended before the fetch did' WHERE state = 'running' AND run_id = ANY($1)",
            dead,
            now,
        )
        runs = await connection.execute(
            "UPDATE pipeline_runs SET state = 'died', finished_at = $2,"
            " message = 'the process ended before the run did' WHERE state = 'running' AND run_id = ANY($1)",
            dead,
            now,
        )
    return Buried(int(runs.split()[-1]), int(cells.split()[-1]))


async def cell_states(store: Store, datasets: Collection[str], window: Window) -> pl.DataFrame:
    """Every cell of `window` that was ever tried: dataset, day, state (once ok stays ok), attempts, last_error."""
    names = ", ".join(literal(name) for name in sorted(datasets)) or "NULL"
    query = (
        f"SELECT {', '.join(CELL_SCHEMA)} FROM v_cells WHERE dataset IN ({names})"
        f" AND day BETWEEN {literal(window.start)} AND {literal(window.end)}"
    )
    return (await store.connections.frame(query, CELL_SCHEMA)).sort("dataset", "day")


async def missing_cells(
    store: Store, cells: Mapping[str, Collection[dt.date]], states: Collection[str]
) -> dict[str, list[dt.date]]:
    """Those of `cells` whose state is one of `states`; "missing" stands for a cell that was never tried.

    A cell in state `running` counts only where asked for: bury the dead first.
    """
    every = [day for days in cells.values() for day in days]
    if not every:
        return {dataset: [] for dataset in cells}
    known = await cell_states(store, list(cells), Window(min(every), max(every)))
    state = {(row[0], row[1]): row[2] for row in known.select("dataset", "day", "state").rows()}
    return {
        dataset: sorted(day for day in days if state.get((dataset, day), "missing") in states)
        for dataset, days in cells.items()
    }


async def good_days(store: Store, dataset: str) -> frozenset[dt.date]:
    """Cells that came in, or that the source knows to be empty.

    As v_cells says, without its sorting: a run asks this of every dataset before it asks anybody anything.
    """
    query = """
        SELECT day FROM ledger WHERE dataset = $1 AND state = 'ok'
        UNION SELECT day FROM (
            SELECT DISTINCT ON (day) day, state FROM ledger WHERE dataset = $1 ORDER BY day, attempt DESC
        ) AS latest WHERE state = 'empty'
    """
    async with store.connections.acquire() as connection:
        return frozenset(row["day"] for row in await connection.fetch(query, dataset))


async def covered_from(store: Store, dataset: str) -> dt.date | None:
    """The first observation date that a successful fetch of the dataset has asked for."""
    return await _of_successes(store, dataset, "min(covered_from)")  # type: ignore[no-any-return]


async def earlier_fetches(store: Store, dataset: str, window: Window) -> pl.DataFrame:
    """What stamping asks: the spans of observation dates that were looked at, and when last (covered_from,
    covered_to, fetched_at: the begin, so that what came out during the fetch does not count as absent)."""
    states = ", ".join(literal(state) for state in LOOKED)
    query = (
        "SELECT covered_from, covered_to, max(started_at) AS fetched_at FROM ledger"
        f" WHERE dataset = {literal(dataset)} AND state IN ({states})"
        f" AND covered_to >= {literal(window.start)} AND covered_from <= {literal(window.end)} GROUP BY 1, 2"
    )
    return await store.connections.frame(query, FETCH_SCHEMA)


async def past_fetches(store: Store, dataset: str, newest: int) -> list[PastFetch]:
    """The newest successful fetches of the dataset that took time, newest first."""
    async with store.connections.acquire() as connection:
        rows = await connection.fetch(
            "SELECT min(covered_from) AS first, max(covered_to) AS last, count(*) AS cells, max(seconds) AS seconds"
            " FROM ledger WHERE dataset = $1 AND state = ANY($2) AND seconds > 0"
            " GROUP BY run_id, started_at ORDER BY started_at DESC LIMIT $3",
            dataset,
            LOOKED,
            newest,
        )
    return [PastFetch(Window(row["first"], row["last"]), row["cells"], row["seconds"]) for row in rows]


async def _of_successes(store: Store, dataset: str, what: str) -> Any:
    query = f"SELECT {what} FROM ledger WHERE dataset = $1 AND state = ANY($2)"
    async with store.connections.acquire() as connection:
        return await connection.fetchval(query, dataset, GOOD)
