"""Several monthly series side by side, as they stood after each release of any of them.

A model is fitted once per release on the vintage of that moment and holds until the next; `on_days` spreads what it
says over the panel's days. Arrays are (E, N): releases x months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.point_in_time.as_of_grid import Rows, at_rows, gather
from desk.transforms.vintage_transforms import Snapshots


@dataclass(frozen=True)
class Vintages:
    """`rows` (E,): the panel's row from which each vintage may be used. `months` (N,). `values`: (E, N) by name."""

    rows: Rows
    months: Days
    values: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> FloatArray:
        return self.values[name]


def vintages(monthly: Mapping[str, Snapshots], names: Sequence[str]) -> Vintages:
    """`names` out of `monthly`; a series that is not there or empty is unknown throughout."""
    kept = {name: monthly[name] for name in names if name in monthly and monthly[name].values.size}
    if not kept:
        nothing = np.empty((0, 0))
        return Vintages(np.empty(0, np.int64), np.empty(0, "datetime64[M]"), dict.fromkeys(names, nothing))
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
    return Vintages(rows, months, values)


def newest(values: FloatArray) -> Rows:
    """Index of the newest known month of each vintage, -1 where nothing is known. Shapes: (E, N) to (E,)."""
    if not values.size:
        return np.full(len(values), -1, dtype=np.int64)
    known = np.isfinite(values)
    last = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.where(known.any(axis=1), last, -1).astype(np.int64)


def at_month(values: FloatArray, index: Rows) -> FloatArray:
    """`values[e, index[e, ...]]`, NaN outside the months held. Shapes: (E, N) and (E,) or (E, K)."""
    if not values.size:
        return np.full(index.shape, np.nan)
    wanted = index.reshape(len(values), -1)
    inside = (wanted >= 0) & (wanted < values.shape[1])
    picked = np.take_along_axis(values, np.clip(wanted, 0, values.shape[1] - 1), axis=1)
    return np.where(inside, picked, np.nan).reshape(index.shape)


def last_known(values: FloatArray) -> FloatArray:
    """The newest known value of each vintage. Shapes: (E, N) to (E,)."""
    return at_month(values, newest(values))


def trailing(values: FloatArray, end: Rows, months: int) -> FloatArray:
    """The `months` months of each vintage that end with `end`, oldest first. Shapes: (E, N) and (E,) to (E, months)."""
    return at_month(values, end[:, None] + np.arange(1 - months, 1)[None, :])


def on_days(values: FloatArray, rows: Rows, length: int) -> FloatArray:
    """A number per release (E,) spread over `length` days, NaN before the first. Shape: (length,)."""
    return gather(values, at_rows(rows, length))


def mean_of_known(arrays: Sequence[FloatArray], fewest: int) -> FloatArray:
    """Element by element the mean of the known ones, NaN where fewer than `fewest` are. Shapes: alike."""
    stacked = np.stack(list(arrays))
    known = np.isfinite(stacked)
    count = known.sum(axis=0)
    return np.where(count >= fewest, np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


LONGEST_LAG = 6
"""Months that a regressor may be behind (or ahead of) what it explains: beyond it the vintage says nothing."""


def design(regressors: Sequence[FloatArray], end: Rows, months: int, ahead: int) -> tuple[FloatArray, FloatArray]:
    """Regressors for the `months` months that end with `end`, `ahead` months earlier, and as they stand now.

    Each is lagged as it is lagged in this very vintage: activity that now ends two months before prices is taken two
    months earlier in every row too. Shapes: (E, N) each and (E,) to (E, months, K) and (E, K).
    """
    rows, now = [], []
    origin = end[:, None] + np.arange(1 - months, 1)[None, :] - ahead
    for values in regressors:
        last = newest(values)
        lag = end - last
        fit = (last >= 0) & (end >= 0) & (np.abs(lag) <= LONGEST_LAG)
        rows.append(np.where(fit[:, None], at_month(values, origin - lag[:, None]), np.nan))
        now.append(np.where(fit, at_month(values, last), np.nan))
    return np.stack(rows, axis=2), np.stack(now, axis=1)
