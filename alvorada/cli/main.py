"""The command line. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import datetime as dt
import os
import sys
from typing import Annotated

import click
import typer

from alvorada.cli import operations, project_commands
from alvorada.cli.api_commands import api, token_commands
from alvorada.cli.catalog_check import app as catalogue_app
from alvorada.cli.held_commands import held_commands
from alvorada.cli.lake_commands import app as lake_app
from alvorada.cli.run_options import Asked
from alvorada.stack.data_dir import DEFAULT_SEED, WORLDS, Home, LastWorld
from desk.errors import AlvoradaError, BadInput

app = typer.Typer(
    help="The 06:00 run of a Brazil-focused global macro desk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(catalogue_app, name="catalogue")
app.add_typer(held_commands, name="held")
app.add_typer(lake_app, name="lake")
app.add_typer(token_commands, name="token")
app.command()(api)

app.add_typer(operations.automations, name="automations")

AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Decision day, YYYY-MM-DD. Default: the latest.")
]
Sources = Annotated[
    str | None,
    typer.Option("--sources", metavar="WHERE", help="live, sandbox, recorded DIR, or stored (nothing is fetched)."),
]
Folder = Annotated[
    str | None, typer.Argument(metavar="[DIR]", help="The folder of --sources recorded.", show_default=False)
]
Manifest = Annotated[str | None, typer.Option("--manifest", metavar="FILE", help="Which file answers which request.")]
Record = Annotated[str | None, typer.Option("--record", metavar="DIR", help="Keep every response there, to replay.")]
Seed = Annotated[int, typer.Option("--seed", envvar="ALVORADA_SANDBOX_SEED", help="Which simulated economy.")]
LAST = f"{', '.join(WORLDS)}. Default: the one used last here, else live."
LastUsed = Annotated[str | None, typer.Option("--world", help=LAST)]
DRY = "Print the cells and the estimate; run nothing."


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """The 06:00 run of a Brazil-focused global macro desk."""
    if debug:
        os.environ["ALVORADA_DEBUG"] = "1"
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "DEBUG")


def now() -> dt.datetime:
    """The wall clock, or the frozen one of ALVORADA_NOW, which the runs go by too. Raises BadInput."""
    frozen = os.environ.get("ALVORADA_NOW", "").strip()
    if not frozen:
        return dt.datetime.now(dt.UTC)
    try:
        moment = dt.datetime.fromisoformat(frozen)
    except ValueError:
        raise BadInput(f"ALVORADA_NOW {frozen!r} is not a time: write it like 2026-01-12T09:00:00+00:00") from None
    if moment.tzinfo is None:
        raise BadInput(f"ALVORADA_NOW {frozen!r} has no time zone: write it like 2026-01-12T09:00:00+00:00")
    return moment


@app.command()
def demo(as_of: AsOf = None, seed: Seed = DEFAULT_SEED) -> None:
    """The daily job against simulated sources: no key, no network."""
    from alvorada.cli.run_commands import daily

    daily(Asked(as_of, "sandbox"), seed, now())


@app.command()
def run(
    folder: Folder = None,
    as_of: AsOf = None,
    sources: Sources = None,
    manifest: Manifest = None,
    record: Record = None,
    world: Annotated[str, typer.Option("--world", help=f"Of a stored run: {', '.join(WORLDS)}.")] = "live",
    seed: Seed = DEFAULT_SEED,
) -> None:
    """The daily job. A past --as-of without --sources works from what is stored."""
    from alvorada.cli.run_commands import daily

    daily(Asked(as_of, sources, folder, manifest, record, world), seed, now())


@app.command()
def backfill(
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="First day.")],
    end: Annotated[str, typer.Option("--to", metavar="DATE", help="Last day.")],
    only: Annotated[str, typer.Option("--only", help="Which cells: missing, failed, or both.")] = "missing,failed",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=DRY)] = False,
    sources: Annotated[str, typer.Option("--sources", metavar="WHERE", help="live or sandbox.")] = "live",
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Fetch what the ledger says is missing or failed between two days."""
    from alvorada.cli.run_commands import fill

    fill(start, end, only, dry_run, sources, seed, now())


@app.command(name="import")
def import_history(
    map_file: Annotated[str, typer.Argument(metavar="MAP.toml", help="Says which file holds which series.")],
) -> None:
    """Load a desk's own history files into the live database."""
    from alvorada.cli.run_commands import load_history

    load_history(map_file)


