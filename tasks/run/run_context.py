"""The entry of a run: settings, store, lake and clients are made here once, and closed when the run ends."""

from __future__ import annotations

import datetime as dt
import subprocess
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import migrations
from blocks.credentials import with_blocks
from blocks.settings import Settings, load_settings
from desk.catalog import Catalog, load_catalog
from desk.errors import BadInput
from desk.worlds import SOURCES, World
from tasks.connectors.base import Payload, SourceConfig
from tasks.http.client import HttpClient
from tasks.http.proxies import environment_proxies
from tasks.http.recording import Recorder, ReplayTransport, load_recording, public_bases
from tasks.run.progress import NullProgress, Progress
from tasks.run.run import Clock, Run
from tasks.store import open_store
from tasks.store.lake import Bronze, Lake

AT_ONCE = 8
"""Requests in flight per source where nobody's manners count: the sandbox and a recording."""


def clock_of(settings: Settings) -> Clock:
    """The wall clock, or the frozen one of ALVORADA_NOW."""
    frozen = settings.now
    return (lambda: frozen.astimezone(dt.UTC)) if frozen else (lambda: dt.datetime.now(dt.UTC))


def world_of(sources: str) -> World | None:
    """The world that a run's data belong to; None for a stored run, which takes the database as it is."""
    if sources not in SOURCES:
        raise BadInput(f"unknown sources {sources!r}; known: {', '.join(SOURCES)}")
    return None if sources == "stored" else sources


@asynccontextmanager
async def open_run(
    as_of: dt.datetime, sources: str, *, progress: Progress | None = None, run_id: uuid.UUID | None = None
) -> AsyncIterator[Run]:
    """A run with its store and lake open. Raises BadInput, StoreError, WrongWorld."""
    world = world_of(sources)
    settings = await with_blocks(load_settings())
    lake = Lake.open(settings.lake)
    await migrations.upgrade_async(settings.database)
    async with open_store(settings.database, world, pool_size=settings.database_pool) as store:
        yield Run(
            run_id=run_id or uuid.uuid4(),
            as_of=as_of,
            sources=sources,
            settings=settings,
            catalog=load_catalog(),
            store=store,
            lake=lake,
            clock=clock_of(settings),
            progress=progress or NullProgress(),
            code_version=code_version(),
        )


def source_configs(settings: Settings, catalog: Catalog, sources: str) -> dict[str, SourceConfig]:
    """Every source as this run sees it. A recording answers under the public addresses."""
    configs = {}
    for spec in catalog.sources.values():
        config = SourceConfig.from_spec(
            spec,
            base_urls=settings.urls_of(spec, sources),
            api_key=settings.api_key(spec) if sources == "live" else None,
        )
        if sources != "live":
            config = replace(config, rate_per_second=10_000.0, concurrency=AT_ONCE)
        configs[spec.id] = config
    return configs


@asynccontextmanager
async def open_client(
    run: Run, *, recording: Path | None = None, manifest: Path | None = None, record: Path | None = None
) -> AsyncIterator[tuple[HttpClient, Bronze, dict[str, SourceConfig]]]:
    """The HTTP client of a run that fetches: live, against the sandbox, or from a recording."""
    configs = source_configs(run.settings, run.catalog, run.sources)
    bronze = Bronze(run.lake, run.store, run.run_id, run.sources)
    recorder = Recorder(record, bases=public_bases(configs, run.catalog.sources)) if record else None

    async def keep(payload: Payload) -> None:
        await bronze.keep(payload)
        if recorder:
            await recorder.keep(payload)

    if run.sources == "recorded" and recording is None:
        raise BadInput("recorded sources need the folder of the recording")
    transport = ReplayTransport(load_recording(recording, manifest)) if recording else None
    async with HttpClient(
        configs,
        clock=run.clock,
        sink=keep,
        contact=run.settings.contact,
        transport=transport,
        proxies=None if transport else environment_proxies(),
    ) as client:
        yield client, bronze, configs


def code_version() -> str:
    """The package's version, and the commit where the code runs from a checkout."""
    root = Path(__file__).resolve().parents[2]
    if (root / ".git").exists():
        asked = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
        )
        if asked.returncode == 0:
            return f"{version('alvorada')}+{asked.stdout.strip()}"
    return version("alvorada")
