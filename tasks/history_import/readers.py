"""Bytes of a history file -> silver frames, by its entry in the map. Pure: no file system, no database."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import polars as pl

from desk import calendars
from desk.catalog import Catalog
from desk.errors import BadInput
from desk.model import CURVE_POINT, EXPECTATION, OBSERVATION, PRICE_BAR, SETTLEMENT, Frames, SilverTable
from desk.units import decimal_point, scaled
from tasks.history_import.mapping import FileMap

DATE = "__date__"
_MISSING = {"", ".", "NA", "NaN", "nan", "null", "None", "-"}


def parse_file(entry: FileMap, body: bytes, catalog: Catalog) -> Frames:
    """Silver table -> parsed rows; knowledge times are null: the publication rule gives them. Raises BadInput."""
    table = _table(entry, body)
    table = _dates(entry, _where(entry, table))
    if table.is_empty():
        raise BadInput(f"{entry.path}: no row is left after the map's filters and dates")
    readers = {"series": _series, "bars": _bars, "curve": _curve, "bonds": _bonds, "expectation": _expectation}
    return readers[entry.kind](entry, table, catalog)


def _table(entry: FileMap, body: bytes) -> pl.DataFrame:
    """The file as a table of text (CSV, JSON) or of its own types (Parquet)."""
    name = entry.path.removesuffix(".gz")
    try:
        if name != entry.path:
            body = gzip.decompress(body)
        if name.endswith(".parquet"):
            return pl.read_parquet(io.BytesIO(body))
        if name.endswith(".json"):
            return _json_table(entry, body)
        return pl.read_csv(
            io.BytesIO(body.removeprefix(b"\xef\xbb\xbf")),
            has_header=entry.header is None,
            new_columns=entry.header,
            skip_rows=entry.skip_rows,
            infer_schema=False,
            encoding="utf8-lossy",
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


def _where(entry: FileMap, table: pl.DataFrame) -> pl.DataFrame:
    for column, value in entry.where.items():
        _need(entry, table, [column])
        table = table.filter(pl.col(column).str.strip_chars() == value)
    return table


def _dates(entry: FileMap, table: pl.DataFrame) -> pl.DataFrame:
    _need(entry, table, [entry.date])
    column = pl.col(entry.date)
    if table.schema[entry.date] == pl.String:
        column = column.str.strip_chars().str.to_date(entry.date_format, strict=False)
    table = table.with_columns(column.cast(pl.Date).alias(DATE))
    is_filled = pl.col(entry.date).cast(pl.String).str.strip_chars().fill_null("") != ""
    invalid = table.filter(is_filled & pl.col(DATE).is_null())[entry.date]
    if invalid.len():
        raise BadInput(
            f"{entry.path}: {invalid.len()} in column {entry.date!r} are no dates like {entry.date_format!r},"
            f" first {invalid[0]!r}"
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


def _need(entry: FileMap, table: pl.DataFrame, columns: Iterable[str]) -> None:
    for column in columns:
        if column not in table.columns:
            raise BadInput(f"{entry.path}: no column {column!r}; it has {', '.join(table.columns[:12])}")


def _numbers(entry: FileMap, table: pl.DataFrame, column: str, scale: Decimal) -> pl.Series:
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
            values.append(scaled(decimal_point(stripped), scale))
        except ValueError as error:
            raise BadInput(f"{entry.path}, column {column!r}, {day}: {error}") from error
    return pl.Series(column, values, dtype=pl.Float64)


def _finish(table: SilverTable, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """One frame in the table's schema. The first row of a key wins; rows without any value are dropped."""
    schema = table.parsed_schema
    wide = pl.concat(frames, how="diagonal")
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in wide.columns]
    rows = wide.with_columns(absent).select([pl.col(name).cast(kind) for name, kind in schema.items()])
    some_value = pl.any_horizontal([pl.col(name).is_not_null() for name in table.values])
    return rows.filter(some_value).unique([*table.entity, "obs_date"], keep="first", maintain_order=True)


