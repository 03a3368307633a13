"""Receipts of payloads, rendered reports, and model books."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import polars as pl
import zstandard

from desk.errors import StoreError
from tasks.store.connect import Connections
from tasks.store.copy import one_of

RECEIPT_SCHEMA: dict[str, pl.DataType] = {
    "payload_id": pl.Int64(),
    "sha256": pl.String(),
    "source": pl.String(),
    "dataset": pl.String(),
    "url": pl.String(),
    "fetched_at": pl.Datetime("us", "UTC"),
    "origin": pl.String(),
}


@dataclass(frozen=True, slots=True)
class PayloadRow:
    """The receipt of one response. `url` holds no secret; `path` is where the lake keeps the body."""

    sha256: str
    source: str
    dataset: str
    url: str
    status: int
    headers: Mapping[str, str]
    fetched_at: dt.datetime
    bytes: int
    path: str
    run_id: uuid.UUID | None
    origin: str


@dataclass(frozen=True, slots=True)
class Report:
    """A rendered report. `sha256` is that of the page without its time of rendering: equal content, equal sha256."""

    as_of: dt.datetime
    language: str
    run_id: uuid.UUID
    rendered_at: dt.datetime
    sha256: str
    html: str


@dataclass(frozen=True, slots=True)
class Book:
    """The start of a model book: its first decision day and its capital in BRL."""

    book_id: str
    inception: dt.date
    capital_brl: float
    opened_at: dt.datetime
    run_id: uuid.UUID


class RecordStore:
    """The part of Store for receipts, reports and books. Every method raises StoreError when the database fails."""

    connections: Connections

    async def add_payload(self, row: PayloadRow) -> int:
        """Stores the receipt of one response. Returns its payload_id."""
        query = """
            INSERT INTO payload (sha256, source, dataset, url, status, headers, fetched_at, bytes, path, run_id, origin)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING payload_id
        """
        async with self.connections.acquire() as connection:
            payload_id: int = await connection.fetchval(
                query, row.sha256, row.source, row.dataset, row.url, row.status, json.dumps(dict(row.headers)),
                row.fetched_at, row.bytes, row.path, row.run_id, row.origin,
            )  # fmt: skip
        return payload_id

    async def payload_path(self, source: str, sha256: str) -> str | None:
        """The path in the lake of a body that was stored before; None where there is none."""
        query = "SELECT path FROM payload WHERE sha256 = $1 AND source = $2 ORDER BY payload_id LIMIT 1"
        async with self.connections.acquire() as connection:
            path: str | None = await connection.fetchval(query, sha256, source)
        return path

    async def payload(self, payload_id: int) -> PayloadRow:
        """The receipt with this payload_id. Raises StoreError when there is none."""
        async with self.connections.acquire() as connection:
            row = await connection.fetchrow("SELECT * FROM payload WHERE payload_id = $1", payload_id)
        if row is None:
            raise StoreError(f"there is no payload {payload_id}")
        fields = {name: row[name] for name in PayloadRow.__slots__}
        return PayloadRow(**{**fields, "headers": json.loads(row["headers"])})

    async def receipts(self, payload_ids: Collection[int]) -> pl.DataFrame:
        """The receipts with `payload_ids`, in RECEIPT_SCHEMA, sorted by payload_id. Unknown ids are left out."""
        query = f"SELECT {', '.join(RECEIPT_SCHEMA)} FROM payload WHERE {one_of('payload_id', sorted(payload_ids))}"
        return (await self.connections.frame(query, RECEIPT_SCHEMA)).sort("payload_id")

    async def payload_hashes(self, payload_ids: Collection[int]) -> dict[int, str]:
        """payload_id -> sha256, of those of `payload_ids` that exist."""
        return dict((await self.receipts(payload_ids)).select("payload_id", "sha256").iter_rows())

    async def save_report(self, report: Report) -> bool:
        """Stores the newest rendering for its as_of and language. False when its content equals the stored one."""
        packed = zstandard.ZstdCompressor(level=9).compress(report.html.encode())
        query = """
            INSERT INTO report (as_of, language, run_id, rendered_at, sha256, bytes, html_zstd)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (as_of, language) DO UPDATE SET run_id = EXCLUDED.run_id, rendered_at = EXCLUDED.rendered_at,
                sha256 = EXCLUDED.sha256, bytes = EXCLUDED.bytes, html_zstd = EXCLUDED.html_zstd
            WHERE report.sha256 IS DISTINCT FROM EXCLUDED.sha256
        """
        async with self.connections.acquire() as connection:
            done = await connection.execute(
                query, report.as_of, report.language, report.run_id, report.rendered_at, report.sha256,
                len(report.html.encode()), packed,
            )  # fmt: skip
        return bool(done.endswith(" 1"))

    async def read_report(self, language: str, as_of: dt.datetime | None = None) -> Report | None:
        """The report of `as_of`, or the latest one for None; None where there is none."""
        query = """
            SELECT as_of, language, run_id, rendered_at, sha256, html_zstd FROM report
            WHERE language = $1 AND ($2::timestamptz IS NULL OR as_of = $2) ORDER BY as_of DESC LIMIT 1
        """
        async with self.connections.acquire() as connection:
            row = await connection.fetchrow(query, language, as_of)
        if row is None:
            return None
        html = zstandard.ZstdDecompressor().decompress(row["html_zstd"]).decode()
        return Report(row["as_of"], row["language"], row["run_id"], row["rendered_at"], row["sha256"], html)

    async def open_book(self, book: Book) -> Book:
        """Stores the book, unless one with its id exists. Returns the stored one."""
        async with self.connections.acquire() as connection:
            await connection.execute(
                "INSERT INTO book (book_id, inception, capital_brl, opened_at, run_id) VALUES ($1, $2, $3, $4, $5)"
                " ON CONFLICT (book_id) DO NOTHING",
                book.book_id, book.inception, book.capital_brl, book.opened_at, book.run_id,
            )  # fmt: skip
            return _book(await connection.fetchrow("SELECT * FROM book WHERE book_id = $1", book.book_id))

    async def books(self) -> list[Book]:
        """Every book, by ascending inception."""
        async with self.connections.acquire() as connection:
            return [_book(row) for row in await connection.fetch("SELECT * FROM book ORDER BY inception")]


def _book(row: asyncpg.Record) -> Book:
    fields: dict[str, Any] = {name: row[name] for name in Book.__slots__}
    return Book(**fields)
