"""`alvorada demo`, `run`, `backfill`, `import`, `verify`: they check the options, run a flow, and print its results."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alvorada.cli.clock import now
from alvorada.cli.options import WORLD_NAMES, AsOf, LastWorldName, Seed
from alvorada.cli.output import note
from alvorada.cli.run_options import Origin, RunOptions, reason_of, run_origin
from alvorada.stack.data_dir import DataDir, LastWorld
from desk.errors import BadInput
from desk.worlds import DEFAULT_SEED

if TYPE_CHECKING:
    from alvorada.cli.run_flows import RunResult

CELL_STATES = ("missing", "failed")
"""What `backfill --only` accepts."""

SourcesOption = Annotated[
    str | None,
    typer.Option("--sources", metavar="WHERE", help="live, sandbox, recorded DIR, or stored (nothing is fetched)."),
]
Folder = Annotated[
    str | None, typer.Argument(metavar="[DIR]", help="The folder of --sources recorded.", show_default=False)
]
Manifest = Annotated[str | None, typer.Option("--manifest", metavar="FILE", help="Which file answers which request.")]
Record = Annotated[str | None, typer.Option("--record", metavar="DIR", help="Keep every response there, to replay.")]
StoredWorld = Annotated[str, typer.Option("--world", help=f"Of a stored run: {WORLD_NAMES}.")]
Restate = Annotated[
    bool, typer.Option("--restate", help="Decide a decided day anew, as a new version. Needs --reason.")
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why it is restated.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the cells and the estimate; run nothing.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(demo)
    app.command()(run)
    app.command()(backfill)
    app.command(name="import")(import_history)
    app.command()(verify)


def demo(as_of: AsOf = None, seed: Seed = DEFAULT_SEED) -> None:
    """The daily job against simulated sources: no key, no network."""
    run_daily_job(RunOptions(as_of, "sandbox"), seed)


def run(
    folder: Folder = None,
    as_of: AsOf = None,
    sources: SourcesOption = None,
    manifest: Manifest = None,
    record: Record = None,
    world: StoredWorld = "live",
    restate: Restate = False,
    reason: Reason = None,
    seed: Seed = DEFAULT_SEED,
) -> None:
    """The daily job. A past --as-of without --sources works from what is stored.

    A decision is made once: a day that has one is reproduced, its page byte for byte, and nothing is written.
    """
    options = RunOptions(as_of, sources, folder, manifest, record, world, reason_of(restate, reason))
    run_daily_job(options, seed)


def run_daily_job(options: RunOptions, seed: int) -> None:
    """One daily run. Every option is checked before anything starts. Raises AlvoradaError."""
    from alvorada.cli.decision_days import decision_day
    from desk.point_in_time.decision_days import latest_day

    moment = now()
    day = decision_day(options.as_of, moment)
    origin = run_origin(options, day=day, latest=latest_day(moment))
    data_dir = DataDir.from_environment().create()
    note(f"Alvorada: decision day {day}, 06:00 America/Sao_Paulo; sources: {origin.label}")
    from alvorada.cli.run_flows import run_daily
    from alvorada.cli.terminal_progress import RunProgress

    result = run_daily(data_dir, day, origin, seed, RunProgress.on(), options.reason)
    note("")
    message = f": {result.message}" if result.completed and result.message and result.name != "Completed" else ""
    note(f"{result.name} in {result.seconds:.0f} s{message}")
    for name, label in (("report", "Report"), ("artifact", "Prefect artifact"), ("recording", "Recording")):
        for path in result.outputs.get(name, []):
            typer.echo(f"{label}: {path}")
    for difference in result.outputs.get("difference", []):
        typer.echo(f"\n{difference}")
    result.require_completed()
    note(next_steps(origin, day))


def backfill(
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="First day.")],
    end: Annotated[str, typer.Option("--to", metavar="DATE", help="Last day.")],
    only: Annotated[str, typer.Option("--only", help="Which cells: missing, failed, or both.")] = "missing,failed",
    dry_run: DryRun = False,
    sources: Annotated[str, typer.Option("--sources", metavar="WHERE", help="live or sandbox.")] = "live",
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Fetch what the ledger says is missing or failed between two days."""
    from alvorada.cli.decision_days import day_range

    days = day_range(start, end, now())
    states = tuple(word.strip() for word in only.split(",") if word.strip())
    if not states or set(states) - set(CELL_STATES):
        raise BadInput(f"--only {only!r}: say missing, failed, or missing,failed")
    if sources not in ("live", "sandbox"):
        raise BadInput(f"--sources {sources!r}: a backfill asks live or sandbox")
    data_dir = DataDir.from_environment().create()
    from alvorada.cli.run_flows import run_backfill
    from alvorada.cli.terminal_progress import RunProgress

    origin = Origin("sandbox" if sources == "sandbox" else "live", world=sources)
    print_result(run_backfill(data_dir, days, states, dry_run, origin, seed, RunProgress.on()))


def import_history(
    map_file: Annotated[str, typer.Argument(metavar="MAP.toml", help="Says which file holds which series.")],
) -> None:
    """Load a desk's own history files into the live database."""
    path = Path(map_file).expanduser()
    if not path.is_file():
        raise BadInput(f"no file {map_file}")
    data_dir = DataDir.from_environment().create()
    from alvorada.cli.run_flows import run_import
    from alvorada.cli.terminal_progress import RunProgress

    print_result(run_import(data_dir, path.resolve(), RunProgress.on()))


def verify(world: LastWorldName = None) -> None:
    """Compute every decided day once more in one pass, and hold it against its record, to the bit. Once a week by
    itself."""
    data_dir = DataDir.from_environment().create()
    from alvorada.cli.run_flows import run_verification
    from alvorada.cli.terminal_progress import RunProgress

    print_result(run_verification(data_dir, LastWorld.select(data_dir, world), RunProgress.on()))


def print_result(result: RunResult) -> None:
    """Prints state, time and message of a run that completed. Raises StageFailed for any other."""
    result.require_completed()
    typer.echo(f"{result.name} in {result.seconds:.0f} s{f': {result.message}' if result.message else ''}")


def next_steps(origin: Origin, day: dt.date) -> str:
    """Suggestions after a daily run, as commands that work in the current folder."""
    alvorada = command_name()
    steps = [
        (f"{alvorada} report --world {origin.world} --as-of {day} --open", ""),
        (f"{alvorada} up", "runs and artifacts at http://127.0.0.1:4200"),
    ]
    if origin.kind == "sandbox":
        steps += [
            (f"{alvorada} demo --seed 11", "another economy, other numbers"),
            (f"{alvorada} run", "the live sources"),
        ]
    width = max(len(step) for step, comment in steps if comment)
    lines = [f"  {step:{width}}  # {comment}" if comment else f"  {step}" for step, comment in steps]
    return "\n".join(["Next:", *lines])


def command_name() -> str:
    """`alvorada` where the PATH leads to the one that runs, else its path."""
    ours = Path(sys.executable).with_name("alvorada")
    found = shutil.which("alvorada")
    if found and Path(found).resolve() == ours.resolve():
        return "alvorada"
    return os.path.relpath(ours) if ours.is_relative_to(Path.cwd()) else str(ours)
