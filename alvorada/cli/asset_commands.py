"""`alvorada assets`: what is stored, table by table: who owns it, what it is made of, what rests on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from alvorada.cli.output import AsJson, note, print_json
from assets import LAYERS, Asset, AssetError, Registry, summary, whole
from desk.errors import BadInput

app = typer.Typer(help="What is stored: owner, columns, checks, what it is made of and what rests on it.",
                  no_args_is_help=True)  # fmt: skip
Key = Annotated[str, typer.Argument(metavar="KEY", help="As `alvorada assets list` shows it.")]
MOST_NAMED = 12


@app.command(name="list")
def list_assets(
    words: Annotated[list[str] | None, typer.Argument(help="Words in key, description, columns or tags.")] = None,
    layer: Annotated[str | None, typer.Option("--layer", help=", ".join(LAYERS) + ".")] = None,
    owner: Annotated[str | None, typer.Option("--owner")] = None,
    tag: Annotated[str | None, typer.Option("--tag")] = None,
    as_json: AsJson = False,
) -> None:
    """Every asset, by layer; those with all of the words."""
    from desk.asset_registry import desk_assets

    if layer is not None and layer not in LAYERS:
        raise BadInput(f"--layer {layer!r}: it is one of {', '.join(LAYERS)}")
    found = desk_assets().search(" ".join(words or ()), layer=layer, owner=owner, tag=tag)
    if as_json:
        print_json(summary(asset) for asset in found)
        return
    width = max((len(asset.key) for asset in found), default=0)
    for asset in found:
        typer.echo(f"{asset.key:{width}}  {asset.description}")
    note(f"{len(found)} assets")


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """One asset, whole: columns with units, checks, partitions, what it is made of and what rests on it."""
    from desk.asset_registry import desk_assets

    registry = desk_assets()
    try:
        asset = registry[key]
    except AssetError as error:
        raise BadInput(str(error)) from error
    if as_json:
        print_json([whole(asset, registry)])
        return
    typer.echo("\n".join(text_of(asset, registry)))


def text_of(asset: Asset, registry: Registry) -> Iterable[str]:
    """The declaration as lines of text."""
    parts = asset.partitions
    by = "one part" if parts.kind == "none" else f"{parts.kind.replace('_', ' ')}, calendar {parts.calendar}"
    yield f"{asset.key}: {asset.description}"
    yield f"  owner       {asset.owner} (product {asset.product})"
    yield f"  made by     {asset.function}"
    yield f"  made of     {_named(asset.upstream) or 'nothing of ours'}"
    if asset.optional:
        yield f"  if there    {_named(asset.optional)}"
    yield f"  rests on it {_named(one.key for one in registry.downstream(asset.key)) or 'nothing'}"
    yield f"  partitions  {by}"
    if asset.promise is not None:
        days, calendar = asset.promise.business_days, asset.promise.calendar
        required = "; a decision needs it" if asset.is_required else ""
        yield f"  promise     at most {days} business days old ({calendar}){required}"
    yield f"  kept        {asset.retention}"
    for check in asset.checks:
        yield f"  {check.severity:5} check {check.id}: {check.description}"
    width = max(len(column.name) for column in asset.columns)
    for column in asset.columns:
        unit = f" [{column.unit}]" if column.unit else ""
        yield f"  {'*' if column.is_key else ' '} {column.name:{width}}  {column.kind}{unit}: {column.description}"


def _named(keys: Iterable[str]) -> str:
    all_keys = list(keys)
    more = f" and {len(all_keys) - MOST_NAMED} more" if len(all_keys) > MOST_NAMED else ""
    return f"{', '.join(all_keys[:MOST_NAMED])}{more}"
