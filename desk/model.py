"""The data model of what comes in: windows, publication rules, series, datasets, sources and silver tables.

Frames are Polars. Every silver frame that a connector parses has the entity columns of its table, `obs_date`,
`knowledge_time` (UTC; null where the source gives no vintage) and the value columns. The store adds `payload_id` (the
receipt) and `stamp`, the origin of the knowledge time: `source` for the source's own vintage, `rule` for the declared
publication rule, `sight` for when we first saw a late or changed value, `imported` for a history file (its latest
vintage, lagged by its rule).
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

Frames = dict[str, pl.DataFrame]
"""Silver table name -> parsed rows."""


def decision_time(day: dt.date) -> dt.datetime:
    """06:00 America/Sao_Paulo of `day`, in UTC: the desk's `as_of`."""
    return dt.datetime.combine(day, DECISION_TIME, SAO_PAULO).astimezone(UTC)


def desk_day(as_of: dt.datetime) -> dt.date:
    """The day of a decision time in São Paulo: the inverse of `decision_time`."""
    return as_of.astimezone(SAO_PAULO).date()


@dataclass(frozen=True, slots=True)
class Window:
    """Observation dates from `start` to `end`, both included. Raises ValueError when `start` is after `end`."""

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
    """When a number about `obs_date` becomes public: at `time` in the time zone `tz` on a day of `calendar`.

    Exactly one form is set: `lag_bd` business days after the observation date; or the `weekday` (Monday 0) on or after
    obs_date + `lag_days`; or the first business day on or after day `day` of the month, `months` months later; or, for
    what is announced ahead, `days_before` days before the observation date. `before`: other rules for observation dates
    before a day, latest day first. `dates`: observation date -> day of publication. `suspended`: releases due within a
    span that came out on one day. `source`, `reason`: where this is known from, and why it is a bound.
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
    """One numeric series of one source. `scale` turns the source's unit into ours (0.01 for percent).

    `retired`: the last observation date of a series that its source has ended; `replaced_by`: the series after it.
    """

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
    retired: dt.date | None = None
    replaced_by: str | None = None

    def __post_init__(self) -> None:
        if self.retired is not None and type(self.retired) is not dt.date:
            raise ValueError(f"retired is a date without quotes, like 2025-12-31, not {self.retired!r}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one fetch returns: the unit of the ledger. The run fails when a `required` dataset is missing."""

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
    """The source has one file per day: only days that are due and not yet stored are requested."""
    required: bool = False
    owner: str = "desk"
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source's addresses and request limits.

    `rate_per_second` requests, `concurrency` requests at a time, `timeout_seconds` for one request, `budget_seconds`
    for all requests of a run. `key_setting` names the setting of its API key; None for a source without a key.
    `max_body_mb`: the most megabytes (2^20 bytes) that one answer may open to, every archive in it counted.
    `keyed_base` names the address of `base_urls` that needs the key. `shut_seconds`: after a 429 nothing is asked of
    the host for so long, or for its Retry-After where that is longer. `off_without_key`: live, nothing is asked of it
    without its key, since its terms want one. `off_without_licence`: nor unless ALVORADA_LICENSED names it.
    `refusals_shut`: so many refusals in a row (401, 403) shut the host as a 429 does; with 1 an empty body is one too.
    """

    id: str
    name: str
    base_urls: Mapping[str, str]
    rate_per_second: float
    concurrency: int
    timeout_seconds: float
    budget_seconds: float
    key_setting: str | None = None
    max_body_mb: int = 64
    keyed_base: str | None = None
    off_without_key: bool = False
    off_without_licence: bool = False
    shut_seconds: float = 60.0
    refusals_shut: int = 3


@dataclass(frozen=True, slots=True)
class SilverTable:
    """A silver table: the columns that identify an entity, and its value columns."""

    name: str
    entity: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row: the entity, the observation date and the knowledge time."""
        return (*self.entity, "obs_date", "knowledge_time")

    @property
    def parsed_schema(self) -> dict[str, pl.DataType]:
        """Columns and types that a connector's parse returns for this table."""
        types = {name: _COLUMN_TYPES.get(name, pl.Float64()) for name in (*self.entity, *self.values)}
        return {
            **{name: types[name] for name in self.entity},
            "obs_date": pl.Date(),
            "knowledge_time": pl.Datetime("us", "UTC"),
            **{name: types[name] for name in self.values},
        }

    @property
    def stored_schema(self) -> dict[str, pl.DataType]:
        """`parsed_schema` and the two columns that the store adds."""
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
    """A frame of the table's parsed schema from columns; without a `knowledge_time` column it is null.

    Raises KeyError for a missing column, TypeError or polars' error for a value of another type.
    """
    schema = table.parsed_schema
    columns = dict(rows)
    if "knowledge_time" not in columns:
        height = len(next(iter(columns.values()), []))
        columns["knowledge_time"] = [None] * height
    return pl.DataFrame({name: columns[name] for name in schema}, schema=schema, strict=True)
