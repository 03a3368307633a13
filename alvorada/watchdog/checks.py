"""What the watchdog looks at. Each check answers with a problem or with nothing, and none of them needs another."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass

import asyncpg
import httpx

from blocks.database import CONNECT_ERRORS, connect_failure, plain_url
from desk import calendars
from desk.errors import BadInput
from desk.model import SAO_PAULO, decision_time

SECONDS = 10.0
GOOD = ("completed", "completed_with_gaps")
SIGNS = {"alerts": "alerts are not evaluated", "sender": "alerts and reports are not sent"}
SIGN_AGE = dt.timedelta(minutes=20)
"""Both run every five minutes."""
UNSENT_AGE = dt.timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Problem:
    """`key` is the same for the same problem on every look."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look. None: there is nothing of the kind to look at, and `no_database` says why where that is wrong."""

    database_url: str | None
    prefect_api: str | None
    no_database: str = ""


async def find_problems(places: Places, deadline: dt.time, now: dt.datetime) -> list[Problem]:
    """In the order of their weight."""
    of_database, of_prefect = await asyncio.gather(_database(places, deadline, now), _prefect(places.prefect_api))
    return [*of_database, *of_prefect]


async def _database(places: Places, deadline: dt.time, now: dt.datetime) -> list[Problem]:
    day = due_day(deadline, now)
    unknown = f" Whether a run of {day} finished cannot be told." if day else ""
    if places.database_url is None:
        return [Problem("database", "The database is not there", f"{places.no_database}.{unknown}")]
    try:
        connection = await asyncpg.connect(plain_url(places.database_url), timeout=SECONDS, command_timeout=SECONDS)
    except BadInput as error:
        return [Problem("database", "The database cannot be used", f"{error}.{unknown}")]
    except CONNECT_ERRORS as error:
        failure = connect_failure(places.database_url, error)
        return [Problem("database", "The database does not answer", f"{failure}.{unknown}")]
    try:
        late = await _run_of(connection, day, deadline) if day else None
        return [found for found in (late, *await _signs(connection, now)) if found]
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        return [Problem("database", "The database does not answer a question", f"{words}.{unknown}")]
    finally:
        connection.terminate()


def due_day(deadline: dt.time, now: dt.datetime) -> dt.date | None:
    """The decision day whose run must have finished by now: today in São Paulo, from the deadline on, where B3 has a
    session; else None. What was missed yesterday was told yesterday."""
    local = now.astimezone(SAO_PAULO)
    due = calendars.b3().is_business_day(local.date()) and local.time() >= deadline
    return local.date() if due else None


async def _run_of(connection: asyncpg.Connection, day: dt.date, deadline: dt.time) -> Problem | None:
    """None where a daily run of the day completed, with gaps or without."""
    rows = await connection.fetch(
        "SELECT state, started_at, message FROM pipeline_runs WHERE kind = 'daily' AND as_of = $1 ORDER BY started_at",
        decision_time(day),
    )
    if any(row["state"] in GOOD for row in rows):
        return None
    if not rows:
        title = f"No daily run of {day} by {deadline:%H:%M}"
        return Problem("run", title, "None was even started: is the scheduler, and the worker, at work?")
    last = rows[-1]
    began = f"{last['started_at'].astimezone(SAO_PAULO):%H:%M}"
    said = {
        "running": f"One is running since {began}.",
        "died": f"The one of {began} died: its process is gone.",
        "failed": f"The one of {began} failed: {' '.join((last['message'] or 'no reason given').split())[:500]}",
    }
    return Problem("run", f"No daily run of {day} completed by {deadline:%H:%M}", said[last["state"]])


async def _signs(connection: asyncpg.Connection, now: dt.datetime) -> list[Problem]:
    """Signs of life that have stopped, and messages that nobody takes. What never began is not missed."""
    found = []
    rows = await connection.fetch("SELECT name, beat_at FROM heartbeat WHERE name = ANY($1)", list(SIGNS))
    for row in sorted(rows, key=lambda row: row["name"]):
        if now - row["beat_at"] > SIGN_AGE:
            since = f"{row['beat_at'].astimezone(SAO_PAULO):%d %b %H:%M}"
            title = f"Since {since} {SIGNS[row['name']]}"
            found.append(Problem(row["name"], title, f"The deployment {row['name']!r} has not run since."))
    waiting = await connection.fetchrow(
        "SELECT count(*) AS n, min(created_at) AS since, max(last_error) AS error FROM outbox"
        " WHERE sent_at IS NULL AND created_at < $1",
        now - UNSENT_AGE,
    )
    if waiting["n"]:
        since = f"{waiting['since'].astimezone(SAO_PAULO):%d %b %H:%M}"
        title = f"{waiting['n']} messages wait since {since}"
        found.append(Problem("outbox", title, f"The last error: {waiting['error'] or 'none, they were never tried'}."))
    return found


async def _prefect(api: str | None) -> list[Problem]:
    if api is None:
        return []
    try:
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            answer = await client.get(f"{api.rstrip('/')}/health")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        words = f"{api} does not answer: {str(error) or type(error).__name__}."
        return [Problem("prefect", "Prefect's API is down", words)]
    if answer.status_code != 200:
        return [Problem("prefect", "Prefect's API is ill", f"{api}/health answers {answer.status_code}.")]
    return []
