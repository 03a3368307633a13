"""Held values: written with their rows, decided by rules and people, and left out of what decisions read.

A hold belongs to one silver row (table, entity, obs_date, knowledge_time). Only a release makes its row readable, from
the `known_from` of the release on: a run of the past reads what it read then.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import asyncpg
import polars as pl

from desk.errors import BadInput
from desk.model import SilverTable
from tasks.store.connect import Connections
from tasks.store.copy import literal

Decision = Literal["released", "rejected"]
TIME = pl.Datetime("us", "UTC")
HOLD_SCHEMA: dict[str, pl.DataType] = {
    "hold_id": pl.Int64(),
    "silver_table": pl.String(),
    "silver_column": pl.String(),
    "entity": pl.String(),
    "obs_date": pl.Date(),
    "knowledge_time": TIME,
    "dataset": pl.String(),
    "value": pl.Float64(),
    "rule": pl.String(),
    "expected": pl.Float64(),
    "peer": pl.String(),
    "peer_value": pl.Float64(),
    "reason": pl.String(),
    "held_at": TIME,
    "state": pl.String(),
    "decided_by": pl.String(),
    "decision_reason": pl.String(),
    "known_from": TIME,
    "decided_at": TIME,
    "hidden_from": TIME,
}
SUSPECT_COLUMNS = (
    "silver_table", "silver_column", "entity", "obs_date", "knowledge_time", "dataset", "value", "rule", "expected",
    "peer", "peer_value", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hold:
    """A value that is not believed: its place in silver, and why."""

    silver_table: str
    silver_column: str
    entity: str
    obs_date: dt.date
    knowledge_time: dt.datetime
    dataset: str
    value: float
    rule: str
    expected: float | None
    peer: str | None
    peer_value: float | None
    reason: str
    hidden_from: dt.datetime | None = None
    """From when it is held, where that is later than its knowledge_time."""


class HoldStore:
    """The part of Store for held values. Every method raises StoreError."""

    connections: Connections

    async def read_holds(self, state: str | None = None, table: str | None = None) -> pl.DataFrame:
        """Every hold with its last decision, the oldest first. `state`: open, released or rejected; None: all."""
        conditions = ["TRUE"]
        if state is not None:
            conditions.append(f"state = {literal(state)}")
        if table is not None:
            conditions.append(f"silver_table = {literal(table)}")
        query = f"SELECT {', '.join(HOLD_SCHEMA)} FROM v_hold WHERE {' AND '.join(conditions)}"
        return (await self.connections.frame(query, HOLD_SCHEMA)).sort("hold_id")

    async def add_holds(self, holds: Sequence[Hold], run_id: uuid.UUID, held_at: dt.datetime) -> None:
        """Holds rows that are stored already. A hold that is there already stays as it is."""
        async with self.connections.acquire() as connection, connection.transaction():
            await insert_holds(connection, holds, run_id, held_at)

    async def add_suspects(self, suspects: Sequence[Hold], run_id: uuid.UUID, found_at: dt.datetime) -> None:
        """Verdicts on rows that are stored already. One that is there already stays as it is."""
        async with self.connections.acquire() as connection, connection.transaction():
            await insert_suspects(connection, suspects, run_id, found_at)

    async def read_suspects(self, known_after: dt.datetime, as_of: dt.datetime) -> pl.DataFrame:
        """Verdicts that a believed value is odd, of values known after `known_after` and by `as_of`; newest first."""
        schema = {name: HOLD_SCHEMA[name] for name in SUSPECT_COLUMNS}
        query = (
            f"SELECT {', '.join(schema)} FROM v_suspect WHERE knowledge_time > {literal(known_after)}"
            f" AND knowledge_time <= {literal(as_of)}"
        )
        return (await self.connections.frame(query, schema)).sort(
            "obs_date", "entity", "silver_column", descending=[True, False, False]
        )

    async def decide_hold(
        self,
        hold_id: int,
        decision: Decision,
        by: str,
        reason: str,
        at: dt.datetime,
        known_from: dt.datetime,
        *,
        only_open: bool = False,
    ) -> None:
        """Appends a decision. Raises BadInput for an unknown hold, and where the hold already has this decision, or any
        with `only_open`."""
        async with self.connections.acquire() as connection, connection.transaction():
            # One decision at a time: two people cannot both be first.
            held = await connection.fetchval("SELECT hold_id FROM hold WHERE hold_id = $1 FOR UPDATE", hold_id)
            if held is None:
                raise BadInput(f"there is no held value {hold_id}")
            state = await connection.fetchval("SELECT state FROM v_hold WHERE hold_id = $1", hold_id)
            if state == decision or (only_open and state != "open"):
                raise BadInput(f"held value {hold_id} is {state} already")
            await connection.execute(
                "INSERT INTO hold_decision (hold_id, decision, decided_by, reason, known_from, decided_at)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                hold_id,
                decision,
                by,
                reason,
                known_from,
                at,
            )


async def insert_holds(
    connection: asyncpg.Connection, holds: Sequence[Hold], run_id: uuid.UUID, held_at: dt.datetime
) -> None:
    """In the transaction that writes their rows. A hold that is there already stays as it is."""
    await connection.executemany(
        "INSERT INTO hold (silver_table, silver_column, entity, obs_date, knowledge_time, dataset, value, rule,"
        " expected, peer, peer_value, reason, hidden_from, run_id, held_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING",
        [
            (
                hold.silver_table, hold.silver_column, hold.entity, hold.obs_date, hold.knowledge_time, hold.dataset,
                hold.value, hold.rule, hold.expected, hold.peer, hold.peer_value, hold.reason, hold.hidden_from,
                run_id, held_at,
            )
            for hold in holds
        ],
    )  # fmt: skip


async def insert_suspects(
    connection: asyncpg.Connection, suspects: Sequence[Hold], run_id: uuid.UUID, found_at: dt.datetime
) -> None:
    """In the transaction that writes their rows. A verdict that is there already stays as it is."""
    places = ", ".join(f"${place}" for place in range(1, len(SUSPECT_COLUMNS) + 3))
    await connection.executemany(
        f"INSERT INTO suspect ({', '.join(SUSPECT_COLUMNS)}, run_id, found_at) VALUES ({places})"
        " ON CONFLICT DO NOTHING",
        [(*(getattr(one, name) for name in SUSPECT_COLUMNS), run_id, found_at) for one in suspects],
    )


def disbelieved(holds: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Those of `holds` (HOLD_SCHEMA) whose values the decision of `as_of` knew and did not believe; a later decision
    on one of them changes nothing of the past."""
    begun = pl.max_horizontal("knowledge_time", "hidden_from") <= as_of
    decided = (pl.col("known_from") <= as_of).fill_null(False)
    return holds.filter(begun & ~decided)


