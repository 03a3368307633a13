"""`alvorada api` and `alvorada token`: the HTTP API, and who may call it."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from alvorada.stack.data_dir import DEFAULT_SEED, WORLDS, Home

if TYPE_CHECKING:  # asyncpg is imported when a command needs it
    import asyncpg

T = TypeVar("T")
World = Annotated[str, typer.Option("--world", help=", ".join(WORLDS) + ".")]
Seed = Annotated[int, typer.Option("--seed", envvar="ALVORADA_SANDBOX_SEED", help="Which simulated economy.")]
DAY_FORMAT = "%Y-%m-%d"
SCOPE = "read, operate or admin; each includes the ones before it."

token_commands = typer.Typer(help="Tokens of the API.", no_args_is_help=True)


def api(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 8000,
    world: World = "live",
    seed: Seed = DEFAULT_SEED,
) -> None:
    """The HTTP API, in the foreground."""
    from alvorada.stack.local_stack import adopt, stack

    with stack(Home.from_environment(), world, seed) as around:
        adopt(around.environment())
        _serve(host, port, world)


def _serve(host: str, port: int, world: str) -> None:
    import uvicorn

    from api.app import create_app
    from blocks.settings import load_settings
    from tasks.run.run_context import clock_of

    settings = load_settings()
    uvicorn.run(
        create_app(settings, clock_of(settings), world),  # type: ignore[arg-type]
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )


@token_commands.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    scope: Annotated[str, typer.Option("--scope", help=SCOPE)] = "read",
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650, help="Default: for good.")] = None,
    world: World = "live",
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Make a token and show it, this once."""
    from alvorada.cli.main import now
    from tasks.store.api_tokens import create_token

    lasts = dt.timedelta(days=days) if days else None
    made = _with_database(world, seed, lambda c: create_token(c, name, scope, now(), lasts))  # type: ignore[arg-type]
    typer.echo(made)
    typer.echo("alvorada: keep it: only its hash is stored", err=True)


@token_commands.command(name="list")
def list_tokens(world: World = "live", seed: Seed = DEFAULT_SEED) -> None:
    """Every token: name, scope, until when."""
    query = "SELECT name, scope, expires_at, revoked_at FROM v_api_token ORDER BY token_id"
    for row in _with_database(world, seed, lambda c: c.fetch(query)):
        until = f"until {row['expires_at']:{DAY_FORMAT}}" if row["expires_at"] else "for good"
        state = f"revoked {row['revoked_at']:{DAY_FORMAT}}" if row["revoked_at"] else until
        typer.echo(f"{row['name']:30} {row['scope']:8} {state}")


@token_commands.command()
def revoke(
    name: Annotated[str, typer.Argument(help="Whose it is.")], world: World = "live", seed: Seed = DEFAULT_SEED
) -> None:
    """Refuse a token from now on."""
    from alvorada.cli.main import now
    from tasks.store.api_tokens import revoke_token

    _with_database(world, seed, lambda c: revoke_token(c, name, now()))
    typer.echo(f"the token of {name} is revoked")


def _with_database(world: str, seed: int, act: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """`act` on a connection to the world's database, at the newest schema."""
    import asyncpg

    from alvorada.stack.local_stack import stack
    from blocks.database import plain_url

    async def go(url: str) -> T:
        connection = await asyncpg.connect(plain_url(url), timeout=15)
        try:
            return await act(connection)
        finally:
            await connection.close()

    with stack(Home.from_environment(), world, seed, os.environ) as around:
        return asyncio.run(go(around.database_url))
