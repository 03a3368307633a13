"""The choice between several sources of one column, in the order that catalog/fallbacks.toml declares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.calendars import Days


def choose(
    obs_dates: Sequence[Days], known: Sequence[BoolArray], patience_days: int, held: Sequence[BoolArray] | None = None
) -> IntArray:
    """Index of the candidate to use on each day, -1 where none is known. Shapes: (T,) for each candidate.

    The first known candidate whose obs_date is at most `patience_days` calendar days older than the newest known one.
    One that is `held` (its newest value is not believed) has no patience: a sibling of the newer day goes before it.
    """
    ages = np.stack(
        [np.where(k, o.astype("int64"), np.iinfo(np.int64).min) for o, k in zip(obs_dates, known, strict=True)]
    )
    patience = patience_days if held is None else np.where(np.stack(held), 0, patience_days)
    usable = np.stack(known) & (ages >= ages.max(axis=0) - patience)
    return np.where(usable.any(axis=0), np.argmax(usable, axis=0), -1).astype(np.int64)


def pick(values: Sequence[FloatArray], choice: IntArray) -> FloatArray:
    """The chosen candidate's value on each day, NaN where choice is -1. Shape: (T,)."""
    stacked = np.stack(values)
    return np.where(choice >= 0, stacked[np.maximum(choice, 0), np.arange(len(choice))], np.nan)


def pick_days(days: Sequence[Days], choice: IntArray) -> Days:
    """The chosen candidate's obs_date on each day, NaT where choice is -1. Shape: (T,)."""
    stacked = np.stack(days)
    return np.where(choice >= 0, stacked[np.maximum(choice, 0), np.arange(len(choice))], np.datetime64("NaT", "D"))
