"""Alerts: the evaluation, every five minutes and after each daily run, and the sender, which empties the outbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

import migrations
from blocks.credentials import with_blocks
from blocks.settings import Settings, load_settings
from desk.alerts.model import AlertChanges
from desk.catalog import load_catalog
from desk.catalog.alert_rules import load_alerts
from desk.catalog.desk_parameters import load_desk_parameters
from tasks.alerts import report_delivery
from tasks.alerts.evaluation import evaluate_alerts
from tasks.alerts.postgres import PostgresRecords, beat
from tasks.alerts.read_facts import read_metrics
from tasks.alerts.sending import Composer, Pass, send_until
from tasks.channels.configured import channels_of
from tasks.run.run import Clock
from tasks.run.run_context import clock_of, world_of
from tasks.store import Store, ledger, open_store

SENDING_TIME = dt.timedelta(seconds=100)
"""How long the sender goes on while messages wait: less than the time to its next run."""
PAGE = "/api/v1/monitoring/alerts"


@flow(name="alerts", validate_parameters=False, timeout_seconds=240)
async def alerts(sources: str = "live") -> State[Any]:
    """Evaluates every rule now, and sends what is due. Completed, saying how many alerts fire."""
    async with open_desk(sources) as (store, settings, clock):
        await ledger.bury(store, clock())
        plan = await evaluate(store, settings, clock)
        done = await send(store, settings, clock, dt.timedelta(seconds=20))
    return Completed(message=f"{summary(plan)}; {done.sent} messages sent, {done.failed} tries failed")


@flow(name="sender", validate_parameters=False, timeout_seconds=240)
async def sender(sources: str = "live") -> State[Any]:
    """Sends what waits in the outbox, until it is empty or the time is up; the rest waits for the next run."""
    async with open_desk(sources) as (store, settings, clock):
        done = await send(store, settings, clock, SENDING_TIME)
    return Completed(message=f"{done.sent} messages sent, {done.failed} tries failed")


@asynccontextmanager
async def open_desk(sources: str) -> AsyncIterator[tuple[Store, Settings, Clock]]:
    """The store of this world, settings with Prefect's blocks, the clock. Raises BadInput, StoreError, WrongWorld."""
    settings = await with_blocks(load_settings())
    await migrations.upgrade_async(settings.database)
    async with open_store(settings.database, world_of(sources), pool_size=4) as store:
        yield store, settings, clock_of(settings)


async def evaluate(store: Store, settings: Settings, clock: Clock) -> AlertChanges:
    """One evaluation of every rule. Raises StoreError."""
    known = load_alerts()
    catalog, desk = load_catalog(), load_desk_parameters()
    return await evaluate_alerts(
        PostgresRecords(store, known.rules),
        lambda now: read_metrics(store, now, catalog, known, desk),
        [channel.name for channel in channels_of(settings)],
        clock,
        link=settings.public_url.rstrip("/") + PAGE,
        world=store.world,
    )


async def send(
    store: Store,
    settings: Settings,
    clock: Clock,
    time_given: dt.timedelta,
    composers: Mapping[str, Composer] | None = None,
) -> Pass:
    """Sends what is due until nothing waits or the time is up. Raises StoreError."""
    records = PostgresRecords(store, load_alerts().rules)
    known = {report_delivery.KIND: report_delivery.composer(store), **(composers or {})}
    done = await send_until(records, channels_of(settings), clock, clock() + time_given, composers=known)
    async with store.connections.acquire() as connection:
        await beat(connection, "sender", clock(), f"{done.sent} sent, {done.failed} failed")
    return done


def summary(plan: AlertChanges) -> str:
    firing = sum(state.state == "firing" for state in plan.states.values())
    queued = sum(len(lines) for lines in plan.lines.values())
    return f"{firing} alerts fire, {queued} lines queued"
