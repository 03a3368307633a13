"""`alvorada held`: the values that are stored and not believed, and a person's decision on them."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from alvorada.cli.clock import now
from alvorada.cli.options import Seed, WorldName
from alvorada.cli.output import AsJson, note, print_json
from alvorada.stack.data_dir import DataDir
from desk.worlds import DEFAULT_SEED

if TYPE_CHECKING:  # the store is imported when a command needs it
    from tasks.store import Store
    from tasks.store.holds import Decision

T = TypeVar("T")
HoldId = Annotated[int, typer.Argument(metavar="ID", help="As `alvorada held list` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the decision.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides. Default: the account's name.")]
STATES = ("open", "released", "rejected", "all")

app = typer.Typer(help="Values that are stored and not believed.", no_args_is_help=True)


@app.command(name="list")
def list_held(
    state: Annotated[str, typer.Option("--state", help=", ".join(STATES) + ".")] = "open",
    world: WorldName = "live",
    seed: Seed = DEFAULT_SEED,
    as_json: AsJson = False,
) -> None:
    """Every held value: id, series, day, value and why; the oldest first."""
    from desk.errors import BadInput

    if state not in STATES:
        raise BadInput(f"--state {state!r}: it is one of {', '.join(STATES)}")
    holds = _with_store(world, seed, lambda store: store.read_holds(None if state == "all" else state))
    if as_json:
        print_json(holds.iter_rows(named=True))
        return
    for row in holds.iter_rows(named=True):
        decided = f"; {row['state']} by {row['decided_by']}: {row['decision_reason']}" if row["decided_by"] else ""
        typer.echo(f"{row['hold_id']:>6}  {row['entity']}  {row['obs_date']}  {row['rule']}: {row['reason']}{decided}")
    if holds.is_empty():
        note("nothing is held" if state == "open" else f"nothing is {state}")


@app.command()
def release(
    hold_id: HoldId, reason: Reason, by: By = None, world: WorldName = "live", seed: Seed = DEFAULT_SEED
) -> None:
    """Believe a held value, from the next decision on; runs of the past stay as they are."""
    _decide(hold_id, "released", reason, by, world, seed)


@app.command()
def reject(
    hold_id: HoldId, reason: Reason, by: By = None, world: WorldName = "live", seed: Seed = DEFAULT_SEED
) -> None:
    """Leave a held value out for good."""
    _decide(hold_id, "rejected", reason, by, world, seed)


def _decide(hold_id: int, decision: Decision, reason: str, by: str | None, world: str, seed: int) -> None:
    from desk.errors import BadInput

    if not reason.strip():
        raise BadInput("--reason must say why")
    moment, person = now(), by or getpass.getuser()
    _with_store(world, seed, lambda store: store.decide_hold(hold_id, decision, person, reason, moment, moment))
    typer.echo(f"held value {hold_id} is {decision}")


def _with_store(world: str, seed: int, act: Callable[[Store], Awaitable[T]]) -> T:
    """`act` on the world's store, at the newest schema."""
    from alvorada.stack.local_stack import open_stack
    from tasks.store import open_store

    async def go(url: str) -> T:
        async with open_store(url, world, pool_size=1) as store:  # type: ignore[arg-type]
            return await act(store)

    with open_stack(DataDir.from_environment(), world, seed) as stack:
        return asyncio.run(go(stack.database_url))
