"""Gold in and out. A write changes the rows that differ only: the same run again writes nothing.

The rows of a decided day are a record: no write changes or deletes them. A table that has no row of that day can still
get its rows. Only a restatement opens a decided day (tasks/store/decisions.py).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
import polars as pl

from desk.errors import StoreError
from desk.gold import GOLD, GoldTable
from tasks.store.connect import Connections
from tasks.store.copy import copy_in, literal, refuse_bad_floats, refuse_bad_keys
from tasks.store.decisions import frozen_days
from tasks.store.locks import lock_key


@dataclass(frozen=True, slots=True)
class WriteCounts:
    """Counts of one gold table's rows after a write."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int

    @property
    def touched(self) -> int:
        """Rows that the write changed in any way."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True, slots=True)
class _Difference:
    table: GoldTable
    upserts: pl.DataFrame
    deletes: pl.DataFrame
    counts: WriteCounts


class GoldStore:
    """The part of Store for gold tables."""

    connections: Connections

    async def write_gold(
        self, frames: Mapping[str, pl.DataFrame], run_id: uuid.UUID, scope: tuple[dt.datetime, dt.datetime]
    ) -> dict[str, WriteCounts]:
        """Makes the rows with as_of in [scope[0], scope[1]] equal to `frames` (table -> rows), in one transaction.

        A row whose values are equal to the bit is not touched, and keeps the run_id of the run that wrote it first. A
        row of the scope that is not in its frame is deleted. Rows of a decided day stay as they are, and count as
        unchanged. Raises StoreError, before anything is written, when a frame has a row outside the scope, a key
        twice, a null in a key, or a number that is not finite.
        """
        checked = {name: _checked(name, frame, scope) for name, frame in frames.items()}
        async with self.connections.acquire() as connection, connection.transaction():
            # The stored rows are read on another connection: the lock keeps other writers out until the commit.
            await connection.execute("SELECT pg_advisory_xact_lock($1)", lock_key("write", "gold"))
            frozen = await frozen_days(connection, *scope)
            counts = {}
            for name, frame in checked.items():
                stored = await self.read_gold(name, *scope)
                difference = _difference(GOLD[name], frame, stored, frozen)
                await _apply(connection, difference, run_id)
                counts[name] = difference.counts
        return counts

    async def read_gold(self, name: str, as_of_from: dt.datetime, as_of_to: dt.datetime) -> pl.DataFrame:
        """Rows with as_of in [as_of_from, as_of_to], sorted by key. Columns: the table's schema."""
        table = _gold(name)
        columns = ["as_of", *(f"{c}::text AS {c}" if kind == "json" else c for c, kind in table.columns.items())]
        query = (
            f"SELECT {', '.join(columns)} FROM {name} WHERE as_of BETWEEN {literal(as_of_from)} AND {literal(as_of_to)}"
        )
        return (await self.connections.frame(query, table.schema)).sort("as_of", *table.key)

    async def open_days(self, tables: Sequence[str], days: Sequence[dt.datetime]) -> list[dt.datetime]:
        """Those of `days` whose rows a write of `tables` can still change: not decided, or without a row in one of
        them. In their order."""
        if not days:
            return []
        missing = " OR ".join(
            f"NOT EXISTS (SELECT 1 FROM {_gold(name).name} AS t WHERE t.as_of = d.as_of)" for name in tables
        )
        query = f"SELECT d.as_of FROM unnest($1::timestamptz[]) AS d (as_of) WHERE {missing}"
        async with self.connections.acquire() as connection:
            frozen = await frozen_days(connection, min(days), max(days))
            rows = await connection.fetch(query, frozen)
        decided = set(frozen) - {row["as_of"] for row in rows}
        return [day for day in days if day not in decided]

    async def gold_days(self, name: str) -> list[dt.datetime]:
        """The distinct as_of of a gold table, ascending, UTC."""
        table = _gold(name)
        async with self.connections.acquire() as connection:
            rows = await connection.fetch(f"SELECT DISTINCT as_of FROM {table.name} ORDER BY as_of")
        return [row["as_of"] for row in rows]


def _gold(name: str) -> GoldTable:
    if name not in GOLD:
        raise StoreError(f"there is no gold table {name!r}; there are {', '.join(GOLD)}")
    return GOLD[name]


def _checked(name: str, frame: pl.DataFrame, scope: tuple[dt.datetime, dt.datetime]) -> pl.DataFrame:
    table = _gold(name)
    missing = [column for column in table.schema if column not in frame.columns]
    if missing:
        raise StoreError(f"{name}: the frame has no column {', '.join(missing)}")
    rows = frame.select(pl.col(column).cast(dtype) for column, dtype in table.schema.items())
    refuse_bad_floats(name, rows)
    refuse_bad_keys(name, rows, ("as_of", *table.key))
    outside = rows.filter(~pl.col("as_of").is_between(*scope))
    if not outside.is_empty():
        raise StoreError(f"{name}: {outside.height} rows lie outside the scope {scope[0]} to {scope[1]}")
    return rows


def _difference(
    table: GoldTable, rows: pl.DataFrame, stored: pl.DataFrame, frozen: Sequence[dt.datetime]
) -> _Difference:
    key = ["as_of", *table.key]
    records = stored.filter(pl.col("as_of").is_in(frozen))
    recorded = pl.col("as_of").is_in(records["as_of"].unique().to_list())
    rows, stored = rows.filter(~recorded), stored.filter(~recorded)
    values = [column for column in table.columns if column not in table.key]
    joined = rows.join(stored.with_columns(_there=True), on=key, how="left", suffix="_stored", nulls_equal=True)
    is_there = pl.col("_there").is_not_null()
    same = pl.all_horizontal(pl.lit(True), *(pl.col(v).eq_missing(pl.col(f"{v}_stored")) for v in values))
    marked = joined.with_columns(_is_there=is_there, _same=is_there & same)
    upserts = marked.filter(~pl.col("_same")).select(rows.columns)
    deletes = stored.join(rows, on=key, how="anti").select(key)
    same_rows = int(marked["_same"].sum())
    updated = int(marked["_is_there"].sum()) - same_rows
    counts = WriteCounts(upserts.height - updated, updated, deletes.height, same_rows + records.height)
    return _Difference(table, upserts, deletes, counts)


async def _apply(connection: asyncpg.Connection, difference: _Difference, run_id: uuid.UUID) -> None:
    table, key = difference.table, ["as_of", *difference.table.key]
    if not difference.deletes.is_empty():
        gone = f"{table.name}_gone"
        await connection.execute(
            f"CREATE TEMP TABLE {gone} ON COMMIT DROP AS SELECT {', '.join(key)} FROM {table.name} WITH NO DATA"
        )
        await copy_in(connection, gone, difference.deletes)
        match = " AND ".join(f"t.{column} = g.{column}" for column in key)
        await connection.execute(f"DELETE FROM {table.name} AS t USING {gone} AS g WHERE {match}")
    if not difference.upserts.is_empty():
        fresh = f"{table.name}_fresh"
        columns = difference.upserts.columns
        values = [column for column in columns if column not in key]
        await connection.execute(
            f"CREATE TEMP TABLE {fresh} ON COMMIT DROP AS SELECT {', '.join(columns)} FROM {table.name} WITH NO DATA"
        )
        await copy_in(connection, fresh, difference.upserts)
        changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in (*values, "run_id"))
        await connection.execute(
            f"INSERT INTO {table.name} ({', '.join(columns)}, run_id) SELECT {', '.join(columns)}, $1 FROM {fresh}"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}",
            run_id,
        )
