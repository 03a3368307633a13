"""Silver rows, which have an obs_date and a knowledge time, placed on a grid of decision days.

A decision day may use a row when its 06:00 São Paulo is at or after the row's knowledge time. No function reads a later
row: removing rows known after an `as_of`, or days from the grid's end, does not change any earlier day.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.errors import BadInput, MissingInput
from desk.model import decision_time
from desk.point_in_time.provenance import NEVER, NO_PAYLOAD, Instants

Rows = npt.NDArray[np.int64]
NAT = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Grid:
    """Decision days, ascending. `as_of_us` is each day's decision time in microseconds UTC. Shapes: (T,)."""

    days: Days
    as_of_us: Rows

    @classmethod
    def of(cls, days: Sequence[dt.date]) -> Grid:
        """The grid of `days`. Raises BadInput when there is none, or when they are not strictly ascending."""
        if not days or any(later <= earlier for earlier, later in itertools.pairwise(days)):
            raise BadInput("decision days must be given, each once, in ascending order")
        instants = pl.Series([decision_time(day) for day in days], dtype=pl.Datetime("us", "UTC"))
        return cls(np.array(days, dtype="datetime64[D]"), instants.to_physical().to_numpy())

    def __len__(self) -> int:
        return len(self.days)


@dataclass(frozen=True)
class Latest:
    """The newest observation known at each day, (T, S), one column per entity; NaN, NaT and -1 where none is known.

    `knowledge_times` are instants in UTC, `payload_ids` number the payloads that the values were read from.
    """

    entities: tuple[str, ...]
    values: FloatArray
    obs_dates: Days
    knowledge_times: Instants
    payload_ids: Rows


def usable_rows(frame: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """`frame` with `row`, the index of the first day that may use each row. Rows that no day may use are dropped.

    Raises MissingInput when a row has no knowledge time.
    """
    if frame["knowledge_time"].null_count():
        raise MissingInput("silver rows without a knowledge time cannot be placed in time")
    instants = frame["knowledge_time"].dt.cast_time_unit("us").to_physical().to_numpy()
    rows = np.searchsorted(grid.as_of_us, instants, side="left")
    placed = frame.lazy().with_columns(pl.Series("row", rows, dtype=pl.Int64))
    return placed.filter(pl.col("row") < len(grid)).collect()


def latest_known(frame: pl.DataFrame, entity: str, value: str, grid: Grid) -> Latest:
    """For each day and entity: the newest obs_date known on the day, in its newest vintage. No age limit.

    `entity` and `value` are columns of `frame`, a silver table in its stored schema. Null values are ignored.
    """
    events = (
        usable_rows(_with_payload(frame, entity, value), grid)
        .lazy()
        .sort(entity, "row", "obs_date", "knowledge_time")
        .filter(pl.col("obs_date") == pl.col("obs_date").cum_max().over(entity))
        .unique([entity, "row"], keep="last", maintain_order=True)
        .collect()
    )
    names = events[entity].unique(maintain_order=True).to_list()
    column = events[entity].rle_id().to_numpy().astype(np.int64)
    position = np.full((len(grid), len(names)), -1, dtype=np.int64)
    position[events["row"].to_numpy(), column] = np.arange(len(events))
    position = np.maximum.accumulate(position, axis=0)
    return Latest(
        tuple(names),
        gather(events[value].cast(pl.Float64).to_numpy(), position),
        gather_days(events["obs_date"].to_numpy(), position),
        gather_instants(events["knowledge_time"], position),
        gather_payloads(events["payload_id"], position),
    )


def _with_payload(frame: pl.DataFrame, entity: str, value: str) -> pl.DataFrame:
    own = "payload_id" if "payload_id" in frame.columns else pl.lit(None, pl.Int64).alias("payload_id")
    columns = frame.lazy().select(entity, "obs_date", "knowledge_time", value, own)
    return columns.filter(pl.col(value).is_not_null()).collect()


def gather(values: npt.NDArray[np.float64], position: Rows) -> FloatArray:
    """`values[position]`, NaN where position is -1."""
    if not len(values):
        return np.full(position.shape, np.nan)
    return np.where(position >= 0, values[np.maximum(position, 0)], np.nan)


def gather_days(days: Days, position: Rows) -> Days:
    """`days[position]`, NaT where position is -1."""
    if not len(days):
        return np.full(position.shape, NAT)
    picked: Days = days.astype("datetime64[D]")[np.maximum(position, 0)]
    return np.where(position >= 0, picked, NAT)


def gather_instants(times: pl.Series, position: Rows) -> Instants:
    """`times[position]` as instants in UTC, NaT where position is -1."""
    if not len(times):
        return np.full(position.shape, NEVER)
    instants = times.dt.cast_time_unit("us").to_physical().to_numpy().astype("datetime64[us]")
    return np.where(position >= 0, instants[np.maximum(position, 0)], NEVER)


def gather_payloads(payload_ids: pl.Series, position: Rows) -> Rows:
    """`payload_ids[position]`, -1 where position is -1 or the row has no payload."""
    if not len(payload_ids):
        return np.full(position.shape, NO_PAYLOAD, dtype=np.int64)
    numbers = payload_ids.cast(pl.Int64).fill_null(NO_PAYLOAD).to_numpy()
    return np.where(position >= 0, numbers[np.maximum(position, 0)], NO_PAYLOAD)


def at_rows(event_rows: Rows, length: int) -> Rows:
    """For each of `length` days the index of the last event at or before it, -1 before the first. Shape: (length,)."""
    return np.searchsorted(event_rows, np.arange(length), side="right").astype(np.int64) - 1


def too_old(obs_dates: Days, grid: Grid, max_age_days: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """True where an observation is unknown or older, in calendar days, than its limit. Shapes: (T, S), limit (S,)."""
    age = (grid.days[:, None] - obs_dates).astype("float64")
    age[np.isnat(obs_dates)] = np.inf
    return np.asarray(age > np.asarray(max_age_days, dtype=np.float64))
