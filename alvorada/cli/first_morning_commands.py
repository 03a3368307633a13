"""`alvorada first-morning`: one request of each dataset, then a full run against what is read off a screen."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alvorada.cli.clock import now
from alvorada.stack.data_dir import DataDir
from desk.errors import BadInput
from desk.worlds import DEFAULT_SEED

if TYPE_CHECKING:
    from alvorada.cli.first_morning import FirstAnswer
    from alvorada.cli.screen_figures import Figure

UNFIT = 1
"""The exit code where something wants a hand."""


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command(name="first-morning")(first_morning)


def first_morning(
    live: Annotated[bool, typer.Option("--live", help="Ask the public sources.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Ask the simulated sources (the default).")] = False,
    record: Annotated[Path | None, typer.Option("--record", help="Keep every answer in this folder.")] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Then a full run in a world of its own, and ten questions.")
    ] = False,
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Only the ten questions, about the last such run.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", envvar="ALVORADA_SANDBOX_SEED", help="Of the sandbox.")] = DEFAULT_SEED,
) -> None:
    """One request of each dataset: what came, a verdict, the setting that mends it. With --run then a full run in a
    scratch world, and ten of its figures against a screen. A report to keep; exit code 1 where something wants a hand.
    """
    from alvorada.cli.first_morning_page import report_page
    from alvorada.cli.scratch_run import new_folder, newest_folder, run_in, stored_figures
    from alvorada.cli.screen_figures import figure_lines, needs_a_hand
    from alvorada.stack.sandbox_process import sandbox_in_use
    from desk.catalog import load_catalog
    from desk.catalog.licences import load_licences

    if live and sandbox:
        raise BadInput("--live or --sandbox, not both")
    if ask_again and (run or record):
        raise BadInput("--ask-again asks nothing of the sources: it goes without --run and --record")
    data_dir, catalog, at = DataDir.from_environment().create(), load_catalog(), now()
    world = "live" if live else "sandbox"
    path = data_dir.path / f"first-morning-{at:%Y-%m-%dT%H%M}.md"

    def keep(figures: Sequence[str]) -> str:
        page = report_page(found, world, at, load_licences(catalog), figures)
        path.write_text(page, encoding="utf-8")
        return page

    if ask_again:
        found: list[FirstAnswer] = []
        folder = newest_folder(data_dir, world)
        answered = put(asyncio.run(stored_figures(folder, world, seed)))
        lines = list(figure_lines(answered, str(folder)))
        path.write_text("\n".join(["# The first morning: ten figures", "", *lines, ""]), encoding="utf-8")
        typer.echo("\n".join(lines))
        _end(path, unfit=bool(needs_a_hand(answered)))
        return
    if live:
        found = asyncio.run(_looked_at(data_dir, None, record, at))
    else:
        with sandbox_in_use(data_dir, seed) as root_url:
            found = asyncio.run(_looked_at(data_dir, root_url(), record, at))
    unfit = any(one.verdict != "fine" for one in found)
    typer.echo(keep(()))
    if not run:
        _end(path, unfit=unfit)
        return
    folder = new_folder(data_dir, world, at)
    typer.echo(f"The full run, in {folder}; it sends nothing and touches nothing of the desk's.", err=True)
    code = run_in(folder, world, seed, record / "run" if record else None, os.environ)
    if code:
        keep([f"The run ended with exit code {code}: its own words say why. Mend it, then --run again."])
        _end(path, unfit=True)
    answered = put(asyncio.run(stored_figures(folder, world, seed)))
    lines = list(figure_lines(answered, str(folder)))
    keep(lines)
    typer.echo("\n".join(lines))
    _end(path, unfit=unfit or bool(needs_a_hand(answered)))


def put(figures: Sequence[Figure]) -> list[Figure]:
    """Each question in turn; a blank answer leaves it open, and so does the end of the input all that are left."""
    typer.echo("Ten figures, read off a screen that is not ours; Enter leaves one open.", err=True)
    answered: list[Figure] = []
    for place, one in enumerate(figures, start=1):
        if one.verdict == "missing":
            answered.append(one)
            continue
        try:
            answered.append(_answer(place, one))
        except typer.Abort:
            return [*answered, *figures[place - 1 :]]
    return answered


def _answer(place: int, one: Figure) -> Figure:
    while True:
        text = typer.prompt(f"{place:>2}. {one.prompt()}", default="", show_default=False, err=True)
        try:
            return one.answered(text)
        except ValueError as error:
            typer.echo(f"    {error}: digits, a decimal point or comma", err=True)


def _end(path: Path, *, unfit: bool) -> None:
    typer.echo(f"kept as {path}")
    if unfit:
        raise typer.Exit(UNFIT)


async def _looked_at(
    data_dir: DataDir, sandbox_root: str | None, record: Path | None, at: dt.datetime
) -> list[FirstAnswer]:
    """Every dataset asked of the live sources, or of the sandbox at that address."""
    from alvorada.cli.catalog_check import sandbox_configs
    from alvorada.cli.first_morning import look_at_all
    from blocks.settings import load_settings
    from desk.catalog import load_catalog
    from tasks.connectors.exchange import Payload
    from tasks.http.client import HttpClient
    from tasks.http.proxies import environment_proxies
    from tasks.http.recording import Recorder, public_bases
    from tasks.run.source_configs import source_configs

    settings, catalog = load_settings(home=data_dir.path), load_catalog()
    configs = (
        source_configs(settings, catalog, "live") if sandbox_root is None else sandbox_configs(catalog, sandbox_root)
    )
    recorder = Recorder(record, bases=public_bases(configs, catalog.sources)) if record else None

    async def keep(payload: Payload) -> None:
        if recorder is not None:
            await recorder.keep(payload)

    async with HttpClient(
        configs, clock=now, sink=keep, contact=settings.contact, proxies=environment_proxies()
    ) as client:
        return await look_at_all(catalog, configs, client, at)
