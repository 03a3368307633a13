"""`alvorada tidy`: deletes what grows without end and that nothing rests on."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from alvorada.cli.clock import now
from alvorada.cli.daily import DailyAt, each_day
from alvorada.cli.options import LastWorldName
from alvorada.stack.data_dir import DataDir, LastWorld

if TYPE_CHECKING:
    from alvorada.stack.local_stack import Stack


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(tidy)


def tidy(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be deleted; delete nothing.")] = False,
    world: LastWorldName = None,
    daily_at: DailyAt = None,
) -> None:
    """Delete old raw bodies that no stored row rests on, old pages on disk that the database holds too, and Prefect's
    record of old runs. What a decision rests on is never deleted."""
    if daily_at is None:
        tidy_once(world, dry_run)
        return
    done = DataDir.from_environment().create().tidy_beat

    def last() -> dt.datetime | None:
        return dt.datetime.fromtimestamp(done.stat().st_mtime, dt.UTC) if done.exists() else None

    def act() -> None:
        tidy_once(world, dry_run)
        done.touch()

    each_day(daily_at, last, act)


def tidy_once(world: str | None, dry_run: bool) -> None:
    """Once, with a line for each kind. Raises AlvoradaError."""
    from alvorada.stack.local_stack import open_stack

    data_dir = DataDir.from_environment()
    last = LastWorld.select(data_dir, world)
    with open_stack(data_dir, last.world, last.seed) as stack:
        asyncio.run(_tidy(stack, dry_run))


async def _tidy(stack: Stack, dry_run: bool) -> None:
    from alvorada.stack.tidy import delete_pages, delete_prefects_past
    from blocks.settings import load_settings
    from desk.errors import Busy
    from desk.model import SAO_PAULO
    from tasks.store import open_store
    from tasks.store.lake import Lake
    from tasks.store.retention import delete_bodies

    settings, moment = load_settings(home=stack.data_dir.path), now()
    deleted = "would be deleted" if dry_run else "deleted"

    def before(days: int) -> dt.datetime:
        return moment - dt.timedelta(days=days)

    async with open_store(stack.database_url, None, pool_size=3) as store:
        oldest = before(settings.keep_bodies_days)
        try:
            bodies = await delete_bodies(store, Lake.open(settings.lake), oldest, dry_run)
            typer.echo(
                f"raw bodies last received before {oldest:%Y-%m-%d} that nothing rests on: {len(bodies)} {deleted}"
            )
        except Busy as error:
            typer.echo(f"raw bodies: not now, {error}", err=True)
        day = before(settings.keep_pages_days).astimezone(SAO_PAULO).date()
        folder = stack.data_dir.reports / store.world
        pages = await delete_pages(store, folder, settings.report_language, day, dry_run)
        typer.echo(f"pages of days before {day} on disk, which the database holds too: {len(pages)} {deleted}")
    if stack.prefect_database_url is None:
        typer.echo("Prefect's past runs: PREFECT_API_DATABASE_CONNECTION_URL is not set here", err=True)
        return
    oldest = before(settings.keep_runs_days)
    past = await delete_prefects_past(stack.prefect_database_url, oldest, dry_run)
    counts = ", ".join(f"{count} {what}" for what, count in past.items())
    typer.echo(f"Prefect's record before {oldest:%Y-%m-%d}: {counts} {deleted}")
