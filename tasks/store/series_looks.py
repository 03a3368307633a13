"""The requests of each series, and whether its source answered: the coverage of datasets fetched series by series.

The ledger says of a dataset and a day how a fetch ended; this says of one series which observation dates a source was
asked for. Rows are only added: one per series, window and run.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from desk.model import SILVER, Window
from desk.point_in_time.knowledge_time import EVERY_SERIES
from desk.point_in_time.series_windows import NOTHING, SeriesCoverage
from tasks.store import Store
from tasks.store.copy import literal
from tasks.store.ledger import FETCH_SCHEMA

LONGEST_LAG_DAYS = 400
"""No rule publishes a number later after its observation date."""
LookState = Literal["answered", "unknown", "failed"]


@dataclass(frozen=True, slots=True)
class SeriesLook:
    """One request of one series, and how it ended. `code`: the one in the request."""

    series_id: str
    code: str
    window: Window
    state: LookState
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """A series that was asked for from `start` to `end`, and the others that are published with it."""

    series_id: str
    start: dt.date
    end: dt.date
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumbersOfOthers:
    """The series' last stored day up to the look's end, None without one, and the most `numbers` that one `other` has
    after it."""

    series_id: str
    last: dt.date | None
    other: str
    numbers: int


async def record_looks(
    store: Store, dataset: str, run_id: uuid.UUID, started_at: dt.datetime, looks: Sequence[SeriesLook]
) -> None:
    """Stores the looks of one fetch. Raises StoreError."""
    query = """
        INSERT INTO series_look (dataset, subject, code, run_id, started_at, covered_from, covered_to, state, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (dataset, subject, run_id, covered_from) DO UPDATE
        SET code = excluded.code, started_at = excluded.started_at, covered_to = excluded.covered_to,
            state = excluded.state, error = excluded.error
    """
    rows = [
        (dataset, one.series_id, one.code, run_id, started_at, one.window.start, one.window.end, one.state, one.error)
        for one in looks
    ]
    async with store.connections.acquire() as connection:
        await connection.executemany(query, rows)


async def numbers_of_others(store: Store, table: str, silences: Sequence[Silence]) -> list[NumbersOfOthers]:
    """Of each silent series, what the others have after its last number; without any, after the look's start.

    `table`: the silver table of both. Raises StoreError.
    """
    if not silences:
        return []
    entity = SILVER[table].entity[0]
    query = f"""
        SELECT last, other, count(DISTINCT obs_date)::integer AS numbers
        FROM (SELECT max(obs_date) AS last FROM {table} WHERE {entity} = $1 AND obs_date <= $3) AS own
        CROSS JOIN unnest($4::text[]) AS other
        JOIN {table} ON {entity} = other AND obs_date > coalesce(last, $2::date - 1) AND obs_date <= $3
        GROUP BY last, other ORDER BY numbers DESC, other LIMIT 1
    """
    found = []
    async with store.connections.acquire() as connection:
        for one in silences:
            row = await connection.fetchrow(query, one.series_id, one.start, one.end, list(one.others))
            if row is not None:
                found.append(NumbersOfOthers(one.series_id, row["last"], row["other"], row["numbers"]))
    return found


async def series_coverage(store: Store, dataset: str, stored: frozenset[str]) -> dict[str, SeriesCoverage]:
    """Series id -> its coverage. `stored`: those with stored rows, for which the requests of the whole dataset before
    series had looks of their own counts. Raises StoreError."""
    async with store.connections.acquire() as connection:
        spans = await connection.fetch(_SPANS, dataset, EVERY_SERIES, sorted(stored))
        unknown = await connection.fetch(
            "SELECT subject, code, days, last_day FROM v_series_unknown WHERE dataset = $1", dataset
        )
    found: dict[str, SeriesCoverage] = {}
    for row in spans:
        before = found.get(row["subject"], NOTHING)
        found[row["subject"]] = replace(before, spans=(*before.spans, Window(row["first"], row["last"])))
    for row in unknown:
        before = found.get(row["subject"], NOTHING)
        found[row["subject"]] = replace(
            before, unknown_code=row["code"], unknown_days=row["days"], last_unknown=row["last_day"]
        )
    return found


async def earlier_looks(store: Store, dataset: str, window: Window, now: dt.datetime) -> pl.DataFrame:
    """The spans of observation dates that were requested of each series, in FETCH_SCHEMA: input of FetchContext.

    A look that ended in "no such series" counts: the number was not to be had. While a source does not know a series,
    that holds up to `now`, also between the ever rarer questions. fetched_at is the look's beginning.
    """
    query = (
        "SELECT subject, covered_from, covered_to, max(started_at) AS fetched_at FROM series_look"
        f" WHERE dataset = {literal(dataset)} AND state IN ('answered', 'unknown')"
        f" AND covered_to >= {literal(window.start)} AND covered_from <= {literal(window.end)} GROUP BY 1, 2, 3"
        f" UNION ALL SELECT subject, since::date - {LONGEST_LAG_DAYS}, {literal(window.end)}::date,"
        f" {literal(now)}::timestamptz FROM v_series_unknown WHERE dataset = {literal(dataset)}"
        f" AND since::date - {LONGEST_LAG_DAYS} <= {literal(window.end)}"
    )
    return await store.connections.frame(query, FETCH_SCHEMA)


_SPANS = """
    WITH look AS (
        SELECT subject, covered_from, covered_to FROM series_look
        WHERE dataset = $1 AND state = 'answered' AND subject <> $2
        UNION ALL
        SELECT own.subject, covered_from, covered_to FROM series_look, unnest($3::text[]) AS own (subject)
        WHERE dataset = $1 AND state = 'answered' AND series_look.subject = $2
    )
    SELECT subject, lower(span) AS first, upper(span) - 1 AS last FROM (
        SELECT subject, unnest(range_agg(daterange(covered_from, covered_to, '[]'))) AS span FROM look GROUP BY subject
    ) AS merged ORDER BY subject, first
"""
