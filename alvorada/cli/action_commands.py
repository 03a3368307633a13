"""`alvorada actions`: what the gate says of a day's orders, and a person's decision to issue them all the same."""

from __future__ import annotations

import asyncio
import datetime as dt
import getpass
from typing import Annotated, Any

import typer

from alvorada.cli.clock import now
from alvorada.cli.options import Seed, WorldName
from alvorada.cli.output import AsJson, note, print_json
from alvorada.stack.data_dir import DataDir
from desk.worlds import DEFAULT_SEED

AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="The decision day.")]
Orders = Annotated[str, typer.Option("--orders", metavar="CODE", help="Which orders: the code that `show` prints.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the release and with the new version.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides. Default: the account's name.")]

app = typer.Typer(help="Orders that the gate has stopped.", no_args_is_help=True)


@app.command()
def show(as_of: AsOf, world: WorldName = "live", seed: Seed = DEFAULT_SEED, as_json: AsJson = False) -> None:
    """Every check of the gate, and the orders that it holds back."""
    checks, orders, verdict = _read(_moment(as_of), world, seed)
    if as_json:
        print_json([{"checks": checks, "held_back": orders, "verdict": verdict}])
        return
    for row in checks:
        value = "unknown" if row["value"] is None else f"{row['value']:.4g}"
        typer.echo(f"{row['state']:<9} {row['check_id']}: {value}, at most {row['threshold']:g}  {row['detail'] or ''}")
    for row in orders:
        typer.echo(f"held back {row['seq']:>3}  {row['sentence']}")
    if verdict and verdict["state"] == "stopped":
        typer.echo(
            f"to issue them: alvorada actions release --as-of {as_of} --orders {verdict['proposal']} --reason TEXT"
        )
    if not checks:
        note(f"the gate has not seen the orders of {as_of}")


@app.command()
def release(
    as_of: AsOf, orders: Orders, reason: Reason, by: By = None, world: WorldName = "live", seed: Seed = DEFAULT_SEED
) -> None:
    """Issue these orders, which the gate has stopped, as a new version of the day's decision. Where the data have
    changed and the orders with them, they are stopped again."""
    from desk.errors import BadInput

    if not reason.strip():
        raise BadInput("--reason must say why")
    person, moment = by or getpass.getuser(), _moment(as_of)
    _record(moment, person, reason, orders, world, seed)
    note(f"orders {orders} of {as_of} are released by {person}; the day is restated, and no others go out")
    from alvorada.cli.run_commands import run_daily_job
    from alvorada.cli.run_options import RunOptions

    words = f"orders released by {person}: {reason}"
    run_daily_job(RunOptions(as_of, "stored", world=world, reason=words), seed)


def _moment(text: str) -> dt.datetime:
    from desk.errors import BadInput
    from desk.model import decision_time

    try:
        return decision_time(dt.date.fromisoformat(text))
    except ValueError:
        raise BadInput(f"--as-of {text!r} is not a date: write it as YYYY-MM-DD, like 2026-01-12") from None


Found = tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any] | None]


def _read(as_of: dt.datetime, world: str, seed: int) -> Found:
    from alvorada.stack.local_stack import open_stack
    from tasks.store import open_store

    async def go(url: str) -> Found:
        async with open_store(url, world, pool_size=2) as store:  # type: ignore[arg-type]
            checks = await store.read_gold("action_gate", as_of, as_of)
            orders = await store.read_gold("gated_order", as_of, as_of)
            verdict = await store.read_gold("gate_verdict", as_of, as_of)
        return checks.to_dicts(), orders.to_dicts(), next(iter(verdict.to_dicts()), None)

    with open_stack(DataDir.from_environment(), world, seed) as stack:
        return asyncio.run(go(stack.database_url))


def _record(as_of: dt.datetime, person: str, reason: str, orders: str, world: str, seed: int) -> None:
    from alvorada.stack.local_stack import open_stack
    from tasks.store import open_store
    from tasks.store.releases import ActionRelease

    async def go(url: str) -> None:
        async with open_store(url, world, pool_size=1) as store:  # type: ignore[arg-type]
            await store.release_actions(ActionRelease(as_of, person, reason, now(), orders))

    with open_stack(DataDir.from_environment(), world, seed) as stack:
        asyncio.run(go(stack.database_url))
