"""The bytes of a history file as a table: encoding, separator, dates and numbers as the map says. Pure."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import polars as pl

from desk import calendars
from desk.errors import BadInput
from desk.units import decimal_point, scaled
from tasks.history_import.mapping import FileMap

DATE = "__date__"
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2200, 12, 31)
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d+)?(?:[eE][+-]?\d+)?")
_MISSING = {"", ".", "NA", "NaN", "nan", "null", "None", "-"}


def read_table(entry: FileMap, body: bytes) -> pl.DataFrame:
    """The file as a table of text (CSV, JSON) or of its own types (Parquet). Raises BadInput for another."""
    name = entry.path.removesuffix(".gz")
    try:
        if name != entry.path:
            body = gzip.decompress(body)
        if name.endswith(".parquet"):
            return pl.read_parquet(io.BytesIO(body))
        if name.endswith(".json"):
            return _json_table(entry, body)
        # By the map's encoding, strictly: a letter that is taken for another is no name of a column.
        text = body.decode("utf-8-sig" if entry.encoding == "utf-8" else entry.encoding)
        return pl.read_csv(
            io.BytesIO(text.encode()),
            separator=entry.separator,
            has_header=entry.header is None,
            new_columns=entry.header,
            skip_rows=entry.skip_rows,
            infer_schema=False,
        )
    except (pl.exceptions.PolarsError, ValueError, OSError, EOFError, zlib.error) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise BadInput(f"{entry.path}: cannot be read: {lines[0]}") from error


def _json_table(entry: FileMap, body: bytes) -> pl.DataFrame:
    raw = json.loads(body, parse_float=str, parse_int=str)
    records: list[dict[str, Any]] = []
    if entry.json_shape == "mapping" and isinstance(raw, dict):
        records = [{entry.date: key, **value} for key, value in raw.items() if isinstance(value, dict)]
    elif isinstance(raw, list):
        records = [record for record in raw if isinstance(record, dict)]
    if len(records) != (len(raw) if isinstance(raw, list | dict) else None):
        raise ValueError(f"the JSON is not the {entry.json_shape} that the map says")
    return pl.DataFrame(records, infer_schema_length=None)


def chosen_rows(entry: FileMap, table: pl.DataFrame) -> pl.DataFrame:
    """The rows that the map's `where` takes."""
    for column, value in entry.where.items():
        need(entry, table, [column])
        table = table.filter(pl.col(column).str.strip_chars() == value)
    return table


def dated(entry: FileMap, table: pl.DataFrame) -> pl.DataFrame:
    """`table` with the column DATE, shifted and cut as the map says. Raises BadInput for what is no date."""
    need(entry, table, [entry.date])
    table = table.with_columns(_day(entry, table.schema[entry.date]).alias(DATE))
    is_filled = pl.col(entry.date).cast(pl.String).str.strip_chars().fill_null("") != ""
    invalid = table.filter(is_filled & pl.col(DATE).is_null())[entry.date]
    if invalid.len():
        raise BadInput(
            f"{entry.path}: {invalid.len()} in column {entry.date!r} are no dates like {entry.date_format!r},"
            f" first {invalid[0]!r}"
        )
    strange = table.filter(~pl.col(DATE).is_between(FIRST_DAY, LAST_DAY))
    if strange.height:
        raise BadInput(
            f"{entry.path}: {strange[entry.date][0]!r} in column {entry.date!r} is {strange[DATE][0]} by"
            f" {entry.date_format!r}: a year outside {FIRST_DAY.year} to {LAST_DAY.year}"
        )
    table = table.filter(pl.col(DATE).is_not_null())  # a line without a date, as an empty line, is no row
    if entry.shift_months:
        table = table.with_columns(pl.col(DATE).dt.offset_by(f"{entry.shift_months}mo").dt.month_start())
    if entry.shift_bd:
        calendar = calendars.by_name(entry.shift_calendar)
        days = table[DATE].to_numpy().astype("datetime64[D]")
        roll = "backward" if entry.shift_bd < 0 else "forward"
        table = table.with_columns(pl.Series(DATE, calendar.offset_array(days, entry.shift_bd, roll)))
    if entry.start:
        table = table.filter(pl.col(DATE) >= entry.start)
    if entry.end:
        table = table.filter(pl.col(DATE) <= entry.end)
    return table


def _day(entry: FileMap, kind: pl.DataType) -> pl.Expr:
    """The date column as dates. An instant is of the day that it is in the map's zone, else in its own: 1 July in
    London begins on 30 June by UTC."""
    column = pl.col(entry.date)
    if isinstance(kind, pl.Datetime):
        if entry.zone is not None:
            column = (column if kind.time_zone else column.dt.replace_time_zone("UTC")).dt.convert_time_zone(entry.zone)
        return column.dt.date()
    if kind == pl.Date:
        return column
    # numbers (20260701) are read as they are written
    return column.cast(pl.String).str.strip_chars().str.to_date(entry.date_format, strict=False)


def need(entry: FileMap, table: pl.DataFrame, columns: Iterable[str]) -> None:
    """Raises BadInput for a column that is not there."""
    for column in columns:
        if column not in table.columns:
            raise BadInput(f"{entry.path}: no column {column!r}; it has {', '.join(table.columns[:12])}")


def numbers(entry: FileMap, table: pl.DataFrame, column: str, scale: Decimal) -> pl.Series:
    """The column as floats in the catalogue's unit; blanks become null. Raises BadInput for other text."""
    series = table[column]
    if series.dtype.is_numeric():
        return series.cast(pl.Float64) * float(scale)
    values: list[float | None] = []
    for text, day in zip(series.to_list(), table[DATE].to_list(), strict=True):
        stripped = "" if text is None else str(text).strip()
        if stripped in _MISSING:
            values.append(None)
            continue
        try:
            values.append(scaled(_number(stripped, entry.decimal), scale))
        except ValueError as error:
            raise BadInput(f"{entry.path}, column {column!r}, {day}: {error}") from error
    return pl.Series(column, values, dtype=pl.Float64)


def _number(text: str, decimal: str) -> Decimal:
    """A number whose decimal sign is `decimal`; where that is the comma, points may part the thousands. Raises
    ValueError."""
    if decimal == ".":
        return decimal_point(text)
    if not _COMMA.fullmatch(text):
        raise ValueError(f"not a comma-decimal number: {text!r:.60}")
    return decimal_point(text.replace(".", "").replace(",", "."))