def believed(table: SilverTable, rows: pl.DataFrame, holds: pl.DataFrame, as_of: dt.datetime | None) -> pl.DataFrame:
    """`rows` (stored schema) without those that are held or rejected; a released one is known from its release on.

    `holds` are all of the table's (HOLD_SCHEMA); with `as_of` also without what was released later.
    """
    if holds.is_empty() or rows.is_empty():
        return rows
    entity = pl.concat_str([pl.col(name).cast(pl.String) for name in table.entity], separator="|")
    is_open = pl.col("state") != "released"
    if as_of is not None:
        is_open = is_open & (pl.col("hidden_from") <= as_of).fill_null(True)
    # A row may be held for two of its columns: it waits for both.
    marks = holds.group_by("entity", "obs_date", "knowledge_time").agg(
        _hidden=is_open.any(), _from=pl.col("known_from").max()
    )
    marked = rows.with_columns(_entity=entity, _first=pl.col("knowledge_time")).join(
        marks.rename({"entity": "_entity"}), on=["_entity", "obs_date", "knowledge_time"], how="left"
    )
    shown = marked.filter(~pl.col("_hidden").fill_null(False)).with_columns(
        knowledge_time=pl.max_horizontal("knowledge_time", "_from")
    )
    if as_of is not None:
        shown = shown.filter(pl.col("knowledge_time") <= as_of)
    # Where a correction came at the very instant of the release, the correction is the later word.
    return shown.sort("_first").unique(table.key, keep="last").select(rows.columns).sort(table.key)
