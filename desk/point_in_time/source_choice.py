"""Choosing between sources by a declared order (catalog/fallbacks.toml), with the chosen one's name kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.calendars import Days


def choose(obs_dates: Sequence[Days], known: Sequence[BoolArray], patience_days: int) -> IntArray:
    """Index of the candidate to use at each day, -1 where none is known. Shapes: (T,) per candidate.

    The first known one that is at most `patience_days` older than the freshest known one.
    """
    ages = np.stack(
        [np.where(k, o.astype("int64"), np.iinfo(np.int64).min) for o, k in zip(obs_dates, known, strict=True)]
    )
    usable = np.stack(known) & (ages >= ages.max(axis=0) - patience_days)
    return np.where(usable.any(axis=0), np.argmax(usable, axis=0), -1).astype(np.int64)


def pick(values: Sequence[FloatArray], choice: IntArray) -> FloatArray:
    """The chosen candidate's value at each day, NaN where there is none."""
    stacked = np.stack(values)
    return np.where(choice >= 0, stacked[np.maximum(choice, 0), np.arange(len(choice))], np.nan)


def pick_days(days: Sequence[Days], choice: IntArray) -> Days:
    stacked = np.stack(days)
    return np.where(choice >= 0, stacked[np.maximum(choice, 0), np.arange(len(choice))], np.datetime64("NaT", "D"))
