"""Alerts: the evaluation of the rules, every five minutes and after each daily run, and the sender of the outbox."""

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
from tasks.alerts.postgres_records import PostgresRecords, record_heartbeat
from tasks.alerts.read_facts import read_metrics
from tasks.alerts.sending import Composer, SendResult, send_until
from tasks.channels.configured import channels_of
from tasks.run.run import Clock
from tasks.run.run_context import clock_of, world_of
from tasks.run.stop_signals import ends_when_stopped
from tasks.store import Store, ledger, open_store
from tasks.store.readers import obey_readers
from tasks.store.signed_links import held_link

SENDING_TIME = dt.timedelta(seconds=100)
"""How long the sender works while messages wait: less than the time to its next run."""
PAGE = "/api/v1/monitoring/alerts"


@flow(name="alerts", validate_parameters=False, timeout_seconds=240)
@ends_when_stopped
async def alerts(sources: str = "live") -> State[Any]:
    """Evaluates every rule now, and sends the messages that are due. The final state says how many alerts fire."""
    async with open_desk(sources) as (store, settings, clock):
        await ledger.mark_dead_runs(store, clock())
        plan = await evaluate(store, settings, clock)
        result = await send(store, settings, clock, dt.timedelta(seconds=20))
    return Completed(message=f"{summary(plan)}; {result.sent} messages sent, {result.failed} tries failed")


@flow(name="sender", validate_parameters=False, timeout_seconds=240)
@ends_when_stopped
async def sender(sources: str = "live") -> State[Any]:
    """Sends the messages that wait in the outbox, until none waits or the time is up. The next run sends the rest."""
    async with open_desk(sources) as (store, settings, clock):
        result = await send(store, settings, clock, SENDING_TIME)
    return Completed(message=f"{result.sent} messages sent, {result.failed} tries failed")


@asynccontextmanager
async def open_desk(sources: str) -> AsyncIterator[tuple[Store, Settings, Clock]]:
    """The store of this world, the settings with Prefect's blocks in them, and the clock.

    Raises BadInput, StoreError, WrongWorld.
    """
    settings = await with_blocks(load_settings())
    await migrations.upgrade_async(settings.database)
    async with open_store(settings.database, world_of(sources), pool_size=4) as store:
        yield store, settings, clock_of(settings)


async def evaluate(store: Store, settings: Settings, clock: Clock) -> AlertChanges:
    """Evaluates every rule once, and queues the messages that follow. Raises StoreError."""
    rules = load_alerts()
    catalog, desk = load_catalog(), load_desk_parameters()
    withheld = frozenset(await obey_readers(store, settings, catalog))
    is_served = settings.public_url is not None and not withheld
    return await evaluate_alerts(
        PostgresRecords(store, rules.rules),
        lambda now: read_metrics(store, now, catalog, rules, desk, withheld),
        [channel.name for channel in channels_of(settings)],
        clock,
        link="" if settings.public_url is None else settings.public_url + PAGE,
        decide=await held_link(store, settings.public_url or "", clock()) if is_served else "",
        world=store.world,
    )


async def send(
    store: Store,
    settings: Settings,
    clock: Clock,
    time_limit: dt.timedelta,
    composers: Mapping[str, Composer] | None = None,
) -> SendResult:
    """Sends messages that are due, until none waits or the time is up. Raises StoreError.

    `composers`: kind of message -> function that makes it, besides the report's.
    """
    records = PostgresRecords(store, load_alerts().rules)
    all_composers = {report_delivery.KIND: report_delivery.composer(store), **(composers or {})}
    result = await send_until(records, channels_of(settings), clock, clock() + time_limit, composers=all_composers)
    async with store.connections.acquire() as connection:
        await record_heartbeat(connection, "sender", clock(), f"{result.sent} sent, {result.failed} failed")
    return result


def summary(plan: AlertChanges) -> str:
    """`2 alerts fire, 5 lines queued`."""
    firing = sum(state.state == "firing" for state in plan.states.values())
    queued = sum(len(lines) for lines in plan.lines.values())
    return f"{firing} alerts fire, {queued} lines queued"
