"""The table `pipeline_runs`: one row for each run, with its kind, final state, gaps, and stages."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from desk.errors import BadInput, StoreError
from tasks.store import Store

RunState = Literal["completed", "completed_with_gaps", "failed", "died", "cancelled"]
"""died: something around the run ended it (its process was killed, its database was lost); cancelled: somebody did."""

CLOCK_SLACK = dt.timedelta(hours=1)
"""Machines on one database may differ by less."""


@dataclass(frozen=True, slots=True)
class RunStart:
    """`kind`: daily, backfill, import; `sources`: live, sandbox, recorded, stored; `as_of` where there is one."""

    run_id: uuid.UUID
    kind: str
    sources: str
    started_at: dt.datetime
    code_version: str
    as_of: dt.datetime | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prefect_run_id: uuid.UUID | None = None


async def begin_run(store: Store, run: RunStart) -> None:
    """Inserts the run's row in state `running`. Raises StoreError.

    The caller holds the lock ("run", run_id): without it the row would be marked `died`. Raises BadInput for a live run
    by a clock that was set back: the numbers that sources give today would be dated before what is stored.
    """
    query = """
        INSERT INTO pipeline_runs (run_id, kind, as_of, sources, state, started_at, parameters, code_version,
                                   prefect_run_id)
        VALUES ($1, $2, $3, $4, 'running', $5, $6, $7, $8)
    """
    async with store.connections.acquire() as connection:
        newest = await connection.fetchval("SELECT max(started_at) FROM pipeline_runs")
        if run.sources == "live" and newest is not None and run.started_at < newest - CLOCK_SLACK:
            raise BadInput(
                f"the clock says {run.started_at:%Y-%m-%d %H:%M} UTC, and a run of {newest:%Y-%m-%d %H:%M} UTC is on"
                " record: set this machine's clock"
            )
        await connection.execute(
            query, run.run_id, run.kind, run.as_of, run.sources, run.started_at, json.dumps(dict(run.parameters)),
            run.code_version, run.prefect_run_id,
        )  # fmt: skip


async def add_stage(store: Store, run_id: uuid.UUID, stage: Mapping[str, Any]) -> None:
    """Appends a stage to a run that has ended: a step after it. Raises StoreError."""
    async with store.connections.acquire() as connection:
        await connection.execute(
            "UPDATE pipeline_runs SET stages = stages || $2::jsonb WHERE run_id = $1", run_id, json.dumps([dict(stage)])
        )


async def finish_run(
    store: Store,
    run_id: uuid.UUID,
    state: RunState,
    finished_at: dt.datetime,
    *,
    gaps: Sequence[str] = (),
    message: str | None = None,
    stages: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Closes the run's row. Raises StoreError when it is not open.

    `gaps`: what is missing, by name; `stages`: one JSON object for each (name, seconds, rows).
    """
    query = """
        UPDATE pipeline_runs SET state = $2, finished_at = $3, gaps = $4, message = $5, stages = $6
        WHERE run_id = $1 AND state = 'running'
    """
    async with store.connections.acquire() as connection:
        done = await connection.execute(
            query, run_id, state, finished_at, list(gaps), message, json.dumps([dict(stage) for stage in stages])
        )
    if done != "UPDATE 1":
        raise StoreError(f"run {run_id} was not open")
