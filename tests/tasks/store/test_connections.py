"""A pool that resets nothing: what one use of a connection has set in a transaction, the next one does not see."""

from __future__ import annotations

import asyncpg
import pytest

from desk.errors import StoreError
from tasks.store.connect import Connections

pytestmark = pytest.mark.db
LEFT = """
    SELECT current_setting('statement_timeout'), count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid()
"""


async def left(connections: Connections) -> tuple[str, int]:
    async with connections.acquire() as connection:
        return tuple(await connection.fetchrow(LEFT))


async def test_neither_a_failed_transaction_nor_one_left_open_is_seen_by_the_next_use(database_url: str) -> None:
    connections = await Connections.make(database_url, 1)
    clean = await left(connections)

    async def begin(connection: asyncpg.Connection) -> None:
        await connection.execute("SET LOCAL statement_timeout = '77s'")
        await connection.execute("SELECT pg_advisory_xact_lock(7)")

    async def fail() -> None:
        async with connections.acquire() as connection, connection.transaction():
            await begin(connection)
            await connection.execute("SELECT 1 / 0")

    with pytest.raises(StoreError, match="division by zero"):
        await fail()
    assert await left(connections) == clean
    async with connections.acquire() as connection:
        await connection.execute("BEGIN")
        await begin(connection)
    assert await left(connections) == clean
    await connections.close()
