"""`alvorada catch-up`: every minute, and once at its start, it looks whether today's run is missing, and starts it."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

import typer

from alvorada.catch_up.lost_runs import settle_lost_runs
from alvorada.catch_up.morning import Morning, due_day, verdict
from alvorada.catch_up.prefect_api import PrefectApi
from desk.errors import AlvoradaError
from desk.model import decision_time
from tasks.alerts.postgres_records import record_heartbeat
from tasks.run.run_context import world_of
from tasks.store import Store, ledger, open_store

INTERVAL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Round:
    """One look. `started`: the id of the run that it has started; `lines`: what it found, for a person."""

    lines: tuple[str, ...]
    started: str | None = None


def catch_up(api: PrefectApi, database_url: str, until: dt.time, clock: Callable[[], dt.datetime], once: bool) -> None:
    """Looks once, or every minute until it is stopped, and prints what is new. `until`: America/Sao_Paulo.

    Raises AlvoradaError with `once`; else a server or a database that does not answer is a line, and the next look.
    """
    shown: tuple[str, ...] = ()
    while True:
        try:
            lines = asyncio.run(look(api, database_url, until, clock())).lines
        except AlvoradaError as error:
            if once:
                raise
            lines = (str(error),)
        for line in lines:
            if line not in shown:
                typer.echo(f"{clock():%Y-%m-%d %H:%M:%S}Z {line}")
        shown = lines
        if once:
            return
        time.sleep(INTERVAL_SECONDS)


async def look(api: PrefectApi, database_url: str, until: dt.time, now: dt.datetime) -> Round:
    """One look: ends what is lost, and starts today's run where it is missing. Raises AlvoradaError."""
    lines = await settle_lost_runs(api, dt.datetime.now(dt.UTC))
    day = due_day(now, until)
    if day is None:
        return Round((*lines, "no run is to be caught up now"))
    morning = await read_morning(api, database_url, day, now)
    found = verdict(morning, now)
    await _record(database_url, now, found.reason if found.given_up else "")
    if found.attempt is None:
        return Round((*lines, found.reason))
    # Two that look at once make the same key, and Prefect keeps one run for it.
    key = f"catch-up {morning.deployment.id} {day} {found.attempt}"
    run = await api.start(morning.deployment.id, day, key, now)
    return Round((*lines, f"{found.reason}: {run.name} is started ({run.id})"), run.id)


async def read_morning(api: PrefectApi, database_url: str, day: dt.date, now: dt.datetime) -> Morning:
    """What the database and Prefect know of the day. Raises WrongWorld where the two are of different worlds."""
    deployment = await api.daily()
    runs = await api.runs(deployment.id)
    ended = [run for run in runs if run.state_type == "CANCELLED" and run.due >= decision_time(day) - ONE_DAY]
    cancelled = {run.id for run in ended if await api.was_cancelled_by_a_person(run.id)}
    async with open_store(database_url, world_of(deployment.sources or ""), pool_size=2) as store:
        await ledger.mark_dead_runs(store, now)
        decided = await store.decision(decision_time(day)) is not None
        outcomes, earlier = await _outcomes(store, day)
    was_in_operation = earlier or deployment.created <= decision_time(day)
    return Morning(day, deployment, decided, outcomes, was_in_operation, runs, cancelled)


async def _record(database_url: str, now: dt.datetime, given_up: str) -> None:
    """That the catch-up has looked, and why it starts nothing more, for the alert that the run is late."""
    async with open_store(database_url, None, pool_size=1) as store, store.connections.acquire() as connection:
        await record_heartbeat(connection, "catch-up", now, given_up)


ONE_DAY = dt.timedelta(days=1)


async def _outcomes(store: Store, day: dt.date) -> tuple[list[str], bool]:
    """States of the day's daily runs, and whether one was made for an earlier day."""
    async with store.connections.acquire() as connection:
        rows = await connection.fetch(
            "SELECT state FROM pipeline_runs WHERE kind = 'daily' AND as_of = $1 ORDER BY started_at",
            decision_time(day),
        )
        earlier = await connection.fetchval(
            "SELECT EXISTS (SELECT 1 FROM pipeline_runs WHERE kind = 'daily' AND as_of < $1)", decision_time(day)
        )
    return [row["state"] for row in rows], bool(earlier)
