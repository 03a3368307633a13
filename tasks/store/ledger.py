"""The ledger: one row for each dataset, day and attempt, written before and after every fetch.

A run holds the lock ("run", run_id) while its process is alive. Its rows start in state `running`. When the process is
killed they stay so; `mark_dead_runs` finds that no session holds the lock, and marks them `died`.
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
from desk.point_in_time.knowledge_time import EVERY_SERIES
from tasks.store import Store
from tasks.store.copy import literal
from tasks.store.locks import lock_key

CellState = Literal["ok", "empty", "not_yet", "failed"]
GOOD = ("ok", "empty")
ANSWERED = ("ok", "empty", "not_yet")
"""States in which the source answered: a number that was not in the answer was published later."""

CELL_SCHEMA: dict[str, pl.DataType] = {
    "dataset": pl.String(),
    "day": pl.Date(),
    "state": pl.String(),
    "attempts": pl.Int64(),
    "last_error": pl.String(),
}
FETCH_SCHEMA: dict[str, pl.DataType] = {
    "subject": pl.String(),
    "covered_from": pl.Date(),
    "covered_to": pl.Date(),
    "fetched_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one fetch of a dataset.

    states    day of the cell -> its state; `rows`: day -> parsed rows of that cell
    covered   the observation dates of the request; None: each cell covers its own day only
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
class DeadRuns:
    """Runs and ledger cells that were marked `died`."""

    runs: int
    cells: int


@dataclass(frozen=True, slots=True)
class PastFetch:
    """One earlier fetch of a dataset: the observation dates it covered, its cells, and its seconds."""

    covered: Window
    cells: int
    seconds: float


def input_hash(sha256s: Iterable[str]) -> str | None:
    """One hash for the payloads of a fetch: the only payload's own, or a hash over all of them; None without any."""
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
    """Inserts a row in state `running` for each of `cells` (dataset -> days), as its next attempt. Returns how many."""
    pairs = [(dataset, day) for dataset, days in cells.items() for day in days]
    query = """
        INSERT INTO ledger (dataset, day, attempt, run_id, state, started_at, code_version)
        SELECT new.dataset, new.day, coalesce(max(ledger.attempt), 0) + 1, $3, 'running', $4, $5
        FROM unnest($1::text[], $2::date[]) AS new (dataset, day)
        LEFT JOIN ledger ON ledger.dataset = new.dataset AND ledger.day = new.day
        GROUP BY new.dataset, new.day
    """
    async with store.connections.acquire() as connection, connection.transaction():
        # Without the lock, two runs could give the same attempt number to one cell.
        await connection.execute("SELECT pg_advisory_xact_lock($1)", lock_key("write", "ledger"))
        names, days = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        done = await connection.execute(query, names, days, run_id, started_at, code_version)
    return int(done.split()[-1])


async def finish(store: Store, run_id: uuid.UUID, outcome: Outcome) -> None:
    """Writes the result into the run's open rows of one dataset. Raises StoreError when one of them is not open."""
    days = sorted(outcome.states)
    spans = [(outcome.covered.start, outcome.covered.end) if outcome.covered else (day, day) for day in days]
    query = """
        UPDATE ledger SET state = result.state, rows = result.rows, covered_from = result.covered_from,
               covered_to = result.covered_to, finished_at = $7, fetch_cells = $8, inserted = $9, bytes = $10,
               seconds = $11, checks = $12, error_kind = $13, error = $14, input_hash = $15
        FROM unnest($3::date[], $4::text[], $5::bigint[], $6::date[], $16::date[])
             AS result (day, state, rows, covered_from, covered_to)
        WHERE ledger.dataset = $1 AND ledger.run_id = $2 AND ledger.day = result.day AND ledger.state = 'running'
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


async def mark_dead_runs(store: Store, now: dt.datetime) -> DeadRuns:
    """Marks the open cells and rows of dead runs as `died`. A run is dead when no session holds its lock."""
    async with store.connections.acquire() as connection:
        rows = await connection.fetch(
            "SELECT run_id FROM ledger WHERE state = 'running'"
            " UNION SELECT run_id FROM pipeline_runs WHERE state = 'running'"
        )
    open_runs = {str(row["run_id"]) for row in rows}
    dead = [uuid.UUID(run) for run in open_runs - await store.locked("run", open_runs)]
    if not dead:
        return DeadRuns(0, 0)
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
    return DeadRuns(int(runs.split()[-1]), int(cells.split()[-1]))


async def cell_states(store: Store, datasets: Collection[str], window: Window) -> pl.DataFrame:
    """The cells of `window` with an attempt, in CELL_SCHEMA, sorted by dataset and day. A cell once ok stays ok."""
    names = ", ".join(literal(name) for name in sorted(datasets)) or "NULL"
    query = (
        f"SELECT {', '.join(CELL_SCHEMA)} FROM v_cells WHERE dataset IN ({names})"
        f" AND day BETWEEN {literal(window.start)} AND {literal(window.end)}"
    )
    return (await store.connections.frame(query, CELL_SCHEMA)).sort("dataset", "day")


async def missing_cells(
    store: Store, cells: Mapping[str, Collection[dt.date]], states: Collection[str]
) -> dict[str, list[dt.date]]:
    """Those of `cells` (dataset -> days) whose state is in `states`, ascending. "missing": a cell without an attempt.

    Call `mark_dead_runs` before: a cell that a killed run has left open is in state `running`.
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
    """Cells with rows, and cells that the source is known to have no number for.

    The same states as in the view v_cells, without its sorting: every run reads this for every dataset.
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
    """The earliest observation date that a successful fetch of the dataset covered; None before the first one."""
    query = "SELECT min(covered_from) FROM ledger WHERE dataset = $1 AND state = ANY($2)"
    async with store.connections.acquire() as connection:
        earliest: dt.date | None = await connection.fetchval(query, dataset, GOOD)
    return earliest


async def earlier_fetches(store: Store, dataset: str, window: Window) -> pl.DataFrame:
    """The spans of observation dates that answered fetches covered, in FETCH_SCHEMA: input of FetchContext.

    Of a dataset whose series have coverage of their own: `series_looks.earlier_looks`.

    fetched_at is the start of the span's newest fetch: a number published during a fetch does not count as late.
    """
    states = ", ".join(literal(state) for state in ANSWERED)
    query = (
        f"SELECT {literal(EVERY_SERIES)} AS subject, covered_from, covered_to, max(started_at) AS fetched_at"
        f" FROM ledger WHERE dataset = {literal(dataset)} AND state IN ({states})"
        f" AND covered_to >= {literal(window.start)} AND covered_from <= {literal(window.end)} GROUP BY 2, 3"
    )
    return await store.connections.frame(query, FETCH_SCHEMA)


async def past_fetches(store: Store, dataset: str, newest: int) -> list[PastFetch]:
    """Up to `newest` answered fetches of the dataset with a known duration, newest first."""
    async with store.connections.acquire() as connection:
        rows = await connection.fetch(
            "SELECT min(covered_from) AS first, max(covered_to) AS last, count(*) AS cells, max(seconds) AS seconds"
            " FROM ledger WHERE dataset = $1 AND state = ANY($2) AND seconds > 0"
            " GROUP BY run_id, started_at ORDER BY started_at DESC LIMIT $3",
            dataset,
            ANSWERED,
            newest,
        )
    return [PastFetch(Window(row["first"], row["last"]), row["cells"], row["seconds"]) for row in rows]