@app.command()
def report(
    as_of: AsOf = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    send: Annotated[bool, typer.Option("--send", help="To Slack and mail, for who does not have it yet.")] = False,
    again: Annotated[bool, typer.Option("--again", help="With --send: also for who has it.")] = False,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option("--diff", metavar="D1 D2", help="What changed between two reports, as text."),
    ] = None,
    png: Annotated[
        str | None, typer.Option("--png", metavar="DIR", help="Every figure as a PNG in that folder.")
    ] = None,
    world: LastUsed = None,
) -> None:
    """Print where the report of a day is; the latest one by default. One gone from the disk comes from the database."""
    if diff is not None or png is not None:
        from alvorada.cli.report_commands import read_report

        read_report(world, diff, png, as_of, now())
        return
    if send:
        from alvorada.cli.decision_days import decision_day
        from alvorada.cli.send_report import send_report

        home = Home.from_environment()
        day = decision_day(as_of, now()) if as_of else None
        send_report(home, LastWorld.asked(home, world), day, again, now())
        return
    from alvorada.cli.run_commands import find_report

    find_report(as_of, open_it, world, now())


@app.command()
def explain(
    figure: Annotated[str, typer.Argument(metavar="FIGURE", help="risk.var_99, portfolio.nav, signals.STRATEGY ...")],
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
    world: LastUsed = None,
) -> None:
    """Say why a figure of the report is what it is: formula, numbers, series, payloads."""
    from alvorada.cli.decision_days import decision_day
    from alvorada.cli.explain_command import explained

    home = Home.from_environment()
    day = decision_day(as_of, now()) if as_of else None
    typer.echo(explained(home, LastWorld.asked(home, world), figure, day, as_json))


@app.command()
def up(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Simulated sources too, and the deployments use them.")
    ] = False,
    port: Annotated[int, typer.Option("--port", help="Of Prefect's server and UI.")] = 4200,
    api_port: Annotated[int, typer.Option("--api-port", help="Of the desk's own API.")] = 8000,
    seed: Seed = DEFAULT_SEED,
) -> None:
    """The local stack, in the foreground: PostgreSQL, Prefect server with its UI, worker, deployments, the API."""
    from alvorada.stack.supervisor import supervise

    supervise(Home.from_environment(), sandbox, port, api_port, seed)


@app.command()
def down() -> None:
    """Stop the stack that `up` runs in another terminal."""
    from alvorada.stack.supervisor import take_down

    typer.echo(take_down(Home.from_environment()))


@app.command()
def doctor() -> None:
    """Say what is missing, and the command that mends it."""
    from alvorada.cli.doctor import examine

    if not examine(Home.from_environment()):
        raise typer.Exit(1)


app.command()(operations.watchdog)


@app.command()
def url(
    world: Annotated[str | None, typer.Option("--world", help=f"{LAST} Also: prefect.")] = None,
) -> None:
    """Print the database's URL, for psql and the like."""
    from alvorada.cli.run_commands import database_url

    address, note = database_url(world)
    typer.echo(address)
    if note:
        typer.echo(f"alvorada: {note}", err=True)


@app.command()
def migrate(
    world: Annotated[str, typer.Option("--world", help=", ".join(WORLDS) + ".")] = "live", seed: Seed = DEFAULT_SEED
) -> None:
    """Bring the database to the newest schema. Runs do it themselves."""
    from alvorada.stack.local_stack import stack

    with stack(Home.from_environment(), world, seed):
        typer.echo("the schema is the newest")


@app.command()
def init() -> None:
    """Make the .env that docker compose reads, with random passwords. One that is there stays."""
    from alvorada.cli.env_file import init as write
    from alvorada.stack.data_dir import project_root

    typer.echo(f"{write(project_root())} is written; make image, then docker compose up, starts the stack")


@app.command()
def deploy() -> None:
    """Apply prefect.yaml: work pool, queues and deployments, on the Prefect server that the environment names."""
    from alvorada.prefect_objects.deployments import apply

    apply()


project_commands.register(app)


def main() -> None:
    """The entry point: an error is one line on stderr and an exit code; --debug shows where it came from."""
    try:
        code = app(prog_name="alvorada", standalone_mode=False)
    except AlvoradaError as error:
        fail(str(error), error.exit_code)
    except click.ClickException as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
            sys.exit(error.exit_code)
        fail(error.format_message(), BadInput.exit_code)
    except (KeyboardInterrupt, click.Abort):
        fail("stopped", 130)
    else:
        if code == 130:  # Typer's answer to Ctrl-C
            fail("stopped", 130)
        sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, code: int) -> None:
    if os.environ.get("ALVORADA_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    line = " ".join(message.split())
    print(f"alvorada: {line}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
