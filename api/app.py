"""The HTTP API of the desk, under /api/v1: reads views, changes rules and silences, asks Prefect for runs."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from api.access import Limiter, Reader, Tokens
from api.envelope import Envelope
from api.problems import RESPONSES, add_handlers
from api.reading import open_reads
from api.routes import ROUTERS
from api.routes.reports import Sending
from api.sessions import ROOT
from blocks.database import plain_url
from blocks.settings import Settings
from desk.catalog import load_catalog
from desk.catalog.alert_rules import load_alerts
from desk.model import desk_day
from desk.worlds import World
from tasks.alerts import report_delivery
from tasks.alerts.postgres_records import record_heartbeat
from tasks.alerts.stored_rules import ensure_rules
from tasks.channels.configured import channels_of
from tasks.store import Store, open_store
from tasks.store.readers import obey_readers, withheld_from_readers

Clock = Callable[[], dt.datetime]
ALERTS_PAGE = f"{ROOT}/monitoring/alerts"


def create_app(settings: Settings, clock: Clock, world: World | None = None) -> FastAPI:
    """The application; its pools are opened when it starts and closed when it ends. `world` None: what the database
    holds, which must be something."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_store(settings.database, world, pool_size=4))
            reads = await open_reads(plain_url(settings.database), settings.database_pool)
            stack.push_async_callback(reads.close)
            await ensure_rules(store, load_alerts().rules)
            await obey_readers(store, settings, app.state.catalog)
            app.state.store, app.state.pool, app.state.reads = store, store.connections.pool, reads
            app.state.tokens = Tokens(store.connections.pool, clock)
            app.state.prefect = await _prefect(settings, stack)
            await _tell_addresses(store, settings, clock())
            app.state.send_report = _sender(store, settings, clock)
            yield

    app = FastAPI(
        title="Alvorada",
        version="1",
        description=__doc__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    app.state.clock = clock
    app.state.limiter = Limiter(settings.api_requests_per_minute, settings.api_strangers_per_minute)
    app.state.catalog = load_catalog()
    app.state.one_what_if = asyncio.Lock()
    app.state.withheld = frozenset(withheld_from_readers(settings, app.state.catalog))
    app.state.channels = tuple(channel.name for channel in channels_of(settings))
    app.state.public_url = settings.public_url
    app.state.link = "" if settings.public_url is None else settings.public_url + ALERTS_PAGE
    for router in ROUTERS:
        app.include_router(router, prefix=ROOT)
    _describe(app)
    add_handlers(app)
    app.add_middleware(Envelope, owner=app)
    return app


def _describe(app: FastAPI) -> None:
    """OpenAPI behind a token like everything else, and the one security scheme that all paths but health have."""

    app.state.described = lambda: described(app)

    @app.get(f"{ROOT}/openapi.json", include_in_schema=False)
    async def openapi(
        request: Request,
        _: Reader,
    ) -> JSONResponse:
        return JSONResponse(described(app))


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    document: dict[str, Any] = app.openapi()
    document.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if path == f"{ROOT}/health":
                operation["responses"] = {"200": operation["responses"]["200"]}
                continue
            operation["security"] = [{"token": []}]
    return document


async def _tell_addresses(store: Store, settings: Settings, now: dt.datetime) -> None:
    """Where people reach this API and Prefect's pages, for the links of Grafana: the details of two heartbeats."""
    async with store.connections.acquire() as connection:
        await record_heartbeat(connection, "api", now, settings.public_url or "")
        await record_heartbeat(connection, "prefect-ui", now, settings.prefect_ui_url or "")


async def _prefect(settings: Settings, stack: AsyncExitStack) -> httpx.AsyncClient | None:
    if settings.prefect_api_url is None:
        return None
    key = settings.prefect_api_key.get_secret_value() if settings.prefect_api_key else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = httpx.AsyncClient(base_url=settings.prefect_api_url.rstrip("/"), headers=headers, timeout=15)
    return await stack.enter_async_context(client)


def _sender(store: Store, settings: Settings, clock: Clock) -> Callable[[dt.date | None], Awaitable[Sending]]:
    async def send(day: dt.date | None) -> Sending:
        queued = await report_delivery.send_again(store, settings, clock(), day)
        if day is None:
            report = await store.read_report(settings.report_language, None)
            assert report is not None  # send_again has read it
            day = desk_day(report.as_of)
        return Sending(day=day, rows=queued.rows, note=queued.note)

    return send
