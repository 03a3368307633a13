"""The checks of the watchdog. Each returns problems and depends on no other check."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass

import asyncpg
import httpx

from alvorada.watchdog.endpoints import Endpoints
from blocks.database import CONNECT_ERRORS, connect_failure, plain_url
from desk import calendars
from desk.errors import BadInput
from desk.model import SAO_PAULO, decision_time

TIMEOUT_SECONDS = 10.0
GOOD_STATES = ("completed", "completed_with_gaps")
HEARTBEATS = {"alerts": "alerts are not evaluated", "sender": "alerts and reports are not sent"}
"""Deployment -> what its silence means."""
HEARTBEAT_MAX_AGE = dt.timedelta(minutes=20)
"""Both deployments run every five minutes."""
UNSENT_MAX_AGE = dt.timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Problem:
    """`key` identifies the problem: it is the same in every round of checks."""

    key: str
    title: str
    text: str


async def find_problems(endpoints: Endpoints, deadline: dt.time, now: dt.datetime) -> list[Problem]:
    """Every problem, the most important first. `deadline`: America/Sao_Paulo; `now`: aware.

    Where the stack was stopped by hand, that nothing answers is no problem, till a day's run should have been made.
    """
    if endpoints.stopped_at is not None:
        day, since = due_day(deadline, now), f"{endpoints.stopped_at.astimezone(SAO_PAULO):%d %b %H:%M} São Paulo"
        title = f"No daily run of {day}: the desk is stopped"
        return [Problem("run", title, f"It was stopped at {since}; `alvorada up` starts it.")] if day else []
    database, prefect = await asyncio.gather(
        _check_database(endpoints, deadline, now), _check_prefect(endpoints.prefect_api)
    )
    return [*database, *prefect]


async def _check_database(endpoints: Endpoints, deadline: dt.time, now: dt.datetime) -> list[Problem]:
    day = due_day(deadline, now)
    unknown = f" Whether a run of {day} finished cannot be told." if day else ""
    if endpoints.database_url is None:
        return [Problem("database", "The database is not there", f"{endpoints.no_database}.{unknown}")]
    try:
        connection = await asyncpg.connect(
            plain_url(endpoints.database_url), timeout=TIMEOUT_SECONDS, command_timeout=TIMEOUT_SECONDS
        )
    except BadInput as error:
        return [Problem("database", "The database cannot be used", f"{error}.{unknown}")]
    except CONNECT_ERRORS as error:
        failure = connect_failure(endpoints.database_url, error)
        return [Problem("database", "The database does not answer", f"{failure}.{unknown}")]
    try:
        is_alerted = await _rules_are_evaluated(connection, now)  # then they tell a run that is late
        late = await _check_run(connection, day, deadline) if day and not is_alerted else None
        return [found for found in (late, *await _check_deliveries(connection, now)) if found]
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return [Problem("database", "The database does not answer a question", f"{reason}.{unknown}")]
    finally:
        connection.terminate()


def due_day(deadline: dt.time, now: dt.datetime) -> dt.date | None:
    """The decision day whose run must have finished by now: today in São Paulo, from the deadline on, where B3 has a
    session; else None. A run that was missing yesterday was reported yesterday."""
    local = now.astimezone(SAO_PAULO)
    due = calendars.b3().is_business_day(local.date()) and local.time() >= deadline
    return local.date() if due else None


async def _rules_are_evaluated(connection: asyncpg.Connection, now: dt.datetime) -> bool:
    beat: dt.datetime | None = await connection.fetchval("SELECT beat_at FROM heartbeat WHERE name = 'alerts'")
    return beat is not None and now - beat <= HEARTBEAT_MAX_AGE


async def _check_run(connection: asyncpg.Connection, day: dt.date, deadline: dt.time) -> Problem | None:
    """None where a daily run of the day completed, with gaps or without."""
    rows = await connection.fetch(
        "SELECT state, started_at, message FROM pipeline_runs WHERE kind = 'daily' AND as_of = $1 ORDER BY started_at",
        decision_time(day),
    )
    if any(row["state"] in GOOD_STATES for row in rows):
        return None
    if not rows:
        title = f"No daily run of {day} by {deadline:%H:%M}"
        return Problem("run", title, "None was even started: is the scheduler, and the worker, at work?")
    last = rows[-1]
    started = f"{last['started_at'].astimezone(SAO_PAULO):%H:%M} São Paulo"
    text_of_state = {
        "running": f"One is running since {started}.",
        "died": f"The one of {started} died: its process is gone, or it lost its database.",
        "cancelled": f"The one of {started} was stopped.",
        "failed": f"The one of {started} failed: {' '.join((last['message'] or 'no reason given').split())[:500]}",
    }
    return Problem("run", f"No daily run of {day} completed by {deadline:%H:%M}", text_of_state[last["state"]])


async def _check_deliveries(connection: asyncpg.Connection, now: dt.datetime) -> list[Problem]:
    """Heartbeats that have stopped, and messages that wait too long. A heartbeat that never began is no problem."""
    found = []
    rows = await connection.fetch("SELECT name, beat_at FROM heartbeat WHERE name = ANY($1)", list(HEARTBEATS))
    for row in sorted(rows, key=lambda row: row["name"]):
        if now - row["beat_at"] > HEARTBEAT_MAX_AGE:
            since = f"{row['beat_at'].astimezone(SAO_PAULO):%d %b %H:%M} São Paulo"
            title = f"Since {since} {HEARTBEATS[row['name']]}"
            found.append(Problem(row["name"], title, f"The deployment {row['name']!r} has not run since."))
    waiting = await connection.fetchrow(
        "SELECT count(*) AS n, min(created_at) AS since, max(last_error) AS error FROM outbox"
        " WHERE sent_at IS NULL AND created_at < $1",
        now - UNSENT_MAX_AGE,
    )
    if waiting["n"]:
        since = f"{waiting['since'].astimezone(SAO_PAULO):%d %b %H:%M} São Paulo"
        title = f"{waiting['n']} messages wait since {since}"
        found.append(Problem("outbox", title, f"The last error: {waiting['error'] or 'none, they were never tried'}."))
    return found


async def _check_prefect(api: str | None) -> list[Problem]:
    if api is None:
        return []
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
            response = await client.get(f"{api.rstrip('/')}/ready")  # /health asks only the process
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        text = f"{api} does not answer: {str(error) or type(error).__name__}."
        return [Problem("prefect", "Prefect's API is down", text)]
    if response.status_code != 200:
        return [Problem("prefect", "Prefect's API is ill", f"{api}/ready answers {response.status_code}.")]
    return []
