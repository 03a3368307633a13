"""Transforms in observation time, computed inside each vintage of a series: twelve-month changes, momentum, sums.

A revision changes past months. A growth rate is therefore computed on the series as it stood at each decision, never on
a column of daily values that mixes vintages. A new vintage starts only where a value changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.point_in_time.as_of_grid import Grid, at_rows, gather, gather_days, usable_rows

Z_MINIMUM_SHARE = 0.5
"""A z-score is NaN when less than this share of its window is known."""


@dataclass(frozen=True)
class SeriesVintages:
    """The vintages of one series: the series as it stood after each change.

    `rows` (E,): grid row from which each vintage is known. `dates` (N,): observation dates. `values` (E, N): NaN where
    a date was not known in a vintage.
    """

    rows: IntArray
    dates: Days
    values: FloatArray

    @property
    def newest_index(self) -> IntArray:
        """Index in `dates` of each vintage's newest known observation, -1 for none. Shape: (E,)."""
        known = np.isfinite(self.values)
        last = self.values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        return np.where(known.any(axis=1), last, -1).astype(np.int64)


@dataclass(frozen=True)
class VintageTransform:
    """One transform of one series, evaluated at its newest observation.

    `operation` is a key of OPERATIONS and `n` its number of periods. `z_window`: observations of the trailing z-score;
    None for no z-score.
    """

    name: str
    series: str
    operation: str
    n: int
    formula: str
    unit: str
    z_window: int | None = None


def series_vintages(frame: pl.DataFrame, grid: Grid, *, monthly: bool) -> SeriesVintages:
    """The vintages of one series from its rows (obs_date, knowledge_time, value).

    A `monthly` series gets a column for every month between its first and last, so that a lag of n columns is n months.
    Raises MissingInput when a row has no knowledge time.
    """
    events = (
        usable_rows(frame.filter(pl.col("value").is_not_null()), grid)
        .lazy()
        .sort("row", "obs_date", "knowledge_time")
        .unique(["row", "obs_date"], keep="last", maintain_order=True)
        .collect()
    )
    observed: Days = events["obs_date"].to_numpy().astype("datetime64[D]")
    if monthly:
        observed = observed.astype("datetime64[M]")
    if not len(observed):
        return SeriesVintages(np.empty(0, dtype=np.int64), observed, np.empty((0, 0)))
    dates: Days = np.arange(observed.min(), observed.max() + 1) if monthly else np.unique(observed)
    rows, event = np.unique(events["row"].to_numpy(), return_inverse=True)
    position = np.full((len(rows), len(dates)), -1, dtype=np.int64)
    position[event, np.searchsorted(dates, observed)] = np.arange(len(observed))
    position = np.maximum.accumulate(position, axis=0)
    return SeriesVintages(rows, dates.astype("datetime64[D]"), gather(events["value"].to_numpy(), position))


def apply_transform(spec: VintageTransform, history: SeriesVintages, grid: Grid) -> tuple[FloatArray, FloatArray, Days]:
    """Value, z-score and obs_date of a transform at each day of the grid, from the newest vintage known that day.

    Shapes: (T,) each. The z-score is NaN for a transform without `z_window`.
    """
    blank = np.full(len(grid), np.nan)
    if not history.values.size:
        return blank, blank, np.full(len(grid), np.datetime64("NaT", "D"))
    changed = OPERATIONS[spec.operation](history.values, spec.n)
    newest, event = history.newest_index, at_rows(history.rows, len(grid))
    index = np.maximum(newest, 0)
    value = changed[np.arange(len(index)), index]
    score = _trailing_z(changed, index, spec.z_window) if spec.z_window else np.full(len(index), np.nan)
    return gather(value, event), gather(score, event), gather_days(history.dates[index], event)


def _trailing_z(values: FloatArray, index: IntArray, window: int) -> FloatArray:
    """z-score of `values[e, index[e]]` over the `window` observations that end there. Shape: (E,)."""
    columns = index[:, None] - np.arange(window)[None, :]
    trailing = np.where(columns >= 0, np.take_along_axis(values, np.maximum(columns, 0), axis=1), np.nan)
    known = np.isfinite(trailing)
    count = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, trailing, 0.0).sum(axis=1) / count
        spread = np.sqrt((np.where(known, trailing - mean[:, None], 0.0) ** 2).sum(axis=1) / (count - 1))
        score = (trailing[:, 0] - mean) / spread
    enough = (count >= max(2, int(window * Z_MINIMUM_SHARE))) & (spread > 0)
    return np.where(enough, score, np.nan)


def _shifted(values: FloatArray, n: int) -> FloatArray:
    """Each row shifted `n` observations later, NaN at the start. Shape: (E, N)."""
    result = np.full_like(values, np.nan)
    if n < values.shape[1]:
        result[:, n:] = values[:, : values.shape[1] - n]
    return result


def _window_sum(values: FloatArray, n: int) -> FloatArray:
    """Sum of the `n` observations that end at each column; NaN where one of them is missing."""
    total = values.copy()
    for lag in range(1, n):
        total[:, lag:] += values[:, : max(values.shape[1] - lag, 0)]
    total[:, : n - 1] = np.nan
    return total


def compounded(values: FloatArray, n: int) -> FloatArray:
    """Change over `n` periods from per-period changes (fractions): product of (1 + x) less 1."""
    return np.expm1(_window_sum(np.log1p(values), n))


def compounded_annual(values: FloatArray, n: int) -> FloatArray:
    """`compounded` over `n` months, at an annual rate."""
    return np.asarray(np.expm1(_window_sum(np.log1p(values), n) * 12.0 / n))


def growth(values: FloatArray, n: int) -> FloatArray:
    """Change of an index over `n` periods: x / x[-n] - 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return values / _shifted(values, n) - 1.0


def growth_annual(values: FloatArray, n: int) -> FloatArray:
    """`growth` over `n` months, at an annual rate."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((values / _shifted(values, n)) ** (12.0 / n) - 1.0)


def average_growth(values: FloatArray, n: int) -> FloatArray:
    """Mean of the last `n` periods against the mean of the `n` before them, less 1."""
    total = _window_sum(values, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / _shifted(total, n) - 1.0


def difference(values: FloatArray, n: int) -> FloatArray:
    """Change x - x[-n] over `n` periods, in the unit of the series."""
    return values - _shifted(values, n)


OPERATIONS: Mapping[str, Callable[[FloatArray, int], FloatArray]] = {
    "compounded": compounded,
    "compounded_annual": compounded_annual,
    "growth": growth,
    "growth_annual": growth_annual,
    "average_growth": average_growth,
    "difference": difference,
    "sum": _window_sum,
}
