"""`alvorada catalogue check`: what the catalogue says of every series, held against its providers' own metadata."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated
from urllib.request import getproxies

import typer

from alvorada.stack.data_dir import DEFAULT_SEED, Home
from desk.errors import BadInput

if TYPE_CHECKING:
    from desk.catalog import Catalog
    from desk.catalog.provider_metadata import Verdict
    from tasks.connectors.base import Payload, SourceConfig

app = typer.Typer(help="The catalogue of series.", no_args_is_help=True)
DIFFERENT = 1
"""The exit code where something differs, or a provider could not be asked."""
HEADER = ("series", "source", "what", "the catalogue says", "the provider says")
WIDEST = 48


@app.callback()
def options() -> None:
    """The catalogue of series."""


@app.command()
def check(
    live: Annotated[bool, typer.Option("--live", help="Ask the public sources.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Ask the simulated sources (the default).")] = False,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also list what agrees or cannot be compared.")] = False,
    seed: Annotated[int, typer.Option("--seed", envvar="ALVORADA_SANDBOX_SEED", help="Of the sandbox.")] = DEFAULT_SEED,
) -> None:
    """Compare name, unit, frequency and last value with each provider's metadata; exit code 1 where any differ."""
    from alvorada.cli.main import now

    if live and sandbox:
        raise BadInput("--live or --sandbox, not both")
    verdicts = verdicts_of("live" if live else "sandbox", source, seed, now())
    for line in listing(verdicts, every, labels_rest_on()):
        typer.echo(line)
    if any(one.state in ("differs", "unreachable") for one in verdicts):
        raise typer.Exit(DIFFERENT)


def labels_rest_on() -> dict[str, str]:
    """By series: the kind of evidence of its label (docs/labels.md)."""
    from desk.catalog import load_catalog
    from desk.catalog.evidence import load_label_evidence

    return {name: f"label: {one.kind}" for name, one in load_label_evidence(load_catalog()).items()}


def verdicts_of(world: str, sources: Sequence[str] | None, seed: int, now: dt.datetime) -> list[Verdict]:
    """Raises BadInput for a source that cannot be checked."""
    from blocks.settings import load_settings
    from desk.catalog import load_catalog
    from tasks.connectors.base import SourceConfig
    from tasks.provider_metadata import DATASETS, DESCRIBE

    unknown = sorted(set(sources or ()) - {*DESCRIBE, *DATASETS})
    if unknown:
        raise BadInput(f"--source {', '.join(unknown)}: known are {', '.join(sorted({*DESCRIBE, *DATASETS}))}")
    home, catalog = Home.from_environment().make(), load_catalog()
    settings = load_settings(home=home.path)
    if world == "live":
        configs = {
            spec.id: SourceConfig.from_spec(spec, api_key=settings.api_key(spec)) for spec in catalog.sources.values()
        }
        return asyncio.run(_ask(catalog, configs, settings.contact, sources, now))
    from alvorada.stack.local_stack import sandbox

    with sandbox(home, seed) as root:
        return asyncio.run(_ask(catalog, simulated(catalog, root()), settings.contact, sources, now))


def simulated(catalog: Catalog, root: str) -> dict[str, SourceConfig]:
    """Every source as the sandbox at `root` serves it, without the pauses that a real one is owed; any key will do."""
    from sandbox import base_urls
    from tasks.connectors.base import SourceConfig

    urls = base_urls(root, catalog)
    plain = (SourceConfig.from_spec(spec, base_urls=urls[spec.id], api_key="any") for spec in catalog.sources.values())
    return {one.source: replace(one, rate_per_second=10_000.0, concurrency=16) for one in plain}


async def _ask(
    catalog: Catalog, configs: dict[str, SourceConfig], contact: str, sources: Sequence[str] | None, now: dt.datetime
) -> list[Verdict]:
    from tasks.http.client import HttpClient
    from tasks.provider_metadata import check_catalogue

    async def forget(payload: Payload) -> None:
        """Metadata are looked at, not kept: nothing of a run rests on them."""

    proxies = {scheme: url for scheme, url in getproxies().items() if scheme in ("http", "https")}
    async with HttpClient(configs, clock=lambda: now, sink=forget, contact=contact, proxies=proxies) as client:
        return await check_catalogue(catalog, configs, client, now.date(), sources)


def listing(verdicts: Sequence[Verdict], every: bool, rests_on: Mapping[str, str] | None = None) -> list[str]:
    """The differences as a table, one line each, and the counts; with `every` the rest below, each with what its label
    rests on (`rests_on`, by series)."""
    known = rests_on or {}
    rows = [
        (one.subject, one.source, difference.what, difference.ours, difference.theirs)
        for one in verdicts
        for difference in one.differences
    ]
    reasons = list(dict.fromkeys((one.source, one.note) for one in verdicts if one.state == "unreachable"))
    rows += [("(all)", source, "unreachable", "", note) for source, note in reasons]
    lines = table([HEADER, *rows]) if rows else []
    if every:
        others = [
            (one.subject, one.source, one.state, "; ".join(filter(None, (one.note, known.get(one.subject)))))
            for one in verdicts
            if not one.differences
        ]
        lines += ["", *table([("series", "source", "state", "note"), *others])] if others else []
    counts = Counter(one.state for one in verdicts)
    summary = ", ".join(f"{counts[state]} {state}" for state in ("agrees", "no metadata", "differs", "unreachable"))
    return [*lines, "", f"{len(verdicts)} checked: {summary}"] if lines else [f"{len(verdicts)} checked: {summary}"]


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns padded to their widest cell, long cells cut with an ellipsis; the last column is left as it is."""
    short = [[*(_cut(cell) for cell in row[:-1]), row[-1]] for row in rows]
    widths = [max(len(row[place]) for row in short) for place in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in short
    ]


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
