"""Advisory locks of PostgreSQL. A lock ends with the session that holds it: a killed run's lock is free at once.

A run holds ("run", run_id) while its process is alive. The daily run also holds ("flow", "daily"); a backfill waits
while that is held.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import asyncpg

from blocks.database import CONNECT_ERRORS, connect_failure
from desk.errors import Busy
from tasks.store.connect import APPLICATION, Connections


def lock_key(kind: str, key: str) -> int:
    """The lock's number: 63 bits of a hash, the same in every process and version."""
    digest = hashlib.blake2b(f"{kind}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


class LockStore:
    """The part of Store for advisory locks."""

    connections: Connections

    @asynccontextmanager
    async def run_lock(self, kind: str, key: str) -> AsyncIterator[None]:
        """Holds the lock on a connection of its own. Raises Busy at once when another session has it."""
        try:
            connection = await asyncpg.connect(
                self.connections.url,
                timeout=15,
                server_settings={"application_name": f"{APPLICATION} {kind} {key}"[:63]},
            )
        except CONNECT_ERRORS as error:
            raise connect_failure(self.connections.url, error) from error
        try:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock_key(kind, key)):
                raise Busy(f"another process holds {kind} {key}")
            yield
        finally:
            # Closing the session frees the lock in every state of the connection.
            await connection.close(timeout=5)

    async def is_locked(self, kind: str, key: str) -> bool:
        """True when a session of this database holds the lock. Raises StoreError."""
        return key in await self.locked(kind, [key])

    async def locked(self, kind: str, keys: Collection[str]) -> frozenset[str]:
        """Those of `keys` whose lock a session of this database holds. Raises StoreError."""
        numbers = {lock_key(kind, key): key for key in keys}
        query = """
            SELECT (classid::bigint << 32) | objid::bigint AS number FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND objsubid = 1
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """
        async with self.connections.acquire() as connection:
            held = {row["number"] for row in await connection.fetch(query)}
        return frozenset(key for number, key in numbers.items() if number in held)
