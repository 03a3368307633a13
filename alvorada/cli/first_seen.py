"""When a world first saw each number: `alvorada catalogue first-seen`."""

from __future__ import annotations

import asyncio
import datetime as dt

import polars as pl

from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import open_stack
from desk.catalog import load_catalog
from desk.point_in_time.first_seen import FirstSeen, first_seen
from tasks.store import Store, open_store

_SEEN = """
    SELECT series_id, obs_date, min(fetched_at) AS seen FROM v_observation JOIN v_payload USING (payload_id)
    WHERE obs_date >= $1 AND origin <> 'imported' GROUP BY series_id, obs_date
"""
_LOOKS = """
    SELECT dataset, fetched_at FROM v_payload WHERE origin <> 'imported'
    GROUP BY dataset, fetched_at ORDER BY dataset, fetched_at
"""

_SCHEMA = pl.Schema({"series_id": pl.String(), "obs_date": pl.Date(), "seen": pl.Datetime("us", "UTC")})


def stored_first_seen(world: str, seed: int, since: dt.date) -> list[FirstSeen]:
    """Of numbers about days from `since` on. Raises StoreError, BadInput."""

    async def read(url: str) -> list[FirstSeen]:
        async with open_store(url, world, pool_size=1) as store:  # type: ignore[arg-type]  # checked by the option
            return await first_seen_in(store, since)

    with open_stack(DataDir.from_environment(), world, seed) as stack:
        return asyncio.run(read(stack.database_url))


async def first_seen_in(store: Store, since: dt.date) -> list[FirstSeen]:
    """Of numbers about days from `since` on in an open store. Raises StoreError."""
    async with store.connections.acquire() as connection:
        seen = [dict(row) for row in await connection.fetch(_SEEN, since)]
        looks: dict[str, list[dt.datetime]] = {}
        for row in await connection.fetch(_LOOKS):
            looks.setdefault(row["dataset"], []).append(row["fetched_at"])
    return first_seen(pl.DataFrame(seen, schema=_SCHEMA), looks, load_catalog())
