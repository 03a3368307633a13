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
SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name = 'payload_id' AND table_name <> 'payload'
ORDER BY table_name
"""
_OLD = """
WITH used AS (
    {tables}
    UNION ALL
    SELECT (jsonb_path_query(rows::jsonb, '$.**.payload_id[*]') #>> '{{}}')::bigint FROM gold_version
)
SELECT path FROM payload GROUP BY path
HAVING max(fetched_at) < $1 AND NOT bool_or(origin = 'imported')
   AND NOT bool_or(payload_id IN (SELECT payload_id FROM used WHERE payload_id IS NOT NULL))
ORDER BY path
"""


async def delete_bodies(store: Store, lake: Lake, before: dt.datetime, dry_run: bool) -> list[str]:
    """The paths of the bodies last received before `before` that no stored row was read from, deleted unless
    `dry_run`. Raises Busy while a run may store bodies, StoreError.

    The search takes minutes on years of data, and a run that meets the locks does not decide: they are held only where
    there is something to delete, for a search that no run changes.
    """
    if not await _unused(store, lake, before):
        return []
    async with AsyncExitStack() as locks:
        for flow in FLOWS:
            await locks.enter_async_context(store.run_lock("flow", flow))
        found = await _unused(store, lake, before)
        if not dry_run:
            await lake.delete(found)
    return found


async def _unused(store: Store, lake: Lake, before: dt.datetime) -> list[str]:
    async with store.connections.acquire() as connection:
        names = [row["table_name"] for row in await connection.fetch(_REFERRING)]
        tables = " UNION ALL ".join(f"SELECT payload_id FROM {name}" for name in names)
        unused = {row["path"] for row in await connection.fetch(_OLD.format(tables=tables), before)}
    return [path for path in await asyncio.to_thread(lake.paths) if path in unused]
