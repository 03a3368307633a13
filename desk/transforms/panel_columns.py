"""The columns of a panel while it is built: values, dates and origins by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.calendars import Days
from desk.point_in_time.as_of_grid import NAT, Grid
from desk.point_in_time.provenance import ColumnOrigin, InputTable
from desk.transforms.maturities import SourceCurve
from desk.transforms.vintage_transforms import SeriesVintages

HELD_ROWS: dict[str, pl.DataType] = {
    "series_id": pl.String(),
    "obs_date": pl.Date(),
    "knowledge_time": pl.Datetime("us", "UTC"),
    "value": pl.Float64(),
}
"""Values of series that are stored and not believed."""


class PanelColumns:
    """Every array is (T,), one entry per day of `grid`. `direct` holds the inputs of derived columns by name; `held`
    the days on which a column's newest value is stored and not believed; `choices` which candidate a column is of."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.inputs = InputTable()
        self.values: dict[str, FloatArray] = {}
        self.dates: dict[str, Days] = {}
        self.origins: dict[str, ColumnOrigin] = {}
        self.direct: dict[str, tuple[str, ...]] = {}
        self.held: dict[str, BoolArray] = {}
        self.curve_sources: dict[str, tuple[SourceCurve, ...]] = {}
        self.series_vintages: dict[str, SeriesVintages] = {}
        self.choices: dict[str, IntArray] = {}

    def put(self, name: str, values: FloatArray, dates: Days, origin: ColumnOrigin | None = None) -> None:
        """A column read from a source, or by rule of the desk (no origin). What is not finite is unknown."""
        known = np.isfinite(values)
        self.values[name] = np.where(known, values, np.nan)
        self.dates[name] = np.where(known, dates, NAT)
        self.origins[name] = origin if origin is not None else self.inputs.unknown(len(self.grid))

    def derive(self, name: str, values: FloatArray, dates: Days, direct: tuple[str, ...]) -> None:
        """A column computed from other columns: its origin is theirs."""
        origin = self.inputs.combined([self.origins[parent] for parent in direct], np.isfinite(values))
        self.put(name, values, dates, origin)
        self.direct[name] = direct
        self.held[name] = np.any([self.is_held(parent) for parent in direct], axis=0)

    def is_held(self, name: str) -> BoolArray:
        """On which days the newest value behind a column is held: it then rests on an older one."""
        return self.held[name] if name in self.held else np.zeros(len(self.grid), dtype=np.bool_)


def oldest_dates(dates: Sequence[Days] | Days) -> Days:
    """The earliest known of each day's dates, NaT where none is known. Shapes: (K, T) to (T,)."""
    stacked = np.stack(list(dates)).astype("datetime64[D]")
    never = np.datetime64("9999-12-31", "D")
    oldest: Days = np.where(np.isnat(stacked), never, stacked).min(axis=0)
    return np.where(oldest == never, NAT, oldest)
