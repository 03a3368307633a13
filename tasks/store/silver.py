"""Silver in and out. A row is never changed: a revision is a new row with a later knowledge_time."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence

import asyncpg
import polars as pl

from desk.errors import StoreError
from desk.model import SILVER, Frames, SilverTable
from tasks.store.connect import Connections
from tasks.store.copy import copy_in, literal, one_of, refuse_bad_floats, refuse_bad_keys
from tasks.store.holds import Hold, HoldStore, believed, insert_holds, insert_suspects


class SilverStore(HoldStore):
    """The part of Store for silver tables. Every method raises StoreError."""

    connections: Connections

    async def write_silver(self, table: str, frame: pl.DataFrame) -> int:
        """Inserts the rows whose key is new. Returns how many. `frame` has the table's stored schema."""
        return (await self.write_silver_tables({table: frame}))[0]

    async def write_silver_tables(self, frames: Frames) -> list[int]:
        """Inserts into several tables (table -> frame) in one transaction. Returns the new rows of each, in order."""
        checked = {name: _checked(name, frame) for name, frame in frames.items()}
        if all(rows.is_empty() for rows in checked.values()):
            return [0] * len(checked)
        async with self.connections.acquire() as connection, connection.transaction():
            return [await _insert(connection, name, rows) for name, rows in checked.items()]

    async def write_judged(
        self,
        table: str,
        frame: pl.DataFrame,
        holds: Sequence[Hold],
        run_id: uuid.UUID,
        held_at: dt.datetime,
        suspects: Sequence[Hold] = (),
    ) -> int:
        """As `write_silver`, with the verdicts on its rows in the same transaction: what is held, and what is believed
        and suspect. Returns how many rows were new."""
        rows = _checked(table, frame)
        if rows.is_empty():
            return 0
        async with self.connections.acquire() as connection, connection.transaction():
            inserted = await _insert(connection, table, rows)
            await insert_holds(connection, holds, run_id, held_at)
            await insert_suspects(connection, suspects, run_id, held_at)
        return inserted

    async def read_silver(
        self,
        table: str,
        as_of: dt.datetime,
        since: dt.date,
        entities: Collection[str] | None = None,
        until: dt.date | None = None,
    ) -> pl.DataFrame:
        """Every vintage known at `as_of` of observations from `since` to `until` (None: without end), both included.

        The one read for decisions: without what is held or rejected; what was released is known from its release on.

        `entities`: values of the first key column (series_id, curve_id, contract_id ...); None: all. Sorted by key.
        Columns: the table's stored schema.
        """
        silver = _silver(table)
        conditions = [f"knowledge_time <= {literal(as_of)}", f"obs_date >= {literal(since)}", *_among(silver, entities)]
        if until is not None:
            conditions.append(f"obs_date <= {literal(until)}")
        query = f"SELECT {', '.join(silver.stored_schema)} FROM {table} WHERE {' AND '.join(conditions)}"
        rows = (await self.connections.frame(query, silver.stored_schema)).sort(silver.key)
        return believed(silver, rows, await self.read_holds(table=table), as_of)

    async def believed_values(self, table: str, since: dt.date, entities: Collection[str]) -> pl.DataFrame:
        """The newest vintage that is neither held nor rejected of each entity and obs_date since `since`."""
        silver = _silver(table)
        conditions = [f"obs_date >= {literal(since)}", *_among(silver, entities)]
        query = f"SELECT {', '.join(silver.stored_schema)} FROM {table} WHERE {' AND '.join(conditions)}"
        rows = await self.connections.frame(query, silver.stored_schema)
        shown = believed(silver, rows, await self.read_holds(table=table), None).sort(silver.key)
        return shown.unique([*silver.entity, "obs_date"], keep="last", maintain_order=True)

    async def latest_values(
        self,
        table: str,
        start: dt.date,
        end: dt.date,
        entities: Collection[str] | None = None,
        known_by: dt.datetime | None = None,
    ) -> pl.DataFrame:
        """The newest vintage, of those known by `known_by` (None: all), of each entity and obs_date in [start, end].

        As the source gave it: with what is held, so that the same number again is nothing new.
        """
        silver = _silver(table)
        conditions = [f"obs_date BETWEEN {literal(start)} AND {literal(end)}", *_among(silver, entities)]
        if known_by is not None:
            conditions.append(f"knowledge_time <= {literal(known_by)}")
        point = ", ".join((*silver.entity, "obs_date"))
        query = (
            f"SELECT DISTINCT ON ({point}) {', '.join(silver.stored_schema)} FROM {table}"
            f" WHERE {' AND '.join(conditions)} ORDER BY {point}, knowledge_time DESC"
        )
        return (await self.connections.frame(query, silver.stored_schema)).sort(silver.key)

    async def stored_entities(self, table: str, entities: Collection[str]) -> frozenset[str]:
        """Those of `entities` (values of the first key column) that have a row."""
        silver = _silver(table)
        query = (
            f"SELECT e FROM unnest($1::text[]) AS e WHERE EXISTS (SELECT 1 FROM {table} WHERE {silver.entity[0]} = e)"
        )
        async with self.connections.acquire() as connection:
            return frozenset(row["e"] for row in await connection.fetch(query, list(entities)))


def _checked(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    silver = _silver(table)
    rows = frame.select(pl.col(name).cast(dtype) for name, dtype in silver.stored_schema.items())
    refuse_bad_floats(table, rows)
    refuse_bad_keys(table, rows, silver.key)
    return rows


async def _insert(connection: asyncpg.Connection, table: str, rows: pl.DataFrame) -> int:
    if rows.is_empty():
        return 0
    columns, incoming = ", ".join(rows.columns), f"incoming_{table}"
    await connection.execute(
        f"CREATE TEMP TABLE {incoming} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
    )
    await copy_in(connection, incoming, rows)
    done = await connection.execute(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ON CONFLICT DO NOTHING"
    )
    return int(done.split()[-1])


def _silver(table: str) -> SilverTable:
    if table not in SILVER:
        raise StoreError(f"there is no silver table {table!r}; there are {', '.join(SILVER)}")
    return SILVER[table]


def _among(silver: SilverTable, entities: Collection[str] | None) -> list[str]:
    return [] if entities is None else [one_of(silver.entity[0], sorted(entities))]
