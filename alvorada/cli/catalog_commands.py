"""`alvorada catalogue`: series against their providers' metadata, rules against when a number was first seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from alvorada.cli.clock import now
from alvorada.cli.options import Seed, WorldName
from alvorada.stack.data_dir import DataDir
from desk.errors import BadInput
from desk.worlds import DEFAULT_SEED

DIFFERENT = 1
"""The exit code where something differs, or a provider did not answer."""

app = typer.Typer(help="The catalogue of series.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The catalogue of series."""


@app.command()
def check(
    live: Annotated[bool, typer.Option("--live", help="Ask the public sources.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Ask the simulated sources (the default).")] = False,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also list what agrees or cannot be compared.")] = False,
    notify: Annotated[bool, typer.Option("--notify", help="Send what changed since the check before.")] = False,
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Compare name, unit, frequency and last value with each provider's metadata, and with what it said at the check
    before; exit code 1 where any differ."""
    import asyncio

    from alvorada.cli.catalog_baseline import compared_with
    from alvorada.cli.catalog_check import compare_catalog, label_notes, listing
    from alvorada.cli.catalog_notice import send_changes
    from blocks.settings import load_settings
    from desk.catalog.provider_metadata import Verdict

    if live and sandbox:
        raise BadInput("--live or --sandbox, not both")
    world = "live" if live else "sandbox"
    at = now()
    verdicts = compare_catalog(world, source, seed, at)

    def tell(compared: Sequence[Verdict]) -> None:
        if notify:
            asyncio.run(send_changes(load_settings(), compared, at))

    verdicts = compared_with(DataDir.from_environment().path / f"catalogue_{world}.json", verdicts, tell)
    for line in listing(verdicts, every, label_notes()):
        typer.echo(line)
    if any(verdict.state in ("differs", "unreachable") for verdict in verdicts):
        raise typer.Exit(DIFFERENT)


@app.command()
def first_seen(
    days: Annotated[int, typer.Option("--days", help="Numbers about the last so many days.", min=7, max=400)] = 40,
    every: Annotated[bool, typer.Option("--all", help="Also list the series whose rule holds.")] = False,
    world: WorldName = "live",
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Publication rules against the time at which we first saw each number, a month after the first run: which is to be
    corrected in publication_rules.toml."""
    import datetime as dt

    from alvorada.cli.first_seen import stored_first_seen
    from alvorada.cli.output import note

    found = stored_first_seen(world, seed, now().date() - dt.timedelta(days=days))
    shown = [one for one in found if every or one.verdict]
    for one in shown:
        typer.echo(
            f"{one.series}  {one.rule}  {one.due} due, {one.early} before, {one.late} later  {one.verdict or 'holds'}"
        )
    if not shown:
        note(f"{len(found)} series with numbers that came due while we looked; every rule holds")
