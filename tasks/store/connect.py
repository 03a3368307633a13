"""Connections: an asyncpg pool for writes and point reads, ADBC for frames. Bound to the event loop that made them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import asyncpg
import polars as pl

from blocks.database import CONNECT_ERRORS, connect_failure
from desk.errors import RowsRefused, StoreError

APPLICATION = "alvorada"
READERS = 4


@dataclass
class Connections:
    url: str
    pool: asyncpg.Pool
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))
    idle_readers: list[adbc.Connection] = field(default_factory=list)

    @classmethod
    async def make(cls, url: str, size: int) -> Connections:
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                timeout=15,
                command_timeout=600,
                server_settings={"application_name": APPLICATION, "timezone": "UTC"},
            )
        except CONNECT_ERRORS as error:
            raise connect_failure(url, error) from error
        return cls(url, pool)

    async def close(self) -> None:
        while self.idle_readers:
            self.idle_readers.pop().close()
        try:
            await asyncio.wait_for(self.pool.close(), timeout=10)
        except TimeoutError:
            self.pool.terminate()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the pool. Raises StoreError when the database has gone or refuses, RowsRefused where it is
        the values that it refuses."""
        try:
            async with self.pool.acquire() as connection:
                yield connection
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            raise RowsRefused(f"the database refused: {error}") from error
        except asyncpg.PostgresError as error:
            raise StoreError(f"the database refused: {error}") from error
        # InternalClientError is what asyncpg says of a connection that was cut before it noticed.
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise connect_failure(self.url, error) from error

    async def frame(self, query: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        """The rows of `query`, cast to `schema`. `query` holds its literals (see `copying.literal`)."""
        async with self.reading:
            return await asyncio.to_thread(self._read, query, schema)

    def _read(self, query: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        # A reader takes 50 ms to connect (it reads all types), so readers are kept.
        try:
            table = self._ask_kept(query)
            if table is None:
                table = self._ask(adbc.connect(self.url, autocommit=True), query)
        except adbc.Error as error:
            raise StoreError(f"the database could not be read: {str(error).splitlines()[0]}") from error
        frame = pl.from_arrow(table)
        if not isinstance(frame, pl.DataFrame):
            raise StoreError("the database answered with no columns")
        return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())

    def _ask_kept(self, query: str) -> Any | None:
        """The answer from a kept reader; None when there is none, or when it died with its server in the meantime."""
        try:
            reader = self.idle_readers.pop()
        except IndexError:
            return None
        try:
            return self._ask(reader, query)
        except adbc.Error:
            return None

    def _ask(self, reader: adbc.Connection, query: str) -> Any:
        try:
            with reader.cursor() as cursor:
                cursor.execute(query)
                table = cursor.fetch_arrow_table()
        except adbc.Error:
            reader.close()
            raise
        self.idle_readers.append(reader)
        return table
