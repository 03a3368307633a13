"""A person's word that the orders of a decision are issued although the gate stopped them. Rows are only added.

The release changes nothing that is stored: the day is then restated, as a new version with its orders. It is of the
orders that the person saw: where the restatement makes others, the gate stops them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from desk.errors import BadInput
from desk.model import desk_day
from tasks.store.connect import Connections


@dataclass(frozen=True, slots=True)
class ActionRelease:
    """Who released the orders of a decision, why and when. `proposal`: the code of the orders that this person saw."""

    as_of: dt.datetime
    released_by: str
    reason: str
    released_at: dt.datetime
    proposal: str


class ReleaseStore:
    """The part of Store for released orders. Every method raises StoreError when the database fails."""

    connections: Connections

    async def action_releases(self, as_of: dt.datetime) -> list[ActionRelease]:
        """The releases of the orders of `as_of`, oldest first."""
        query = (
            "SELECT as_of, released_by, reason, released_at, proposal FROM action_release WHERE as_of = $1"
            " ORDER BY released_at, proposal"
        )
        async with self.connections.acquire() as connection:
            return [ActionRelease(**dict(row)) for row in await connection.fetch(query, as_of)]

    async def release_actions(self, release: ActionRelease) -> None:
        """Records a release. Raises BadInput where the gate holds no orders of the day, or others than `proposal`, or
        where they are released."""
        day = desk_day(release.as_of)
        again = f"run `alvorada run --as-of {day} --sources stored --restate --reason TEXT`"
        async with self.connections.acquire() as connection, connection.transaction():
            verdict = await connection.fetchrow(
                "SELECT proposal, state FROM gate_verdict WHERE as_of = $1 FOR SHARE", release.as_of
            )
            if verdict is None:
                earlier = "SELECT EXISTS (SELECT FROM action_gate WHERE as_of = $1 AND state = 'failed')"
                if await connection.fetchval(earlier, release.as_of):
                    raise BadInput(f"the actions of {day} were judged by an earlier release of the desk: {again} first")
            if verdict is None or verdict["state"] == "issued":
                raise BadInput(f"the gate holds no actions of {day}")
            if verdict["proposal"] != release.proposal:
                raise BadInput(
                    f"the gate holds no actions {release.proposal!r} of {day}: those that stand now are"
                    f" {verdict['proposal']}; `alvorada actions show --as-of {day}` shows them"
                )
            added = await connection.fetchval(
                "INSERT INTO action_release (as_of, released_by, reason, released_at, proposal)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING as_of",
                release.as_of, release.released_by, release.reason, release.released_at, release.proposal,
            )  # fmt: skip
            if added is None:
                raise BadInput(
                    f"the actions of {day} are released already: where the day has not been restated with them since,"
                    f" {again}"
                )
