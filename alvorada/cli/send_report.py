"""`alvorada report --send`: a stored report to Slack and mail, through the outbox, now."""

from __future__ import annotations

import asyncio
import datetime as dt

import typer

from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.local_stack import open_stack, set_environment
from desk.errors import AlvoradaError

SENDING_TIME = dt.timedelta(seconds=60)
"""How long the command tries; the sender's deployment continues afterwards."""


def send_report(data_dir: DataDir, last: LastWorld, day: dt.date | None, again: bool, now: dt.datetime) -> None:
    """Sends the report of `day` (None: the latest) and prints how many messages went out. `again`: also to those who
    have it already.

    Raises BadInput without a report, AlvoradaError where something could not be sent yet.
    """
    with open_stack(data_dir, last.world, last.seed) as stack:
        set_environment(stack.environment())  # before `_send` imports Prefect
        asyncio.run(_send(day, f"command line, {now:%Y-%m-%d %H:%M:%S}" if again else "", now))


async def _send(day: dt.date | None, again: str, now: dt.datetime) -> None:
    from blocks.credentials import with_blocks
    from blocks.settings import load_settings
    from flows.alerts import send
    from tasks.alerts import report_delivery
    from tasks.run.run_context import clock_of
    from tasks.store import open_store

    settings = await with_blocks(load_settings())
    async with open_store(settings.database, None, pool_size=3) as store:
        queued = await report_delivery.send_again(store, settings, now, day, again)
        if not queued.rows:
            raise AlvoradaError(queued.note)
        done = await send(store, settings, clock_of(settings), SENDING_TIME)
    typer.echo(f"{done.sent} messages sent; who had this report already got nothing (--again sends it anew)")
    if done.failed:
        raise AlvoradaError(f"{done.failed} tries failed: the outbox keeps them, and the sender's deployment goes on")
