"""Silver rows as points: one number of one entity on one day, the unit that is judged.

A point's `key` names table, column and entity (`observation.value:usdbrl_ptax_sell`, `curve_point.rate:PRE|252`);
`entity` is the text of the row's entity columns, joined by `|`.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from desk.catalog import Catalog
from desk.catalog.plausibility import JUDGED, Kind, Plausibility
from desk.model import SilverTable

POINT_SCHEMA = pl.Schema(
    {
        "key": pl.String(),
        "obs_date": pl.Date(),
        "knowledge_time": pl.Datetime("us", "UTC"),
        "value": pl.Float64(),
    }
)
WEEKDAYS = "weekdays"
_KIND_COLUMNS = {
    "kind": pl.String(), "scale": pl.String(), "reference": pl.String(), "offset": pl.Float64(),
    "window": pl.Int64(), "recent": pl.Int64(), "young": pl.Int64(), "level_window": pl.Int64(),
    "floor": pl.Float64(), "prior": pl.Float64(), "crash": pl.Float64(), "lower": pl.Float64(), "upper": pl.Float64(),
    "open_lower": pl.Boolean(), "suspect_sigmas": pl.Float64(), "hold_sigmas": pl.Float64(), "slip_far": pl.Float64(),
    "slip_near": pl.Float64(), "slip_ratio": pl.Float64(), "contradict_sigmas": pl.Float64(), "stale": pl.Int64(),
    "grid": pl.Float64(),     "spacing_days": pl.Float64(), "calendar": pl.String(),
}  # fmt: skip


def entity_text(table: SilverTable) -> pl.Expr:
    """The row's entity columns as one text."""
    return pl.concat_str([pl.col(name).cast(pl.String) for name in table.entity], separator="|")


def point_key(table: str, column: str, entity: str) -> str:
    """The key of one judged column of an entity (text)."""
    return f"{table}.{column}:{entity}"


def split_key(key: str) -> tuple[str, str, str]:
    """(table, column, entity) of a point's key."""
    place, _, entity = key.partition(":")
    table, _, column = place.partition(".")
    return table, column, entity


def points_of(table: SilverTable, rows: pl.DataFrame) -> pl.DataFrame:
    """Every judged number of `rows` (parsed or stored schema) that is not null. Columns: POINT_SCHEMA."""
    parts = [
        rows.select(
            key=pl.lit(f"{table.name}.{column}:") + entity_text(table),
            obs_date="obs_date",
            knowledge_time="knowledge_time",
            value=column,
        ).filter(pl.col("value").is_not_null())
        for column in JUDGED[table.name]
    ]
    return pl.concat(parts).cast(POINT_SCHEMA)


def series_key(name: str, catalog: Catalog) -> str:
    """The key of what siblings.toml and the identities call by a series id or by a curve and its tenor (`UST|252`)."""
    series = catalog.series.get(name)
    if series is None:
        return point_key("curve_point", "rate", name)
    table = catalog.datasets[series.dataset].tables[0]
    return point_key(table, JUDGED[table][0], name)


def kinds_of(keys: Iterable[str], rules: Plausibility, catalog: Catalog) -> pl.DataFrame:
    """The kind's fields by key; keys without a kind are left out. Columns: `key` and those of Kind."""
    found: dict[str, Kind] = {}
    calendars: list[str] = []
    for key in keys:
        table, column, entity = split_key(key)
        if kind := rules.kind_of(table, column, entity, catalog):
            found[key] = kind
            calendars.append(_calendar(entity, catalog))
    columns: dict[str, list[object]] = {
        name: [kind.id if name == "kind" else getattr(kind, name) for kind in found.values()]
        for name in _KIND_COLUMNS
        if name != "calendar"
    }
    return pl.DataFrame(
        {"key": list(found), **columns, "calendar": calendars}, schema={"key": pl.String(), **_KIND_COLUMNS}
    )


def _calendar(entity: str, catalog: Catalog) -> str:
    """On which days an entity may print a new number: Brazil's own series on business days, the others on weekdays,
    since their markets' holidays differ inside one dataset; series by week or month on any."""
    series = catalog.series.get(entity)
    if series is None:
        return WEEKDAYS
    if series.frequency != "D":
        return ""
    return catalog.datasets[series.dataset].calendar if series.source.startswith("bcb_") else WEEKDAYS
