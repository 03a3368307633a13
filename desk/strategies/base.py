"""What every strategy is: declared inputs, legs and history, and a pure score over a panel of days.

A score of +1 means: do the legs as written, at full conviction; -1 the reverse. A leg's sign is that of the contract
position: + is long the price (receive for rates, long USD for DOL, long the index for IND).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.errors import BadInput, MissingInput
from desk.units import DAYS_PER_YEAR

FULL_CONVICTION_Z = 2.0
"""The z-score at which a view is as strong as it gets: two standard deviations, the usual entry of mean-reversion and
carry books. Linear below it, so that a score keeps its meaning in units of z."""

Columns = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Leg:
    """One instrument and the contract side taken per unit of positive score."""

    instrument: str
    sign: float


class Strategy(ABC):
    """One strategy. `components` are its signed parts in conviction units (-1..1), averaged over those known."""

    id: ClassVar[str]
    asset_class: ClassVar[str]
    idea: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    legs: ClassVar[tuple[Leg, ...]]
    min_history: ClassVar[int] = DAYS_PER_YEAR
    fewest_components: ClassVar[int] = 1
    fresh_bd: ClassVar[int] = 3
    """Business days that the oldest input may be old before the signal counts as stale."""

    @abstractmethod
    def components(self, values: Columns) -> dict[str, FloatArray]:
        """Signed parts of the score by name, (T,) each in [-1, 1], NaN where the inputs are unknown."""

    def score(self, values: pl.DataFrame) -> pl.DataFrame:
        """Columns day, score (-1..1, null where unknown), confidence (share of components known, 0..1).

        Raises MissingInput when a declared input is not a column of `values`.
        """
        return self.mean_of(values["day"], self.parts(values))

    def mean_of(self, day: pl.Series, parts: Mapping[str, FloatArray]) -> pl.DataFrame:
        """The score that `parts` make, as `score` gives it."""
        stacked = np.stack(list(parts.values()))
        known = np.isfinite(stacked)
        count = known.sum(axis=0)
        mean = np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(count, 1)
        score = np.where(count >= self.fewest_components, np.clip(mean, -1.0, 1.0), np.nan)
        confidence = np.where(np.isfinite(score), count / len(parts), 0.0)
        return pl.DataFrame({"day": day, "score": score, "confidence": confidence}, nan_to_null=True)

    def parts(self, values: pl.DataFrame) -> dict[str, FloatArray]:
        """`components` of a frame, unknown before `min_history` days.

        Raises MissingInput for a declared input that is no column, BadInput for days that do not ascend.
        """
        absent = [name for name in self.inputs if name not in values.columns]
        if absent:
            raise MissingInput(f"{self.id}: the panel has no {', '.join(absent)}")
        if not values["day"].is_sorted() or values["day"].is_duplicated().any():
            raise BadInput(f"{self.id}: the panel's days do not ascend one by one")
        columns = {name: finite(values[name]) for name in self.inputs}
        parts = self.components(columns)
        for part in parts.values():
            part[: self.min_history - 1] = np.nan
        return parts


def finite(column: pl.Series) -> FloatArray:
    """(T,) with NaN for null, NaN and infinities: none of them is a number to hold a view on."""
    values = column.to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def conviction(z: FloatArray, full: float = FULL_CONVICTION_Z) -> FloatArray:
    """The conviction map: z / full, clipped to [-1, 1]. A new array; NaN stays NaN."""
    return np.asarray(np.clip(z / full, -1.0, 1.0))


def inside_window(days_to: FloatArray, days_since: FloatArray, before: int, after: int) -> FloatArray:
    """1 from `before` business days ahead of an event to `after` days behind it, NaN elsewhere. Shapes: (T,).

    NaN, not 0: outside its window a strategy has no opinion, and must not dilute those that have one.
    """
    return np.where((days_to <= before) | (days_since <= after), 1.0, np.nan)


def json_rows(parts: Mapping[str, FloatArray], length: int) -> list[str]:
    """One JSON object a day of the known parts, rounded to six digits so that the text is stable. Length (T,)."""
    columns = {name: part.tolist() for name, part in parts.items()}
    return [
        json.dumps({name: round(column[t], 6) for name, column in columns.items() if column[t] == column[t]})
        for t in range(length)
    ]


def missing_rows(values: pl.DataFrame, inputs: tuple[str, ...]) -> list[str]:
    """One JSON list a day of the inputs that are unknown. Length (T,)."""
    unknown = values.select(pl.col(name).is_null() for name in inputs).to_numpy()
    texts = {pattern: json.dumps([inputs[i] for i in np.flatnonzero(pattern)]) for pattern in set(map(tuple, unknown))}
    return [texts[tuple(row)] for row in unknown]
