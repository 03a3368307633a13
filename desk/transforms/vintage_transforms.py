"""Transforms in observation time, once per vintage: twelve-month changes, momentum, sums.

A revision changes past months, so a growth rate is computed inside each snapshot of the series as it stood at a
decision, never on the values that a panel of days happens to hold. Snapshots are taken only where something changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.point_in_time.as_of_grid import Grid, Rows, at_rows, gather, gather_days, usable_rows

Z_MINIMUM_SHARE = 0.5
"""A z-score needs at least this share of its window."""


@dataclass(frozen=True)
class Snapshots:
    """A series as it stood after each change: rows (E,) of the grid, dates (N,), values (E, N) with NaN."""

    rows: Rows
    dates: Days
    values: FloatArray

    @property
    def newest(self) -> Rows:
        """Index of the newest known observation of each snapshot. Shape: (E,)."""
        known = np.isfinite(self.values)
        last = self.values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        return np.where(known.any(axis=1), last, -1).astype(np.int64)


@dataclass(frozen=True)
class Observed:
    """One transform of one series, taken at its newest observation; `z_window` observations for its z-score."""

    name: str
    series: str
    operation: str
    n: int
    formula: str
    unit: str
    z_window: int | None = None


def snapshots(frame: pl.DataFrame, grid: Grid, *, monthly: bool) -> Snapshots:
    """Snapshots of one series' rows (obs_date, knowledge_time, value). Monthly ones get a column for every month."""
    events = (
        usable_rows(frame.filter(pl.col("value").is_not_null()), grid)
        .sort("row", "obs_date", "knowledge_time")
        .unique(["row", "obs_date"], keep="last", maintain_order=True)
    )
    observed: Days = events["obs_date"].to_numpy().astype("datetime64[D]")
    if monthly:
        observed = observed.astype("datetime64[M]")
    if not len(observed):
        return Snapshots(np.empty(0, dtype=np.int64), observed, np.empty((0, 0)))
    dates: Days = np.arange(observed.min(), observed.max() + 1) if monthly else np.unique(observed)
    rows, event = np.unique(events["row"].to_numpy(), return_inverse=True)
    position = np.full((len(rows), len(dates)), -1, dtype=np.int64)
    position[event, np.searchsorted(dates, observed)] = np.arange(len(observed))
    position = np.maximum.accumulate(position, axis=0)
    return Snapshots(rows, dates.astype("datetime64[D]"), gather(events["value"].to_numpy(), position))


def apply(spec: Observed, history: Snapshots, grid: Grid) -> tuple[FloatArray, FloatArray, Days]:
    """Value, z-score (NaN without a window) and obs_date at each day of the grid. Shapes: (T,)."""
    blank = np.full(len(grid), np.nan)
    if not history.values.size:
        return blank, blank, np.full(len(grid), np.datetime64("NaT", "D"))
    changed = OPERATIONS[spec.operation](history.values, spec.n)
    newest, event = history.newest, at_rows(history.rows, len(grid))
    index = np.maximum(newest, 0)
    value = changed[np.arange(len(index)), index]
    score = _trailing_z(changed, index, spec.z_window) if spec.z_window else np.full(len(index), np.nan)
    return gather(value, event), gather(score, event), gather_days(history.dates[index], event)


def _trailing_z(values: FloatArray, index: Rows, window: int) -> FloatArray:
    """z of `values[e, index[e]]` against the `window` observations that end there."""
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
    """Each row moved `n` observations later; NaN at the start."""
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
    """x - x[-n], in the series' own unit."""
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
