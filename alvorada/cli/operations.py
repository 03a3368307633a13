"""Commands for who keeps it running: Automations, and the watchdog."""

from __future__ import annotations

from typing import Annotated

import typer

from alvorada.stack.data_dir import Home

automations = typer.Typer(help="Prefect's Automations, blocks, limits and variables, as code.", no_args_is_help=True)
DRY_RUN = typer.Option("--dry-run", help="Say what would be done; change nothing.")


@automations.callback()
def _group() -> None:
    """A group with one command: without this, Typer would drop its name."""


@automations.command()
def apply(dry_run: Annotated[bool, DRY_RUN] = False) -> None:
    """Bring the Prefect server that PREFECT_API_URL names to what is declared. Again: changes nothing."""
    from alvorada.prefect_objects.apply_all import apply as bring

    bring(dry_run)


def watchdog(
    once: Annotated[bool, typer.Option("--once", help="Look once and end: for cron and systemd timers.")] = False,
) -> None:
    """Tell Slack and mail when the day's run did not finish by 06:45, or PostgreSQL or Prefect is down."""
    from alvorada.cli.main import now
    from alvorada.watchdog.endpoints import places_of
    from alvorada.watchdog.watch import watch
    from blocks.settings import load_settings

    home = Home.from_environment()
    settings = load_settings()
    raise typer.Exit(watch(home, settings, places_of(home, settings), now, once))
