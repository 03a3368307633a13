"""A person's word that the orders of a decision are issued although the gate stopped them. Rows are only added.

The release changes nothing that is stored: the day is then restated, as a new version with its orders.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from desk.errors import BadInput
from desk.model import desk_day
from tasks.store.connect import Connections


@dataclass(frozen=True, slots=True)
class ActionRelease:
    """Who released the orders of a decision, why and when."""

    as_of: dt.datetime
    released_by: str
    reason: str
    released_at: dt.datetime


class ReleaseStore:
    """The part of Store for released orders. Every method raises StoreError when the database fails."""

    connections: Connections

    async def action_release(self, as_of: dt.datetime) -> ActionRelease | None:
        """The release of the orders of `as_of`; None where there is none."""
        query = "SELECT as_of, released_by, reason, released_at FROM action_release WHERE as_of = $1"
        async with self.connections.acquire() as connection:
            row = await connection.fetchrow(query, as_of)
        return None if row is None else ActionRelease(**dict(row))

    async def release_actions(self, release: ActionRelease) -> None:
        """Records a release. Raises BadInput where the gate holds no orders of the day, or they are released."""
        day = desk_day(release.as_of)
        held = "SELECT EXISTS (SELECT FROM action_gate WHERE as_of = $1 AND state = 'failed')"
        async with self.connections.acquire() as connection, connection.transaction():
            if not await connection.fetchval(held, release.as_of):
                raise BadInput(f"the gate holds no actions of {day}")
            added = await connection.fetchval(
                "INSERT INTO action_release (as_of, released_by, reason, released_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT DO NOTHING RETURNING as_of",
                release.as_of, release.released_by, release.reason, release.released_at,
            )  # fmt: skip
            if added is None:
                raise BadInput(
                    f"the actions of {day} are released already: where the day has not been restated with them since, "
                    f"run `alvorada run --as-of {day} --sources stored --restate --reason TEXT`"
                )
