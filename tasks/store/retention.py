"""What may be deleted of the lake: raw bodies that are old and that nothing rests on.

A body stays as long as any row that was read from it is stored: silver, gold, or a version of gold that is kept. So
it is answers that brought nothing new, and errors of sources, that go. The receipts (`payload`) stay: what was asked,
when, and the hash of what came. Bodies that a person imported stay for good.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import AsyncExitStack

from tasks.store import Store
from tasks.store.lake import Lake

FLOWS = ("daily", "backfill", "import-history")
"""Nothing is deleted while one of these stores bodies."""
_REFERRING = """
SELECT attrelid::regclass::text AS table_name FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE attname = 'payload_id' AND relkind IN ('r', 'p') AND NOT relispartition
  AND relnamespace = 'public'::regnamespace AND relname <> 'payload'
ORDER BY table_name
"""
_OLD = """
WITH used AS (
    SELECT DISTINCT payload_id FROM (
        {tables}
        UNION ALL
        SELECT (jsonb_path_query(rows::jsonb, '$.**.payload_id[*]') #>> '{{}}')::bigint FROM gold_version
    ) AS every WHERE payload_id IS NOT NULL
)
SELECT path FROM payload LEFT JOIN used USING (payload_id) GROUP BY path
HAVING max(fetched_at) < $1 AND NOT bool_or(origin = 'imported') AND count(used.payload_id) = 0
ORDER BY path
"""
"""A join and no `IN`: what is used does not fit into a session's memory, and would be read once for each receipt."""


async def delete_bodies(store: Store, lake: Lake, before: dt.datetime, dry_run: bool) -> list[str]:
    """The paths of the bodies last received before `before` that no stored row was read from, deleted unless
    `dry_run`. Raises Busy while a run may store bodies, StoreError."""
    async with AsyncExitStack() as locks:
        for flow in FLOWS:
            await locks.enter_async_context(store.run_lock("flow", flow))
        async with store.connections.acquire() as connection:
            names = [row["table_name"] for row in await connection.fetch(_REFERRING)]
            tables = " UNION ALL ".join(f"SELECT payload_id FROM {name}" for name in names)
            unused = {row["path"] for row in await connection.fetch(_OLD.format(tables=tables), before)}
        found = [path for path in await asyncio.to_thread(lake.paths) if path in unused]
        if not dry_run:
            await lake.delete(found)
    return found
