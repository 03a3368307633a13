"""The nouns of the desk: windows, series, datasets, sources, silver tables, instruments.

Frames are Polars. Every silver frame that a connector parses has the entity columns of its table, `obs_date`,
`knowledge_time` (UTC; null where the source gives no vintage) and the value columns. The store adds `stamp`
(where the knowledge time comes from) and `payload_id` (the receipt).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
UTC = ZoneInfo("UTC")
DECISION_TIME = dt.time(6, 0)

Stamp = Literal["source", "rule", "sight", "imported"]
"""Where a knowledge time comes from: the source's own vintage, the declared publication rule, our own first sight of
a late or changed value, or a history file (latest vintage, lagged by its rule)."""

Frames = dict[str, pl.DataFrame]
"""Silver table name -> parsed rows."""


def decision_time(day: dt.date) -> dt.datetime:
    """06:00 America/Sao_Paulo of `day`, in UTC: the desk's `as_of`."""
    return dt.datetime.combine(day, DECISION_TIME, SAO_PAULO).astimezone(UTC)


def desk_day(as_of: dt.datetime) -> dt.date:
    return as_of.astimezone(SAO_PAULO).date()


@dataclass(frozen=True, slots=True)
class Window:
    """Observation dates from `start` to `end`, both included."""

    start: dt.date
    end: dt.date

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise ValueError(f"window starts after it ends: {self.start} > {self.end}")

    def split(self, days: int) -> list[Window]:
        """Consecutive windows of at most `days` calendar days."""
        parts, start = [], self.start
        while start <= self.end:
            end = min(start + dt.timedelta(days=days - 1), self.end)
            parts.append(Window(start, end))
            start = end + dt.timedelta(days=1)
        return parts


@dataclass(frozen=True, slots=True)
class Suspension:
    """Releases due from `first` to `last`, both included, came out on `on`."""

    first: dt.date
    last: dt.date
    on: dt.date


@dataclass(frozen=True, slots=True)
class PublicationRule:
    """When the world can know a number about `obs_date`.

    Exactly one shape: `lag_bd` business days after the observation date; or the `weekday` (Monday 0) on or after
    obs_date + `lag_days`; or the first business day on or after `day` of the month `months` after it; or, for what is
    announced ahead, `days_before` it. `before`: other rules for observation dates before a day, by falling day.
    `dates`: observation date -> day it came out. `suspended`: releases due within a span came out on a day. `source`,
    `reason`: where this is known from, and why it is a bound.
    """

    id: str
    calendar: str
    time: dt.time
    tz: str
    lag_bd: int | None = None
    weekday: int | None = None
    lag_days: int = 0
    months: int | None = None
    day: int | None = None
    days_before: int | None = None
    before: tuple[tuple[dt.date, PublicationRule], ...] = ()
    dates: Mapping[dt.date, dt.date] = field(default_factory=dict)
    suspended: tuple[Suspension, ...] = ()
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One numeric series of one source. `scale` turns the source's unit into ours (0.01 for percent)."""

    id: str
    source: str
    dataset: str
    code: str
    name: str
    unit: str
    frequency: Literal["D", "W", "M", "Q"]
    rule: str
    scale: Decimal = Decimal(1)
    seasonal: Literal["none", "sa"] = "none"
    owner: str = "desk"
    max_age_days: int = 10
    verified: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one fetch brings: the unit of the ledger. A `required` one that is missing fails the run."""

    id: str
    source: str
    name: str
    tables: tuple[str, ...]
    calendar: str
    rule: str
    freshness_bd: int
    lookback_bd: int
    history_days: int
    chunk_days: int
    cell: Literal["day", "week", "month"] = "day"
    per_day: bool = False
    """One file per day at the source: only days that are due are asked for, and only those that lack."""
    required: bool = False
    owner: str = "desk"
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source's public address and its manners: requests per second, how many at once, seconds in all."""

    id: str
    name: str
    base_urls: Mapping[str, str]
    rate_per_second: float
    concurrency: int
    timeout_seconds: float
    budget_seconds: float
    key_setting: str | None = None


@dataclass(frozen=True, slots=True)
class SilverTable:
    name: str
    entity: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return (*self.entity, "obs_date", "knowledge_time")

    @property
    def parsed_schema(self) -> dict[str, pl.DataType]:
        """What a connector's parse returns for this table."""
        types = {name: _COLUMN_TYPES.get(name, pl.Float64()) for name in (*self.entity, *self.values)}
        return {
            **{name: types[name] for name in self.entity},
            "obs_date": pl.Date(),
            "knowledge_time": pl.Datetime("us", "UTC"),
            **{name: types[name] for name in self.values},
        }

    @property
    def stored_schema(self) -> dict[str, pl.DataType]:
        return {**self.parsed_schema, "stamp": pl.String(), "payload_id": pl.Int64()}


_COLUMN_TYPES: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "curve_id": pl.String(),
    "contract_id": pl.String(),
    "instrument_id": pl.String(),
    "indicator": pl.String(),
    "reference": pl.String(),
    "base": pl.Int32(),
    "tenor_bd": pl.Int32(),
    "respondents": pl.Int32(),
}

OBSERVATION = SilverTable("observation", ("series_id",), ("value",))
CURVE_POINT = SilverTable("curve_point", ("curve_id", "tenor_bd"), ("rate",))
SETTLEMENT = SilverTable("settlement", ("contract_id",), ("price", "rate", "open_interest", "volume"))
PRICE_BAR = SilverTable("price_bar", ("instrument_id",), ("open", "high", "low", "close", "volume"))
EXPECTATION = SilverTable(
    "expectation",
    ("indicator", "reference", "base"),
    ("median", "mean", "std_dev", "minimum", "maximum", "respondents"),
)
SILVER: dict[str, SilverTable] = {
    table.name: table for table in (OBSERVATION, CURVE_POINT, SETTLEMENT, PRICE_BAR, EXPECTATION)
}


def parsed_frame(table: SilverTable, rows: Mapping[str, Any]) -> pl.DataFrame:
    """Rows given as columns, cast to the table's parsed schema; a missing `knowledge_time` is null."""
    schema = table.parsed_schema
    columns = dict(rows)
    if "knowledge_time" not in columns:
        height = len(next(iter(columns.values()), []))
        columns["knowledge_time"] = [None] * height
    return pl.DataFrame({name: columns[name] for name in schema}, schema=schema, strict=True)
