"""Connections: an asyncpg pool for writes and point reads, ADBC for frames. Bound to the event loop that made them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import polars as pl

from blocks.database import CONNECT_ERRORS, connect_failure, keep_session
from desk.errors import RowsRefused, StoreError
from tasks.store.arrow_reader import ArrowReader, ReadError

APPLICATION = "alvorada"
READERS = 4


@dataclass
class Connections:
    """A pool for writes, and up to READERS kept ADBC connections for frames."""

    url: str
    pool: asyncpg.Pool
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))
    idle_readers: list[ArrowReader] = field(default_factory=list)

    @classmethod
    async def make(cls, url: str, size: int) -> Connections:
        """Opens a pool of at most `size` connections. Raises StoreError when the database cannot be reached."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                timeout=15,
                command_timeout=600,
                reset=keep_session,
                server_settings={"application_name": APPLICATION, "timezone": "UTC"},
            )
        except CONNECT_ERRORS as error:
            raise connect_failure(url, error) from error
        return cls(url, pool)

    async def close(self) -> None:
        """Closes every connection; after ten seconds without waiting for open transactions."""
        while self.idle_readers:
            self.idle_readers.pop().close()
        try:
            await asyncio.wait_for(self.pool.close(), timeout=10)
        except TimeoutError:
            self.pool.terminate()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the pool. Raises StoreError for an SQL error and for a lost connection, also in the body, and
        RowsRefused where the database refuses the values themselves."""
        try:
            async with self.pool.acquire() as connection:
                yield connection
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            raise RowsRefused(f"the database refused: {error}") from error
        except asyncpg.DiskFullError as error:
            raise connect_failure(self.url, error) from error
        except asyncpg.PostgresError as error:
            raise StoreError(f"the database refused: {error}") from error
        # asyncpg raises InternalClientError for a connection that was cut before it noticed.
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise connect_failure(self.url, error) from error

    async def frame(self, query: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        """The rows of `query`, cast to `schema`. `query` contains its literals (copy.literal)."""
        async with self.reading:
            return await asyncio.to_thread(self._read, query, schema)

    def _read(self, query: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        # A reader takes 50 ms to connect (it reads all types of the database): so readers are kept.
        try:
            frame = self._query_kept_reader(query)
            if frame is None:
                frame = self._query(ArrowReader(self.url), query)
        except ReadError as error:
            raise StoreError(f"the database could not be read: {str(error).splitlines()[0]}") from error
        return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())

    def _query_kept_reader(self, query: str) -> pl.DataFrame | None:
        """The result from a kept reader; None where no reader is free, or where its connection was lost."""
        try:
            reader = self.idle_readers.pop()
        except IndexError:
            return None
        try:
            return self._query(reader, query)
        except ReadError:
            return None

    def _query(self, reader: ArrowReader, query: str) -> pl.DataFrame:
        try:
            frame = reader.frame(query)
        except ReadError:
            reader.close()
            raise
        self.idle_readers.append(reader)
        return frame
