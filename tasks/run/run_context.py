"""Opens a run: settings, store, lake and HTTP client are made here once, and closed when the run ends."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import migrations
from blocks.credentials import with_blocks
from blocks.disk_space import require_space
from blocks.settings import Settings, load_settings
from desk.catalog import load_catalog
from desk.catalog.licences import load_licences, require_known
from desk.errors import BadInput
from desk.worlds import SOURCES, World
from tasks.connectors.exchange import Payload, SourceConfig
from tasks.http.client import HttpClient
from tasks.http.proxies import environment_proxies
from tasks.http.recording import (
    Recorder,
    ReplayTransport,
    load_recording,
    public_bases,
)
from tasks.run.code_version import code_version
from tasks.run.log_progress import LogProgress
from tasks.run.progress import NullProgress, Progress
from tasks.run.run import Clock, Run
from tasks.run.source_configs import source_configs
from tasks.store import open_store
from tasks.store.lake import Bronze, Lake
from tasks.store.readers import obey_readers


def clock_of(settings: Settings) -> Clock:
    """The wall clock in UTC, or the fixed time of ALVORADA_NOW."""
    frozen = settings.now
    return (lambda: frozen.astimezone(dt.UTC)) if frozen else (lambda: dt.datetime.now(dt.UTC))


def world_of(sources: str) -> World | None:
    """The world of a run's data; None for `stored`, which accepts any. Raises BadInput for another value."""
    if sources not in SOURCES:
        raise BadInput(f"unknown sources {sources!r}; known: {', '.join(SOURCES)}")
    return None if sources == "stored" else sources


@asynccontextmanager
async def open_run(
    as_of: dt.datetime,
    sources: str,
    *,
    progress: Progress | None = None,
    run_id: uuid.UUID | None = None,
    reason: str | None = None,
) -> AsyncIterator[Run]:
    """A run with its store and lake, closed at the end of the context. Migrates the database to the newest schema.

    Raises BadInput, StoreError, WrongWorld.
    """
    world = world_of(sources)
    settings, catalog = await with_blocks(load_settings()), load_catalog()
    require_known(
        load_licences(catalog), (*settings.consents, *settings.licensed)
    )  # before 06:00 is spent, not when the report is sent
    lake = Lake.open(settings.lake)
    if lake.folder is not None:
        require_space(lake.folder, settings.min_free_mb, "raw payloads")
    require_space(settings.home.absolute(), settings.min_free_mb, "reports and the database")
    await migrations.upgrade_async(settings.database)
    async with open_store(settings.database, world, pool_size=settings.database_pool) as store:
        await obey_readers(store, settings, catalog)
        yield Run(
            run_id=run_id or uuid.uuid4(),
            as_of=as_of,
            sources=sources,
            settings=settings,
            catalog=catalog,
            store=store,
            lake=lake,
            clock=clock_of(settings),
            progress=LogProgress(progress or NullProgress()),
            code_version=code_version(),
            reason=reason,
        )


@asynccontextmanager
async def open_client(
    run: Run, *, recording: Path | None = None, manifest: Path | None = None, record: Path | None = None
) -> AsyncIterator[tuple[HttpClient, Bronze, dict[str, SourceConfig]]]:
    """The HTTP client of a run, its bronze store, and the source configurations.

    `recording`, `manifest`: where to read recorded responses; `record`: a folder to write to. Raises BadInput.
    """
    if run.sources == "recorded" and recording is None:
        raise BadInput("recorded sources need the folder of the recording")
    replayed = load_recording(recording, manifest) if recording else None
    configs = source_configs(run.settings, run.catalog, run.sources, replayed)
    bronze = Bronze(run.lake, run.store, run.run_id, run.sources)
    recorder = Recorder(record, bases=public_bases(configs, run.catalog.sources)) if record else None

    async def keep(payload: Payload) -> None:
        await bronze.keep(payload)
        if recorder:
            await recorder.keep(payload)

    transport = ReplayTransport(replayed) if replayed else None
    async with HttpClient(
        configs,
        clock=run.clock,
        sink=keep,
        contact=run.settings.contact,
        transport=transport,
        proxies=None if transport else environment_proxies(),
    ) as client:
        yield client, bronze, configs
