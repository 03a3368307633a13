"""`alvorada lake check`: every body of the lake, read against the hash in its name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from alvorada.stack.data_dir import DataDir

if TYPE_CHECKING:
    from desk.errors import StoreError
    from tasks.store.lake import Lake

app = typer.Typer(help="The lake of raw bodies.", no_args_is_help=True)
DAMAGED = 1
"""The exit code where a body is damaged or cannot be read."""


@app.callback()
def options() -> None:
    """The lake of raw bodies."""


@app.command()
def check() -> None:
    """Read every body against its hash; exit code 1 where one is damaged. The next fetch of that body mends it."""
    from blocks.settings import load_settings
    from tasks.store.lake import Lake

    lake = Lake.open(load_settings(home=DataDir.from_environment().path).lake)
    bodies, damaged = asyncio.run(verdicts(lake))
    for error in damaged:
        typer.echo(str(error))
    typer.echo(f"{bodies} bodies read against their hashes, {len(damaged)} damaged")
    if damaged:
        raise typer.Exit(DAMAGED)


async def verdicts(lake: Lake) -> tuple[int, list[StoreError]]:
    """How many bodies there are, and what is wrong with those that are not whole."""
    found = [error async for _, error in lake.checked()]
    return len(found), [error for error in found if error is not None]
