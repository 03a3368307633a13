"""Receipts of payloads, reports, and the day on which a book began."""

from __future__ import annotations

import datetime as dt
import hashlib
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
    """One response as received. `url` holds no secret; `path` is its body's place in the lake."""

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
    """`sha256` is of the content without the header that says when it was rendered: equal content, equal sha256."""

    as_of: dt.datetime
    language: str
    run_id: uuid.UUID
    rendered_at: dt.datetime
    sha256: str
    html: str


@dataclass(frozen=True, slots=True)
class Book:
    """Where a marked book starts: its first decision day and the capital it was given, in BRL."""

    book_id: str
    inception: dt.date
    capital_brl: float
    opened_at: dt.datetime
    run_id: uuid.UUID


class RecordStore:
    connections: Connections

    async def add_payload(self, row: PayloadRow) -> int:
        """Keep the receipt of one response; returns its payload_id."""
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
        """Where the lake already has this body, or None."""
        query = "SELECT path FROM payload WHERE sha256 = $1 AND source = $2 ORDER BY payload_id LIMIT 1"
        async with self.connections.acquire() as connection:
            path: str | None = await connection.fetchval(query, sha256, source)
        return path

    async def payload(self, payload_id: int) -> PayloadRow:
        """The receipt by its number. Raises StoreError when there is none."""
        async with self.connections.acquire() as connection:
            row = await connection.fetchrow("SELECT * FROM payload WHERE payload_id = $1", payload_id)
        if row is None:
            raise StoreError(f"there is no payload {payload_id}")
        fields = {name: row[name] for name in PayloadRow.__slots__}
        return PayloadRow(**{**fields, "headers": json.loads(row["headers"])})

    async def receipts(self, payload_ids: Collection[int]) -> pl.DataFrame:
        """payload_id, sha256, source, dataset, url, fetched_at, origin of the payloads asked for."""
        query = f"SELECT {', '.join(RECEIPT_SCHEMA)} FROM payload WHERE {one_of('payload_id', sorted(payload_ids))}"
        return (await self.connections.frame(query, RECEIPT_SCHEMA)).sort("payload_id")

    async def save_report(self, report: Report) -> bool:
        """Keep the newest rendering per as_of and language; False when exactly this content is there already."""
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
        """The report of `as_of`, or of the latest as_of there is; None when there is none."""
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
        """The book as it was first opened: a second opening changes nothing."""
        async with self.connections.acquire() as connection:
            await connection.execute(
                "INSERT INTO book (book_id, inception, capital_brl, opened_at, run_id) VALUES ($1, $2, $3, $4, $5)"
                " ON CONFLICT (book_id) DO NOTHING",
                book.book_id, book.inception, book.capital_brl, book.opened_at, book.run_id,
            )  # fmt: skip
            return _book(await connection.fetchrow("SELECT * FROM book WHERE book_id = $1", book.book_id))

    async def books(self) -> list[Book]:
        """Every book, oldest inception first."""
        async with self.connections.acquire() as connection:
            return [_book(row) for row in await connection.fetch("SELECT * FROM book ORDER BY inception")]

    async def read_book(self, book_id: str) -> Book | None:
        async with self.connections.acquire() as connection:
            row = await connection.fetchrow("SELECT * FROM book WHERE book_id = $1", book_id)
        return None if row is None else _book(row)


def html_sha256(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()


def _book(row: asyncpg.Record) -> Book:
    fields: dict[str, Any] = {name: row[name] for name in Book.__slots__}
    return Book(**fields)
