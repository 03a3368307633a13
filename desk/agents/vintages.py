"""Vintages of several monthly series, aligned: all of them as they stood after each release of any of them.

A model is fitted once per release, on that release's vintage, and its result holds until the next release;
`spread_over_days` puts it on the panel's days. Arrays are (E, N): releases by months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.point_in_time.as_of_grid import at_rows, gather
from desk.transforms.vintage_transforms import SeriesVintages


@dataclass(frozen=True)
class AlignedVintages:
    """`rows` (E,): panel row from which each vintage is known. `months` (N,). `values`: (E, N) by series name."""

    rows: IntArray
    months: Days
    values: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> FloatArray:
        return self.values[name]


def aligned_vintages(monthly: Mapping[str, SeriesVintages], names: Sequence[str]) -> AlignedVintages:
    """The series `names` of `monthly`, aligned by release and month; an absent or empty series is NaN everywhere."""
    kept = {name: monthly[name] for name in names if name in monthly and monthly[name].values.size}
    if not kept:
        nothing = np.empty((0, 0))
        return AlignedVintages(np.empty(0, np.int64), np.empty(0, "datetime64[M]"), dict.fromkeys(names, nothing))
    starts = {name: snapshot.dates.astype("datetime64[M]") for name, snapshot in kept.items()}
    months = np.arange(min(s[0] for s in starts.values()), max(s[-1] for s in starts.values()) + 1)
    rows = np.unique(np.concatenate([snapshot.rows for snapshot in kept.values()]))
    values = {name: np.full((len(rows), len(months)), np.nan) for name in names}
    for name, snapshot in kept.items():
        place = int((starts[name][0] - months[0]).astype(np.int64))
        event = np.searchsorted(snapshot.rows, rows, side="right") - 1
        picked = snapshot.values[np.maximum(event, 0)]
        picked = np.where((event >= 0)[:, None], picked, np.nan)
        values[name][:, place : place + picked.shape[1]] = picked
    return AlignedVintages(rows, months, values)


def newest_index(values: FloatArray) -> IntArray:
    """Index of the newest known month of each vintage, -1 for none. Shapes: (E, N) to (E,)."""
    if not values.size:
        return np.full(len(values), -1, dtype=np.int64)
    known = np.isfinite(values)
    last = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.where(known.any(axis=1), last, -1).astype(np.int64)


def value_at_month(values: FloatArray, index: IntArray) -> FloatArray:
    """`values[e, index[e, ...]]`, NaN outside the months. Shapes: (E, N) and (E,) or (E, K)."""
    if not values.size:
        return np.full(index.shape, np.nan)
    columns = index.reshape(len(values), -1)
    inside = (columns >= 0) & (columns < values.shape[1])
    picked = np.take_along_axis(values, np.clip(columns, 0, values.shape[1] - 1), axis=1)
    return np.where(inside, picked, np.nan).reshape(index.shape)


def newest_value(values: FloatArray) -> FloatArray:
    """The newest known value of each vintage. Shapes: (E, N) to (E,)."""
    return value_at_month(values, newest_index(values))


def trailing_months(values: FloatArray, end: IntArray, months: int) -> FloatArray:
    """The `months` months of each vintage that end with `end`, oldest first. Shapes: (E, N) and (E,) to (E, months)."""
    return value_at_month(values, end[:, None] + np.arange(1 - months, 1)[None, :])


def spread_over_days(values: FloatArray, rows: IntArray, length: int) -> FloatArray:
    """One number per release (E,) as a daily series (length,): each holds until the next; NaN before the first."""
    return gather(values, at_rows(rows, length))


def mean_of_known(arrays: Sequence[FloatArray], min_count: int) -> FloatArray:
    """Element-wise mean of the known values, NaN where fewer than `min_count` are known. All shapes equal."""
    stacked = np.stack(list(arrays))
    known = np.isfinite(stacked)
    count = known.sum(axis=0)
    return np.where(count >= min_count, np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


MAX_LAG_MONTHS = 6
"""A regressor may end at most this many months before or after the explained series; otherwise it is unknown."""


def lagged_regressors(
    regressors: Sequence[FloatArray], end: IntArray, months: int, ahead: int
) -> tuple[FloatArray, FloatArray]:
    """Regressors of the `months` months that end with `end`, `ahead` months earlier, and the newest regressors.

    Each regressor is lagged in every row by its publication lag in the same vintage: if activity now ends two months
    before prices, it is taken two months earlier in every row. Shapes: (E, N) each and (E,) to (E, months, K) and (E,
    K).
    """
    rows, now = [], []
    origin = end[:, None] + np.arange(1 - months, 1)[None, :] - ahead
    for values in regressors:
        last = newest_index(values)
        lag = end - last
        fit = (last >= 0) & (end >= 0) & (np.abs(lag) <= MAX_LAG_MONTHS)
        rows.append(np.where(fit[:, None], value_at_month(values, origin - lag[:, None]), np.nan))
        now.append(np.where(fit, value_at_month(values, last), np.nan))
    return np.stack(rows, axis=2), np.stack(now, axis=1)
