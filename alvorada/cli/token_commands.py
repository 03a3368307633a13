"""`alvorada token`: the tokens of the HTTP API."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar, cast

import typer

from alvorada.cli.clock import now
from alvorada.cli.options import Seed, WorldName
from alvorada.cli.output import AsJson, note, print_json
from alvorada.stack.data_dir import DataDir
from desk.worlds import DEFAULT_SEED

if TYPE_CHECKING:
    import asyncpg

    from tasks.store.api_tokens import Scope

T = TypeVar("T")
TokenName = Annotated[str, typer.Argument(help="Whose it is.")]
SCOPE_HELP = "read, operate or admin; each includes the ones before it."
DAY_FORMAT = "%Y-%m-%d"

app = typer.Typer(help="Tokens of the API.", no_args_is_help=True)


@app.command()
def create(
    name: TokenName,
    scope: Annotated[str, typer.Option("--scope", help=SCOPE_HELP)] = "read",
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650, help="Default: for good.")] = None,
    world: WorldName = "live",
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Make a token and show it, this once."""
    from tasks.store.api_tokens import create_token

    lasts = dt.timedelta(days=days) if days else None
    typer.echo(_with_database(world, seed, lambda c: create_token(c, name, cast("Scope", scope), now(), lasts)))
    note("alvorada: keep it: only its hash is stored")


@app.command(name="list")
def list_tokens(world: WorldName = "live", seed: Seed = DEFAULT_SEED, as_json: AsJson = False) -> None:
    """Every token: name, scope, until when."""
    query = "SELECT name, scope, expires_at, revoked_at FROM v_api_token ORDER BY token_id"
    found = _with_database(world, seed, lambda c: c.fetch(query))
    if as_json:
        print_json(found)
        return
    for row in found:
        until = f"until {row['expires_at']:{DAY_FORMAT}}" if row["expires_at"] else "for good"
        state = f"revoked {row['revoked_at']:{DAY_FORMAT}}" if row["revoked_at"] else until
        typer.echo(f"{row['name']:30} {row['scope']:8} {state}")


@app.command()
def revoke(name: TokenName, world: WorldName = "live", seed: Seed = DEFAULT_SEED) -> None:
    """Refuse a token from now on."""
    from tasks.store.api_tokens import revoke_token

    _with_database(world, seed, lambda c: revoke_token(c, name, now()))
    typer.echo(f"the token of {name} is revoked")


def _with_database(world: str, seed: int, act: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """The result of `act` on a connection to the world's database, at the newest schema."""
    import asyncpg

    from alvorada.stack.local_stack import open_stack
    from blocks.database import plain_url

    async def connect_and_act(url: str) -> T:
        connection = await asyncpg.connect(plain_url(url), timeout=15)
        try:
            return await act(connection)
        finally:
            await connection.close()

    with open_stack(DataDir.from_environment(), world, seed) as stack:
        return asyncio.run(connect_and_act(stack.database_url))
