"""Opening the store: only a database with the newest schema, and with data of the requested world, is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

import migrations
from blocks.database import plain_url, shown_url
from desk.errors import StoreError, WrongWorld
from desk.worlds import WORLDS, World
from tasks.store.connect import Connections
from tasks.store.decisions import DecisionStore
from tasks.store.gold import GoldStore
from tasks.store.locks import LockStore
from tasks.store.records import RecordStore
from tasks.store.releases import ReleaseStore
from tasks.store.silver import SilverStore


@dataclass
class Store(SilverStore, GoldStore, DecisionStore, ReleaseStore, LockStore, RecordStore):
    """One database, with the data of one world (live, sandbox or recorded). Bound to the event loop that opened it."""

    connections: Connections
    world: str

    @classmethod
    async def open(cls, url: str, world: World | None, *, pool_size: int = 12) -> Store:
        """Opens the database at `url`. The first opening sets its world for good. None: any world that is set.

        Raises StoreError (unreachable, schema missing or of another version) and WrongWorld.
        """
        if world is not None and world not in WORLDS:
            raise StoreError(f"there is no world {world!r}; there are {', '.join(WORLDS)}")
        address = plain_url(url)
        connections = await Connections.make(address, pool_size)
        try:
            async with connections.acquire() as connection:
                await _check_schema(connection, address)
                found = await _claim_world(connection, world)
            if found is None:
                raise StoreError(f"the database at {shown_url(address)} holds no world yet: nothing was ever run in it")
            if world not in (None, found):
                raise WrongWorld(
                    f"the database at {shown_url(address)} holds {found!r} data, and this run is {world!r}:"
                    " give it another database (DATABASE_URL)"
                )
        except BaseException:
            await connections.close()
            raise
        return cls(connections, found)

    async def close(self) -> None:
        """Closes all connections."""
        await self.connections.close()


@asynccontextmanager
async def open_store(url: str, world: World | None, *, pool_size: int = 12) -> AsyncIterator[Store]:
    """A store, closed at the end of the context. Raises as Store.open does."""
    store = await Store.open(url, world, pool_size=pool_size)
    try:
        yield store
    finally:
        await store.close()


async def _check_schema(connection: asyncpg.Connection, address: str) -> None:
    version = await migrations.version(connection)
    if version is None:
        raise StoreError(f"the database at {shown_url(address)} has no schema: run `alvorada doctor`")
    if version != migrations.HEAD:
        raise StoreError(
            f"the database at {shown_url(address)} has schema {version}: "
            + (migrations.NEWER if migrations.is_newer(version) else f"this code wants {migrations.HEAD}")
        )


async def _claim_world(connection: asyncpg.Connection, world: str | None) -> str | None:
    if world is not None:
        await connection.execute("INSERT INTO world (name) VALUES ($1) ON CONFLICT DO NOTHING", world)
    found: str | None = await connection.fetchval("SELECT name FROM world")
    return found
