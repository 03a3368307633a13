"""`health`: the process and its database answer, for a supervisor; `ready`: the schema is this code's too."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

import migrations
from api.access import Reader
from api.problems import Unavailable
from api.reading import rows

router = APIRouter(tags=["health"])
ANSWER_SECONDS = 3.0


class Health(BaseModel):
    """The process answers, and so does its database."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """The database answers, and its schema is that of this code."""

    status: Literal["ready"] = "ready"
    world: str
    schema_version: str


@router.get("/health", summary="Health: the process and its database answer; the only path without a token")
async def health(request: Request) -> Health:
    """503 where the database does not answer a query."""
    async with request.app.state.store.connections.acquire() as connection:
        await connection.fetchval("SELECT 1", timeout=ANSWER_SECONDS)
    return Health()


@router.get("/ready", summary="Readiness: the database answers and has this code's schema")
async def ready(
    request: Request,
    _: Reader,
) -> Ready:
    """503 where the database does not answer or has another schema."""
    async with request.app.state.store.connections.acquire() as connection:
        version = await migrations.version(connection)
    if version != migrations.HEAD:
        raise Unavailable(f"the schema is {version}; this code needs {migrations.HEAD}")
    return Ready(world=(await rows(request, "SELECT name FROM v_world"))[0]["name"], schema_version=version)
