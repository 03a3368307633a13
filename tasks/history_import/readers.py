"""Bytes of a history file -> silver frames, by its entry in the map. Pure: no file system, no database."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from desk.catalog import Catalog
from desk.errors import BadInput
from desk.model import CURVE_POINT, EXPECTATION, OBSERVATION, PRICE_BAR, SETTLEMENT, Frames, SilverTable
from tasks.history_import.mapping import FileMap
from tasks.history_import.tables import DATE, FIRST_DAY, LAST_DAY, chosen_rows, dated, need, numbers, read_table


def parse_file(entry: FileMap, body: bytes, catalog: Catalog) -> Frames:
    """Silver table -> parsed rows; knowledge times are null: the publication rule gives them. Raises BadInput."""
    table = read_table(entry, body)
    table = dated(entry, chosen_rows(entry, table))
    if table.is_empty():
        raise BadInput(f"{entry.path}: no row is left after the map's filters and dates")
    readers = {
        "series": _series,
        "bars": _bars,
        "curve": _curve,
        "bonds": _bonds,
        "futures": _futures,
        "expectation": _expectation,
    }
    return readers[entry.kind](entry, table, catalog)


_REFERENCE = "__reference__"


def _reference(entry: FileMap) -> pl.Expr:
    """What each row of a survey is about, as Focus names it."""
    if entry.reference is not None:
        return pl.lit(entry.reference)
    if entry.years_ahead is not None:
        return (pl.col(DATE).dt.year() + entry.years_ahead).cast(pl.String)
    column = pl.col(entry.columns["reference"]).str.strip_chars()
    if entry.reference_format is None:
        return column
    # a day of its own: a month alone is no date
    month = pl.concat_str(column, pl.lit("-01")).str.to_date(f"{entry.reference_format}-%d", strict=False)
    return month.dt.strftime("%m/%Y")


def _finish(entry: FileMap, table: SilverTable, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """One frame in the table's schema; rows without any value are dropped. Raises BadInput for a key with two values,
    unless the map takes the first."""
    schema = table.parsed_schema
    wide = pl.concat(frames, how="diagonal")
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in wide.columns]
    rows = wide.with_columns(absent).select([pl.col(name).cast(kind) for name, kind in schema.items()])
    some_value = pl.any_horizontal([pl.col(name).is_not_null() for name in table.values])
    key = [*table.entity, "obs_date"]
    filled = rows.filter(some_value)
    if entry.conflicts == "refuse":
        distinct = filled.select([*key, *table.values]).unique(maintain_order=True)
        twice = distinct.filter(distinct.select(key).is_duplicated())
        if twice.height:
            place = " ".join(str(twice[name][0]) for name in key)
            raise BadInput(
                f"{entry.path}: {place} has two values, {', '.join(map(str, twice.row(0)[len(key) :]))} and"
                f' {", ".join(map(str, twice.row(1)[len(key) :]))} (conflicts = "first" takes the first)'
            )
    return filled.unique(key, keep="first", maintain_order=True)


def _series(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    parts: list[tuple[str, pl.DataFrame, str]] = []
    if entry.long:
        need(entry, table, [entry.long.variable, entry.long.value])
        for name, series_id in entry.long.names.items():
            parts.append((series_id, _subject(entry, table, entry.long.variable, name), entry.long.value))
    elif entry.each:
        need(entry, table, [entry.each.column, *entry.columns])
        for code, name in entry.each.names.items():
            rows = _subject(entry, table, entry.each.column, code)
            parts += [(series_id.format(name), rows, column) for column, series_id in entry.columns.items()]
    else:
        need(entry, table, entry.columns)
        parts = [(series_id, table, column) for column, series_id in entry.columns.items()]
    observations, bars = [], []
    for series_id, rows, column in parts:
        series = catalog.series[series_id]
        values = numbers(entry, rows, column, series.scale if entry.scale is None else entry.scale)
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
        frames[OBSERVATION.name] = _finish(entry, OBSERVATION, observations)
    if bars:
        frames[PRICE_BAR.name] = _finish(entry, PRICE_BAR, bars)
    return frames


def _subject(entry: FileMap, table: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """The rows whose `column` is `name`. Raises BadInput where there is none: the map may misspell the name."""
    rows = table.filter(pl.col(column).str.strip_chars() == name)
    if rows.is_empty():
        known = ", ".join(sorted({str(text).strip() for text in table[column]})[:12])
        raise BadInput(f"{entry.path}: no row has {name!r} in column {column!r}; it has {known}")
    return rows


def _bars(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    need(entry, table, entry.columns.values())
    series = catalog.series[entry.id or ""]
    values = {name: numbers(entry, table, column, series.scale) for name, column in entry.columns.items()}
    frame = pl.DataFrame({"obs_date": table[DATE], **values}).with_columns(instrument_id=pl.lit(series.id))
    return {PRICE_BAR.name: _finish(entry, PRICE_BAR, [frame])}


def _curve(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    present = [column for column in entry.vertices if column in table.columns]
    if not present:
        raise BadInput(f"{entry.path}: none of the vertices {', '.join(entry.vertices)} is a column")
    scale = Decimal("0.01") if entry.scale is None else entry.scale
    frames = [
        pl.DataFrame({"obs_date": table[DATE], "rate": numbers(entry, table, column, scale)}).with_columns(
            curve_id=pl.lit(entry.id), tenor_bd=pl.lit(entry.vertices[column], dtype=pl.Int32)
        )
        for column in present
    ]
    return {CURVE_POINT.name: _finish(entry, CURVE_POINT, frames)}


def _bonds(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    """Prices of bonds, one row per bond and day: contract_id = `PREFIX:TYPE_maturity`."""
    columns = entry.bond_columns
    need(entry, table, columns.values())
    if entry.bond_types:
        table = table.filter(pl.col(columns["type"]).is_in(entry.bond_types))
    maturity = pl.col(columns["maturity"])
    if table.schema[columns["maturity"]] == pl.String:
        maturity = _maturity(entry, table, columns["maturity"])
    scale = Decimal(1) if entry.scale is None else entry.scale
    ids = pl.concat_str(
        pl.lit(f"{entry.prefix}:"), pl.col(columns["type"]), pl.lit("_"), maturity.cast(pl.Date).cast(pl.String)
    )
    frame = pl.DataFrame(
        {
            "contract_id": table.select(ids).to_series(),
            "obs_date": table[DATE],
            "rate": numbers(entry, table, columns["rate"], scale),
        }
    )
    if "price" in columns:
        frame = frame.with_columns(numbers(entry, table, columns["price"], Decimal(1)).alias("price"))
    return {SETTLEMENT.name: _finish(entry, SETTLEMENT, [frame])}


def _maturity(entry: FileMap, table: pl.DataFrame, column: str) -> pl.Expr:
    """The column of maturities as dates. Raises BadInput for a text that is none, and for a year of two digits."""
    read = table.select(text=column, day=pl.col(column).str.strip_chars().str.to_date(entry.date_format, strict=False))
    bad = read.filter(~pl.col("day").is_between(FIRST_DAY, LAST_DAY).fill_null(False))
    if bad.height:
        raise BadInput(
            f"{entry.path}: {bad['text'][0]!r} in column {column!r} is no maturity like {entry.date_format!r}"
        )
    return pl.col(column).str.strip_chars().str.to_date(entry.date_format)


def _futures(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    """Settlements of listed contracts, named as B3 names them: rate, and volume and open interest in contracts."""
    columns = entry.contract_columns
    need(entry, table, columns.values())
    scale = Decimal(1) if entry.scale is None else entry.scale
    values = {
        name: numbers(entry, table, columns[name], scale if name == "rate" else Decimal(1))
        for name in ("rate", "volume", "open_interest")
        if name in columns
    }
    names = {"contract_id": table[columns["contract"]], "obs_date": table[DATE]}
    frame = pl.DataFrame(names | values)
    return {SETTLEMENT.name: _finish(entry, SETTLEMENT, [frame])}


def _expectation(entry: FileMap, table: pl.DataFrame, catalog: Catalog) -> Frames:
    """Survey medians. `scales`: indicator -> scale; indicators without one are left out."""
    need(entry, table, entry.columns.values())
    table = table.with_columns(_reference(entry).alias(_REFERENCE))
    strange = table.filter(pl.col(_REFERENCE).is_null())
    if strange.height:
        text = strange[entry.columns["reference"]][0]
        raise BadInput(f"{entry.path}: the reference {text!r} is no month like {entry.reference_format!r}")
    frames = []
    for name, scale in entry.scales.items():
        rows = table if entry.indicator else table.filter(pl.col(entry.columns["indicator"]) == name)
        frames.append(
            pl.DataFrame(
                {
                    "indicator": [name] * len(rows),
                    "reference": rows[_REFERENCE],
                    "obs_date": rows[DATE],
                    "median": numbers(entry, rows, entry.columns["median"], scale),
                }
            ).with_columns(base=pl.lit(0, dtype=pl.Int32))
        )
    if not frames:
        raise BadInput(f"{entry.path}: `scales` names no indicator")
    return {EXPECTATION.name: _finish(entry, EXPECTATION, frames)}
