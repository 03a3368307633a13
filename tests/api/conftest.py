"""The API on a clone of the filled database, called in this process over ASGI, with real tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from alvorada.stack.postgres import Postgres
from api.app import create_app
from blocks.settings import Settings, load_settings
from desk.model import decision_time
from tasks.store.api_tokens import SCOPES, Scope, create_token
from tests.fixtures.flows import FILLED, FILLED_DAY, RunningDesk, drop_database

NOW = decision_time(FILLED_DAY) + dt.timedelta(hours=1)
DATABASE = "api_desk"


@dataclass
class Api:
    """One application and a client for each scope. `now` is the application's clock."""

    app: FastAPI
    url: str
    secrets: dict[str, str]
    moment: list[dt.datetime]

    def client(self, scope: str | None = "read", secret: str | None = None) -> httpx.AsyncClient:
        token = secret or (self.secrets[scope] if scope else None)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://api/api/v1", headers=headers, timeout=30)

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def token(self, name: str, scope: Scope, lasts: dt.timedelta | None = None) -> str:
        connection = await asyncpg.connect(self.url)
        try:
            return await create_token(connection, name, scope, self.moment[0], lasts)
        finally:
            await connection.close()


def settings_of(url: str, **given: Any) -> Settings:
    return load_settings(
        **{"database_url": url, "api_requests_per_minute": 100_000, "api_strangers_per_minute": 10_000} | given
    )


@asynccontextmanager
async def opened(url: str, secrets: dict[str, str], **given: Any) -> AsyncIterator[Api]:
    moment = [NOW]
    app = create_app(settings_of(url, **given), lambda: moment[0])
    async with app.router.lifespan_context(app):
        yield Api(app, url, secrets, moment)


@pytest.fixture(scope="session")
async def api(postgres: Postgres, filled: RunningDesk) -> AsyncIterator[Api]:
    """For tests that change nothing."""
    url = await postgres.ensure_database_async(DATABASE, FILLED)
    connection = await asyncpg.connect(url)
    secrets: dict[str, str] = {scope: await create_token(connection, f"{scope} desk", scope, NOW) for scope in SCOPES}
    await connection.close()
    async with opened(url, secrets) as made:
        yield made
    await drop_database(postgres, DATABASE)


async def copy_tokens(source: str, target: str) -> None:
    """The three desks' tokens, into another database."""
    one, other = await asyncpg.connect(source), await asyncpg.connect(target)
    try:
        rows = await one.fetch("SELECT name, token_hash, scope, created_at FROM api_token WHERE name LIKE '% desk'")
        insert = "INSERT INTO api_token (name, token_hash, scope, created_at) VALUES ($1, $2, $3, $4)"
        await other.executemany(insert, [tuple(row.values()) for row in rows])
    finally:
        await one.close()
        await other.close()
