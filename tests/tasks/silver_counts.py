"""Rows in each silver table, for tests."""

from __future__ import annotations

from desk.model import SILVER
from tasks.store import Store


async def silver_counts(store: Store) -> dict[str, int]:
    """Silver table -> number of rows."""
    async with store.connections.acquire() as connection:
        return {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in SILVER}
