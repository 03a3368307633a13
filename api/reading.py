"""Reads: the views, by a session that can do nothing else; and the decision that a date means."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

import asyncpg
from fastapi import Query, Request

from api.problems import NotStored
from blocks.database import CONNECT_ERRORS, keep_session
from desk.errors import BadInput, StoreError
from desk.model import decision_time
from migrations.roles import READER

Row = dict[str, Any]
AsOf = Annotated[
    dt.date | None, Query(description="Decision day; the newest one when left out.", examples=["2026-11-19"])
]
Limit = Annotated[int, Query(ge=1, le=500, description="Most rows of a page.")]
Before = Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the page before.")]
NO_NUL = r"^[^\x00]*$"
"""Pattern of every text in a request: PostgreSQL cannot hold the character U+0000."""
FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2200, 1, 1)


async def open_reads(url: str, size: int) -> asyncpg.Pool:
    """A pool whose sessions are the reader's where this account may be that, and read-only in any case."""

    async def setup(connection: asyncpg.Connection) -> None:
        await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        try:
            await connection.execute(f"SET ROLE {READER}")
        except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError):
            return  # an account that is no member of it: still read-only

    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        timeout=15,
        command_timeout=15,
        init=setup,
        reset=keep_session,
        server_settings={
            "application_name": "alvorada-api",
            "timezone": "UTC",
            "default_transaction_read_only": "on",
            "statement_timeout": "15s",
        },
    )


async def rows(request: Request, query: str, *arguments: Any) -> list[Row]:
    """The rows of a query over views. Raises StoreError, and BadInput for a text that PostgreSQL cannot hold."""
    try:
        found = await request.app.state.reads.fetch(query, *arguments)
    except asyncpg.CharacterNotInRepertoireError as error:
        raise BadInput("a text in the request has a character that cannot be stored") from error
    except (*CONNECT_ERRORS, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreError(f"a read failed: {error}") from error
    return [dict(row) for row in found]


async def decision(request: Request, view: str, as_of: dt.date | None) -> dt.datetime:
    """The decision time that a view has rows of: the newest, or that of `as_of`. Raises NotStored."""
    if as_of is None:
        newest = (await rows(request, f"SELECT max(as_of) AS newest FROM {view}"))[0]["newest"]
        if newest is None:
            raise NotStored("nothing is stored yet: no run has got this far")
        return newest  # type: ignore[no-any-return]
    moment = moment_of(as_of)
    if not await rows(request, f"SELECT 1 FROM {view} WHERE as_of = $1 LIMIT 1", moment):
        raise NotStored(f"no decision of {as_of} is stored")
    return moment


def moment_of(day: dt.date) -> dt.datetime:
    """06:00 in São Paulo of a day. Raises NotStored for a day that no desk has seen."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise NotStored(f"no decision of {day} is stored")
    return decision_time(day)
