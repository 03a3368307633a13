"""Polars frames into PostgreSQL by COPY, and SQL literals for the queries that read frames."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence

import asyncpg
import polars as pl

from desk.errors import RowsRefused, StoreError


def literal(value: str | int | dt.date | dt.datetime) -> str:
    """A SQL literal. Raises ValueError for a time without a zone and for a NUL byte.

    Quotes in strings are doubled (standard_conforming_strings is on by default since PostgreSQL 9.1).
    """
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return f"TIMESTAMPTZ '{value.isoformat()}'"
    if isinstance(value, dt.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, int):
        return str(value)
    if "\0" in value:
        raise ValueError("a NUL byte in a text")
    return "'" + value.replace("'", "''") + "'"


def one_of(column: str, values: Iterable[str | int]) -> str:
    """`column IN (...)`; for no values a condition that is never true."""
    listed = ", ".join(literal(value) for value in values)
    return f"{column} IN ({listed})" if listed else "FALSE"


def refuse_bad_floats(name: str, frame: pl.DataFrame) -> None:
    """Raises RowsRefused, with table and column, for NaN and infinity: a missing number is null."""
    floats = [column for column, dtype in frame.schema.items() if dtype.is_float()]
    if not floats or frame.is_empty():
        return
    bad = frame.select((~pl.col(column).is_finite()).any() for column in floats).row(0)
    named = [column for column, is_bad in zip(floats, bad, strict=True) if is_bad]
    if named:
        raise RowsRefused(f"{name}: not a finite number in {', '.join(named)} (missing must be null)")


def refuse_bad_keys(name: str, frame: pl.DataFrame, key: Sequence[str]) -> None:
    """Raises RowsRefused, with table and an example, for a null in a key column and for a key that comes twice."""
    if frame.is_empty():
        return
    empty = [column for column in key if frame[column].null_count()]
    if empty:
        raise RowsRefused(f"{name}: null in key column {', '.join(empty)}")
    twice = frame.filter(frame.select(key).is_duplicated())
    if not twice.is_empty():
        raise RowsRefused(f"{name}: the key {dict(twice.select(key).row(0, named=True))} comes {twice.height} times")


async def copy_in(connection: asyncpg.Connection, table: str, frame: pl.DataFrame) -> None:
    """Appends `frame` to `table` by COPY, columns by name. Floats keep every bit, null stays null."""
    buffer = io.BytesIO()
    frame.with_columns(pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00") for column in _times(frame)).write_csv(
        buffer, include_header=False, null_value="", quote_style="necessary"
    )
    buffer.seek(0)
    await connection.copy_to_table(table, source=buffer, columns=frame.columns, format="csv", null="")


def _times(frame: pl.DataFrame) -> list[str]:
    zones = {column: dtype.time_zone for column, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)}
    wrong = [column for column, zone in zones.items() if zone != "UTC"]
    if wrong:
        raise StoreError(f"times must be UTC: {', '.join(wrong)}")
    return list(zones)