def _series(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    parts: list[tuple[str, pl.DataFrame, str]] = []
    if entry.long:
        _need(entry, table, [entry.long.variable, entry.long.value])
        for name, series_id in entry.long.names.items():
            parts.append((series_id, _subject(entry, table, entry.long.variable, name), entry.long.value))
    elif entry.each:
        _need(entry, table, [entry.each.column, *entry.columns])
        for code, name in entry.each.names.items():
            rows = _subject(entry, table, entry.each.column, code)
            parts += [(series_id.format(name), rows, column) for column, series_id in entry.columns.items()]
    else:
        _need(entry, table, entry.columns)
        parts = [(series_id, table, column) for column, series_id in entry.columns.items()]
    observations, bars = [], []
    for series_id, rows, column in parts:
        series = catalog.series[series_id]
        values = _numbers(entry, rows, column, series.scale if entry.scale is None else entry.scale)
        if catalog.datasets[series.dataset].tables == ("price_bar",):
            bars.append(
                pl.DataFrame({"obs_date": rows[DATE], "close": values}).with_columns(instrument_id=pl.lit(series_id))
            )
        else:
            observations.append(
                pl.DataFrame({"obs_date": rows[DATE], "value": values}).with_columns(series_id=pl.lit(series_id))
            )
    frames: Frames = {}
    if observations:
        frames[OBSERVATION.name] = _finish(OBSERVATION, observations)
    if bars:
        frames[PRICE_BAR.name] = _finish(PRICE_BAR, bars)
    return frames


def _subject(entry: FileMap, table: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """The rows whose `column` is `name`. Raises BadInput where there is none: the map may misspell the name."""
    rows = table.filter(pl.col(column).str.strip_chars() == name)
    if rows.is_empty():
        known = ", ".join(sorted({str(text).strip() for text in table[column]})[:12])
        raise BadInput(f"{entry.path}: no row has {name!r} in column {column!r}; it has {known}")
    return rows


def _bars(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    _need(entry, table, entry.columns.values())
    series = catalog.series[entry.id or ""]
    values = {name: _numbers(entry, table, column, series.scale) for name, column in entry.columns.items()}
    frame = pl.DataFrame({"obs_date": table[DATE], **values}).with_columns(instrument_id=pl.lit(series.id))
    return {PRICE_BAR.name: _finish(PRICE_BAR, [frame])}


def _curve(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    present = [column for column in entry.vertices if column in table.columns]
    if not present:
        raise BadInput(f"{entry.path}: none of the vertices {', '.join(entry.vertices)} is a column")
    scale = Decimal("0.01") if entry.scale is None else entry.scale
    frames = [
        pl.DataFrame({"obs_date": table[DATE], "rate": _numbers(entry, table, column, scale)}).with_columns(
            curve_id=pl.lit(entry.id), tenor_bd=pl.lit(entry.vertices[column], dtype=pl.Int32)
        )
        for column in present
    ]
    return {CURVE_POINT.name: _finish(CURVE_POINT, frames)}


def _bonds(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    """Prices of bonds, one row per bond and day: contract_id = `PREFIX:TYPE_maturity`."""
    columns = entry.bond_columns
    _need(entry, table, columns.values())
    if entry.bond_types:
        table = table.filter(pl.col(columns["type"]).is_in(entry.bond_types))
    maturity = pl.col(columns["maturity"])
    if table.schema[columns["maturity"]] == pl.String:
        maturity = maturity.str.to_date(entry.date_format)
    scale = Decimal(1) if entry.scale is None else entry.scale
    ids = pl.concat_str(
        pl.lit(f"{entry.prefix}:"), pl.col(columns["type"]), pl.lit("_"), maturity.cast(pl.Date).cast(pl.String)
    )
    frame = pl.DataFrame(
        {
            "contract_id": table.select(ids).to_series(),
            "obs_date": table[DATE],
            "rate": _numbers(entry, table, columns["rate"], scale),
        }
    )
    if "price" in columns:
        frame = frame.with_columns(_numbers(entry, table, columns["price"], Decimal(1)).alias("price"))
    return {SETTLEMENT.name: _finish(SETTLEMENT, [frame])}


def _expectation(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    """Survey medians. `scales`: indicator -> scale; indicators without one are left out."""
    indicator, reference, median = (entry.columns[name] for name in ("indicator", "reference", "median"))
    _need(entry, table, [indicator, reference, median])
    frames = []
    for name, scale in entry.scales.items():
        rows = table.filter(pl.col(indicator) == name)
        frames.append(
            pl.DataFrame(
                {
                    "indicator": rows[indicator],
                    "reference": rows[reference],
                    "obs_date": rows[DATE],
                    "median": _numbers(entry, rows, median, scale),
                }
            ).with_columns(base=pl.lit(0, dtype=pl.Int32))
        )
    if not frames:
        raise BadInput(f"{entry.path}: `scales` names no indicator")
    return {EXPECTATION.name: _finish(EXPECTATION, frames)}
