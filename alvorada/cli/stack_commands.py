"""The commands of the local stack and of its databases: up, down, doctor, url, migrate, init, deploy, api."""

from __future__ import annotations

from typing import Annotated

import typer

from alvorada.cli.clock import now
from alvorada.cli.env_file import write_env_file
from alvorada.cli.options import LAST_WORLD_HELP, Seed, WorldName
from alvorada.cli.output import AsJson
from alvorada.stack.data_dir import DataDir, project_root
from desk.worlds import DEFAULT_SEED


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (up, down, doctor, url, migrate, init, deploy, api):
        app.command()(command)


def up(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Simulated sources too, and the deployments use them.")
    ] = False,
    port: Annotated[int, typer.Option("--port", help="Of Prefect's server and UI.")] = 4200,
    api_port: Annotated[int, typer.Option("--api-port", help="Of the desk's own API.")] = 8000,
    seed: Seed = DEFAULT_SEED,
) -> None:
    """The local stack, in the foreground: PostgreSQL, Prefect server with its UI, worker, deployments, the API."""
    from alvorada.stack.startup import StackOptions
    from alvorada.stack.supervisor import run_stack
    from alvorada.watchdog.watch import alarm_of
    from blocks.settings import load_settings

    data_dir = DataDir.from_environment()
    alarm = alarm_of(data_dir, load_settings(), now)
    run_stack(data_dir, StackOptions(sandbox, port, api_port, seed), alarm)


def down() -> None:
    """Stop the stack that `up` runs in another terminal."""
    from alvorada.stack.supervisor import stop_stack

    typer.echo(stop_stack(DataDir.from_environment()))


def doctor(as_json: AsJson = False) -> None:
    """Say what is missing, and the command that mends it."""
    from alvorada.cli.doctor import examine

    if not examine(DataDir.from_environment(), as_json):
        raise typer.Exit(1)


def url(world: Annotated[str | None, typer.Option("--world", help=f"{LAST_WORLD_HELP} Also: prefect.")] = None) -> None:
    """Print the database's URL, for psql and the like."""
    from alvorada.stack.local_stack import database_url

    address, note = database_url(DataDir.from_environment(), world)
    typer.echo(address)
    if note:
        typer.echo(f"alvorada: {note}", err=True)


def migrate(world: WorldName = "live", seed: Seed = DEFAULT_SEED) -> None:
    """Bring the database to the newest schema. Runs do it themselves."""
    from alvorada.stack.local_stack import open_stack

    with open_stack(DataDir.from_environment(), world, seed):
        typer.echo("the schema is the newest")


def init() -> None:
    """Make the .env that docker compose reads, with random passwords. One that is there stays."""
    typer.echo(f"{write_env_file(project_root())} is written; docker compose up --build starts the stack")


def deploy() -> None:
    """Apply prefect.yaml: work pool, queues and deployments, on the Prefect server that the environment names."""
    from alvorada.prefect_objects.server import require_server

    require_server()
    from alvorada.prefect_objects.deployments import apply

    apply()


def api(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 8000,
    world: WorldName = "live",
    seed: Seed = DEFAULT_SEED,
) -> None:
    """The HTTP API, in the foreground."""
    from alvorada.cli.serve_api import serve_api

    serve_api(DataDir.from_environment(), host, port, world, seed)
