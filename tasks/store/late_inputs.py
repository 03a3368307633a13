"""Silver that was stored after a decision although its day, by the publication rules, knew it: of a source that was out
and was fetched later, of a backfill, of an import."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from desk.model import SILVER
from tasks.store.connect import Connections


@dataclass(frozen=True, slots=True)
class LateInput:
    """The rows that `run_id` fetched at one moment: the earliest time from which the desk counts one as known."""

    run_id: uuid.UUID
    fetched_at: dt.datetime
    known_from: dt.datetime


async def late_inputs(connections: Connections, since: dt.datetime, until: dt.datetime) -> list[LateInput]:
    """What was fetched after `since` and counts as known before it was fetched, and by `until`. Raises StoreError."""
    each = " UNION ALL ".join(
        f"""
        SELECT p.run_id, p.fetched_at, min(s.knowledge_time) AS known_from
        FROM {name} AS s JOIN payload AS p USING (payload_id)
        WHERE p.fetched_at > $1 AND s.knowledge_time < p.fetched_at AND s.knowledge_time <= $2
        GROUP BY p.run_id, p.fetched_at
        """
        for name in SILVER
    )
    query = f"SELECT run_id, fetched_at, min(known_from) AS known_from FROM ({each}) AS late GROUP BY 1, 2"
    async with connections.acquire() as connection:
        rows = await connection.fetch(query, since, until)
    return [LateInput(row["run_id"], row["fetched_at"], row["known_from"]) for row in rows]
