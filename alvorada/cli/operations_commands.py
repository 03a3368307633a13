"""`alvorada automations`, `catch-up` and `watchdog`: for the people who keep the desk running."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from alvorada.cli.clock import now
from alvorada.stack.data_dir import DataDir
from desk.errors import BadInput

automations = typer.Typer(help="Prefect's Automations, blocks, limits and variables, as code.", no_args_is_help=True)
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.add_typer(automations, name="automations")
    app.command(name="catch-up")(catch_up)
    app.command()(watchdog)


@automations.callback()
def _group() -> None:
    """A group with one command: without this, Typer would drop its name."""


@automations.command()
def apply(dry_run: DryRun = False) -> None:
    """Bring the Prefect server that PREFECT_API_URL names to what is declared. Again: changes nothing."""
    from alvorada.prefect_objects.server import require_server

    require_server()
    os.environ["PREFECT_EXPERIMENTAL_EVENTS"] = "true"  # Prefect reads it at its import: without it, no automations
    from alvorada.prefect_objects import apply_all

    apply_all.apply(dry_run)


def watchdog(
    once: Annotated[bool, typer.Option("--once", help="Look once and end: for cron and systemd timers.")] = False,
) -> None:
    """Tell Slack and mail when the day's run did not finish by 06:45, or PostgreSQL or Prefect is down."""
    from alvorada.watchdog.endpoints import find_endpoints
    from alvorada.watchdog.watch import watch
    from blocks.settings import load_settings

    data_dir = DataDir.from_environment()
    settings = load_settings()
    raise typer.Exit(watch(data_dir, settings, find_endpoints(data_dir, settings), now, once))


def catch_up(
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
) -> None:
    """Start today's run where Prefect's schedule has missed it, until ALVORADA_CATCH_UP_UNTIL. `up` runs this."""
    from alvorada.catch_up.prefect_api import PrefectApi
    from alvorada.catch_up.rounds import catch_up as run_catch_up
    from alvorada.watchdog.endpoints import find_endpoints
    from blocks.settings import load_settings

    data_dir = DataDir.from_environment()
    settings = load_settings()
    endpoints = find_endpoints(data_dir, settings)
    if endpoints.database_url is None:
        raise BadInput(endpoints.no_database)
    if endpoints.prefect_api is None:
        raise BadInput("PREFECT_API_URL is not set: it names the Prefect server (`alvorada up` prints its own)")
    key = settings.prefect_api_key
    api = PrefectApi(endpoints.prefect_api, key.get_secret_value() if key else None)
    run_catch_up(api, endpoints.database_url, settings.catch_up_until, now, once)
