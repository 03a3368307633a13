"""Decisions as records: one row for each version of a day's decision of a book, which is neither changed nor deleted.

The gold tables and `report` hold the current version of each decided day. A restatement keeps the version before it
(`gold_version`, `report_version`), writes the day anew, and ends in one transaction with its own row; what a dead run
has left of one is undone by the next run.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg

from desk.errors import StoreError
from desk.gold import GOLD
from tasks.store.connect import Connections

DecisionKind = Literal["history", "live", "catch_up", "held", "restated"]
OPERATED: tuple[DecisionKind, ...] = ("live", "catch_up", "held")
"""Kinds that only a book in operation has: the days before its first live decision are history."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One version of a book's decision of `as_of`.

    `reason` is a restatement's. `is_beside`: later days had gone on from the version before, which stayed the current
    one. `state` is the book after the day, as desk.portfolio.book_state writes it; None where no run goes on from it.
    """

    book_id: str
    as_of: dt.datetime
    version: int
    kind: DecisionKind
    run_id: uuid.UUID
    decided_at: dt.datetime
    reason: str | None
    code_version: str
    inputs_sha256: str | None
    is_beside: bool
    state: str | None


class DecisionStore:
    """The part of Store for decisions. Every method raises StoreError when the database fails."""

    connections: Connections

    async def decision(self, as_of: dt.datetime) -> Decision | None:
        """The current version of the decision of `as_of`; None where none was made."""
        return await self._one("as_of = $1 AND NOT is_beside ORDER BY version DESC", as_of)

    async def decision_before(self, as_of: dt.datetime) -> Decision | None:
        """The current version of the last decision before `as_of`, of whichever book."""
        return await self._one("as_of < $1 AND NOT is_beside ORDER BY as_of DESC, version DESC", as_of)

    async def decisions(self, since: dt.datetime, until: dt.datetime) -> list[Decision]:
        """Every version of every decision with as_of in [since, until], by as_of and version, without their states."""
        columns = ", ".join("NULL AS state" if name == "state" else name for name in Decision.__slots__)
        query = f"SELECT {columns} FROM decision WHERE as_of BETWEEN $1 AND $2 ORDER BY as_of, version"
        async with self.connections.acquire() as connection:
            return [_decision(row) for row in await connection.fetch(query, since, until)]

    async def is_in_operation(self, book_id: str) -> bool:
        """Whether the book has a decision that was made on its own day."""
        query = "SELECT EXISTS (SELECT 1 FROM decision WHERE book_id = $1 AND kind = ANY($2))"
        async with self.connections.acquire() as connection:
            return bool(await connection.fetchval(query, book_id, list(OPERATED)))

    async def has_decision_after(self, book_id: str, as_of: dt.datetime) -> bool:
        """Whether the book has a decision later than `as_of`."""
        query = "SELECT EXISTS (SELECT 1 FROM decision WHERE book_id = $1 AND as_of > $2)"
        async with self.connections.acquire() as connection:
            return bool(await connection.fetchval(query, book_id, as_of))

    async def add_decisions(self, decisions: Sequence[Decision]) -> None:
        """Records decisions, all or none. Raises StoreError where one of them is there already."""
        async with self.connections.acquire() as connection, connection.transaction():
            await _insert(connection, decisions)

    async def begin_restatement(self, as_of: dt.datetime, run_id: uuid.UUID, now: dt.datetime) -> None:
        """Keeps the current version of `as_of` and opens its rows for a new one. Raises StoreError without one."""
        current = await self.decision(as_of)
        if current is None:
            raise StoreError(f"there is no decision of {as_of.isoformat()} to restate")
        async with self.connections.acquire() as connection, connection.transaction():
            await _keep(connection, as_of, current.version)
            await connection.execute(
                "INSERT INTO restatement (as_of, version, run_id, begun_at) VALUES ($1, $2, $3, $4)",
                as_of, current.version, run_id, now,
            )  # fmt: skip

    async def end_restatement(self, new: Decision) -> None:
        """Records the new version. Beside the old one (`is_beside`), its rows are kept as the old one's were, which is
        put back as the current version."""
        async with self.connections.acquire() as connection, connection.transaction():
            if new.is_beside:
                await _keep(connection, new.as_of, new.version)
                await _put_back(connection, new.as_of)
            await connection.execute("DELETE FROM restatement WHERE as_of = $1", new.as_of)
            await _insert(connection, [new])

    async def undo_restatements(self) -> list[dt.datetime]:
        """Puts back the current version of every day whose restatement did not end. The caller holds the daily run's
        lock. Returns the days."""
        async with self.connections.acquire() as connection, connection.transaction():
            open_days = [row["as_of"] for row in await connection.fetch("SELECT as_of FROM restatement FOR UPDATE")]
            for as_of in open_days:
                await _put_back(connection, as_of)
                await connection.execute("DELETE FROM restatement WHERE as_of = $1", as_of)
        return open_days

    async def orders_before_restatement(self, as_of: dt.datetime) -> list[dict[str, Any]] | None:
        """The orders (ACTION rows, without their types) of the version of `as_of` that is being restated; None where
        none is."""
        query = """
            SELECT kept.rows FROM restatement AS open JOIN gold_version AS kept
            ON kept.as_of = open.as_of AND kept.version = open.version AND kept.table_name = 'action'
            WHERE open.as_of = $1
        """
        async with self.connections.acquire() as connection:
            found = await connection.fetchval(query, as_of)
        if found is None:
            return None
        rows: list[dict[str, Any]] = json.loads(found) if isinstance(found, str) else found
        return rows

    async def _one(self, condition: str, as_of: dt.datetime) -> Decision | None:
        query = f"SELECT {', '.join(Decision.__slots__)} FROM decision WHERE {condition} LIMIT 1"
        async with self.connections.acquire() as connection:
            row = await connection.fetchrow(query, as_of)
        return None if row is None else _decision(row)


async def frozen_days(connection: asyncpg.Connection, since: dt.datetime, until: dt.datetime) -> list[dt.datetime]:
    """The decided as_of in [since, until], without those that are being restated."""
    query = """
        SELECT DISTINCT as_of FROM decision WHERE as_of BETWEEN $1 AND $2
        AND NOT EXISTS (SELECT 1 FROM restatement AS open WHERE open.as_of = decision.as_of)
    """
    return [row["as_of"] for row in await connection.fetch(query, since, until)]


async def _insert(connection: asyncpg.Connection, decisions: Sequence[Decision]) -> None:
    names = Decision.__slots__
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    await connection.executemany(
        f"INSERT INTO decision ({', '.join(names)}) VALUES ({places})",
        [tuple(getattr(decision, name) for name in names) for decision in decisions],
    )


REPORT_COLUMNS = "as_of, language, run_id, rendered_at, sha256, bytes, html_zstd"


async def _keep(connection: asyncpg.Connection, as_of: dt.datetime, version: int) -> None:
    for name in GOLD:
        await connection.execute(
            "INSERT INTO gold_version (as_of, version, table_name, rows)"
            f" SELECT $1, $2, $3, coalesce(json_agg(row_to_json(kept)), '[]') FROM {name} AS kept WHERE as_of = $1",
            as_of, version, name,
        )  # fmt: skip
    await connection.execute(
        f"INSERT INTO report_version ({REPORT_COLUMNS}, version) SELECT {REPORT_COLUMNS}, $2 FROM report"
        " WHERE as_of = $1",
        as_of, version,
    )  # fmt: skip


async def _put_back(connection: asyncpg.Connection, as_of: dt.datetime) -> None:
    """The version that the open restatement of `as_of` has kept becomes the current rows again, and is kept no more."""
    version = await connection.fetchval("SELECT version FROM restatement WHERE as_of = $1", as_of)
    for name in GOLD:
        await connection.execute(f"DELETE FROM {name} WHERE as_of = $1", as_of)
        await connection.execute(
            f"INSERT INTO {name} SELECT back.* FROM gold_version AS kept,"
            f" LATERAL json_populate_recordset(NULL::{name}, kept.rows) AS back"
            " WHERE kept.as_of = $1 AND kept.version = $2 AND kept.table_name = $3",
            as_of, version, name,
        )  # fmt: skip
    await connection.execute("DELETE FROM report WHERE as_of = $1", as_of)
    await connection.execute(
        f"INSERT INTO report ({REPORT_COLUMNS}) SELECT {REPORT_COLUMNS} FROM report_version"
        " WHERE as_of = $1 AND version = $2",
        as_of, version,
    )  # fmt: skip
    for table in ("gold_version", "report_version"):
        await connection.execute(f"DELETE FROM {table} WHERE as_of = $1 AND version = $2", as_of, version)


def _decision(row: asyncpg.Record) -> Decision:
    fields: dict[str, Any] = {name: row[name] for name in Decision.__slots__}
    return Decision(**fields)
