"""`alvorada first-morning`: one request of each dataset, before the first full run against the live sources."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from alvorada.cli.clock import now
from alvorada.stack.data_dir import DEFAULT_SEED, DataDir
from desk.errors import BadInput

UNFIT = 1
"""The exit code where something wants a hand."""


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command(name="first-morning")(first_morning)


def first_morning(
    live: Annotated[bool, typer.Option("--live", help="Ask the public sources.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Ask the simulated sources (the default).")] = False,
    record: Annotated[Path | None, typer.Option("--record", help="Keep every answer in this folder.")] = None,
    seed: Annotated[int, typer.Option("--seed", envvar="ALVORADA_SANDBOX_SEED", help="Of the sandbox.")] = DEFAULT_SEED,
) -> None:
    """One request of each dataset: what came, a verdict, the setting that mends it; a report to keep. Exit code 1 where
    something wants a hand."""
    from alvorada.cli.catalog_check import sandbox_configs
    from alvorada.cli.first_morning import Looked, look_at_all, report_page
    from alvorada.stack.sandbox_process import sandbox_in_use
    from blocks.settings import load_settings
    from desk.catalog import load_catalog
    from desk.catalog.licences import load_licences
    from tasks.connectors.exchange import Payload, SourceConfig
    from tasks.http.client import HttpClient
    from tasks.http.proxies import environment_proxies
    from tasks.http.recording import Recorder, public_bases

    if live and sandbox:
        raise BadInput("--live or --sandbox, not both")
    data_dir, catalog, at = DataDir.from_environment().create(), load_catalog(), now()
    settings = load_settings(home=data_dir.path)

    async def looked(configs: dict[str, SourceConfig]) -> list[Looked]:
        recorder = Recorder(record, bases=public_bases(configs, catalog.sources)) if record else None

        async def keep(payload: Payload) -> None:
            if recorder is not None:
                await recorder.keep(payload)

        async with HttpClient(
            configs,
            clock=lambda: dt.datetime.now(dt.UTC) if settings.now is None else settings.now,
            sink=keep,
            contact=settings.contact,
            proxies=environment_proxies(),
        ) as client:
            return await look_at_all(catalog, configs, client, at)

    if live:
        configs = {
            spec.id: SourceConfig.from_spec(
                spec, base_urls=settings.urls_of(spec, "live"), api_key=settings.api_key(spec)
            )
            for spec in catalog.sources.values()
        }
        found = asyncio.run(looked(configs))
    else:
        with sandbox_in_use(data_dir, seed) as root_url:
            found = asyncio.run(looked(sandbox_configs(catalog, root_url())))
    page = report_page(found, "live" if live else "sandbox", at, load_licences(catalog))
    path = data_dir.path / f"first-morning-{at:%Y-%m-%dT%H%M}.md"
    path.write_text(page, encoding="utf-8")
    typer.echo(page)
    typer.echo(f"kept as {path}")
    if any(one.verdict != "fine" for one in found):
        raise typer.Exit(UNFIT)
