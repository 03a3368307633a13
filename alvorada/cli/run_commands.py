"""What the run commands do, between the options and the flows: check, announce, run, say what came of it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from pathlib import Path

import typer

from alvorada.cli.decision_days import day_range, decision_day, latest_day
from alvorada.cli.run_options import Asked, Origin, origin
from alvorada.stack.data_dir import Home, LastWorld, database_name
from desk.errors import BadInput

ONLY = ("missing", "failed")


def daily(asked: Asked, seed: int, now: dt.datetime) -> None:
    """One daily run. Everything that a person can have got wrong is checked before anything starts."""
    day = decision_day(asked.as_of, now)
    chosen = origin(asked, day=day, latest=latest_day(now))
    home = Home.from_environment().make()
    typer.echo(f"Alvorada: decision day {day}, 06:00 America/Sao_Paulo; sources: {chosen.label}", err=True)
    from alvorada.cli.launch import run_daily
    from alvorada.cli.terminal_progress import RunProgress

    ended = run_daily(home, day, chosen, seed, RunProgress.on(), asked.reason)
    typer.echo("", err=True)
    message = f": {ended.message}" if ended.good and ended.message and ended.name != "Completed" else ""
    typer.echo(f"{ended.name} in {ended.seconds:.0f} s{message}", err=True)
    for name, label in (("report", "Report"), ("artifact", "Prefect artifact"), ("recording", "Recording")):
        for place in ended.results.get(name, []):
            typer.echo(f"{label}: {place}")
    for difference in ended.results.get("difference", []):
        typer.echo(f"\n{difference}")
    ended.require_good()
    typer.echo(next_steps(chosen, day), err=True)


def next_steps(chosen: Origin, day: dt.date) -> str:
    """What to try next, as commands that work where this one did."""
    us = command_name()
    steps = [
        (f"{us} report --world {chosen.world} --as-of {day} --open", ""),
        (f"{us} up", "runs and artifacts at http://127.0.0.1:4200"),
    ]
    if chosen.kind == "sandbox":
        steps += [(f"{us} demo --seed 11", "another economy, other numbers"), (f"{us} run", "the live sources")]
    width = max(len(step) for step, comment in steps if comment)
    lines = [f"  {step:{width}}  # {comment}" if comment else f"  {step}" for step, comment in steps]
    return "\n".join(["Next:", *lines])


def command_name() -> str:
    """`alvorada` where that is found on the PATH, else the way to the one that runs."""
    ours = Path(sys.executable).with_name("alvorada")
    found = shutil.which("alvorada")
    if found and Path(found).resolve() == ours.resolve():
        return "alvorada"
    return os.path.relpath(ours) if ours.is_relative_to(Path.cwd()) else str(ours)


def fill(start: str, end: str, only: str, dry_run: bool, sources: str, seed: int, now: dt.datetime) -> None:
    first, last = day_range(start, end, now)
    kinds = tuple(word.strip() for word in only.split(",") if word.strip())
    unknown = [word for word in kinds if word not in ONLY]
    if unknown or not kinds:
        raise BadInput(f"--only {only!r}: say missing, failed, or missing,failed")
    if sources not in ("live", "sandbox"):
        raise BadInput(f"--sources {sources!r}: a backfill asks live or sandbox")
    home = Home.from_environment().make()
    from alvorada.cli.launch import run_backfill
    from alvorada.cli.terminal_progress import RunProgress

    chosen = Origin("sandbox" if sources == "sandbox" else "live", world=sources)
    ended = run_backfill(home, (first, last), kinds, dry_run, chosen, seed, RunProgress.on())
    ended.require_good()
    message = f": {ended.message}" if ended.message else ""
    typer.echo(f"{ended.name} in {ended.seconds:.0f} s{message}")


def load_history(map_file: str) -> None:
    path = Path(map_file).expanduser()
    if not path.is_file():
        raise BadInput(f"no file {map_file}")
    home = Home.from_environment().make()
    from alvorada.cli.launch import run_import
    from alvorada.cli.terminal_progress import RunProgress

    ended = run_import(home, path.resolve(), RunProgress.on())
    ended.require_good()
    typer.echo(f"{ended.name} in {ended.seconds:.0f} s{f': {ended.message}' if ended.message else ''}")


def database_url(world: str | None) -> tuple[str, str | None]:
    """The address of a world's database, or of Prefect's, and a note where nothing answers there now."""
    from alvorada.stack.local_stack import PREFECT_DATABASE, embedded

    home = Home.from_environment()
    name = PREFECT_DATABASE
    if world != "prefect":
        last = LastWorld.asked(home, world)
        name = database_name(last.world, last.seed)
        given = os.environ.get("DATABASE_URL")
        if given:
            return given, None
    postgres = embedded(home)
    if not (home.postgres / "password").exists():
        raise BadInput(f"no database yet under {home.path}: the first `alvorada run`, `demo` or `up` makes it")
    up = postgres.status().running
    return postgres.url(name), None if up else "this PostgreSQL is not running now; `alvorada up` starts it"


def find_report(as_of: str | None, open_it: bool, world: str | None, now: dt.datetime) -> None:
    """Reports lie at reports/WORLD/DAY.html under the home, and in the world's database."""
    home = Home.from_environment()
    last = LastWorld.asked(home, world)
    day = decision_day(as_of, now) if as_of else None
    folder = home.reports / last.world
    found = max(folder.glob(f"{day or '????-??-??'}.html"), default=None)
    if found is None:
        from alvorada.cli.stored_reports import restore

        found = restore(home, last, day)
        typer.echo(f"alvorada: it was gone from {folder}: taken from the database", err=True)
    typer.echo(found)
    if open_it:
        import webbrowser

        if not webbrowser.open(found.as_uri()):
            raise BadInput(f"no browser here to open {found}")
