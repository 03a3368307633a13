"""The definition of a strategy: declared inputs, legs and history, and a score over a panel of days.

A score of +1 means the legs as written, at full conviction; -1 means the opposite. The sign of a leg is that of the
contract position: + is long the price (receive for rates, long USD for DOL, long the index for IND).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.errors import BadInput, MissingInput
from desk.units import DAYS_PER_YEAR

FULL_CONVICTION_Z = 2.0
"""The z-score of full conviction: two standard deviations, the usual entry level of mean-reversion and carry
strategies. Below it conviction is linear in z.
"""

Columns = Mapping[str, FloatArray]
Neutrality = Literal["dv01", "beta", "cash", "outright"]
"""What the legs are neutral to: the level of rates (equal DV01 on both sides), the market of the short side (no
covariance with it), money (equal value), or nothing."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One instrument, and the contract side for a positive score: +1 long the price, -1 short."""

    instrument: str
    sign: float


class Strategy(ABC):
    """One strategy. Its score is the mean of its known `components`, which are signed and in conviction units (-1 to
    1).

    No score before `min_history` days or with fewer than `min_components` known components.
    """

    id: ClassVar[str]
    asset_class: ClassVar[str]
    idea: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    legs: ClassVar[tuple[Leg, ...]]
    neutrality: ClassVar[Neutrality]
    """Of the legs as one package (desk/portfolio/packages.py); one that is not outright has legs on both sides."""
    min_history: ClassVar[int] = DAYS_PER_YEAR
    min_components: ClassVar[int] = 1
    stale_after_bd: ClassVar[int] = 3
    """Age of the oldest input, in business days, above which the signal counts as stale."""

    @abstractmethod
    def components(self, values: Columns) -> dict[str, FloatArray]:
        """Signed components of the score by name, (T,) each in [-1, 1], NaN where the inputs are unknown."""

    def score(self, values: pl.DataFrame) -> pl.DataFrame:
        """Columns day, score (-1 to 1, null where unknown), confidence (share of components known, 0 to 1).

        Raises MissingInput when a declared input is not a column of `values`.
        """
        return self.mean_of(values["day"], self.parts(values))

    def mean_of(self, day: pl.Series, parts: Mapping[str, FloatArray]) -> pl.DataFrame:
        """The frame of `score` from computed components."""
        stacked = np.stack(list(parts.values()))
        known = np.isfinite(stacked)
        count = known.sum(axis=0)
        mean = np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(count, 1)
        score = np.where(count >= self.min_components, np.clip(mean, -1.0, 1.0), np.nan)
        confidence = np.where(np.isfinite(score), count / len(parts), 0.0)
        return pl.DataFrame({"day": day, "score": score, "confidence": confidence}, nan_to_null=True)

    def parts(self, values: pl.DataFrame) -> dict[str, FloatArray]:
        """`components` of a frame, unknown before `min_history` days.

        Raises MissingInput for a declared input that is not a column, BadInput for days that are not strictly
        ascending.
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
    """A column as (T,), with NaN for null, NaN and infinities."""
    values = column.to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def conviction(z: FloatArray, full: float = FULL_CONVICTION_Z) -> FloatArray:
    """Conviction of a z-score (T,): z / full, clipped to [-1, 1]. Returns a new array; NaN stays NaN."""
    return np.asarray(np.clip(z / full, -1.0, 1.0))


def inside_window(days_to: FloatArray, days_since: FloatArray, before: int, after: int) -> FloatArray:
    """1 from `before` business days before an event to `after` days after it, NaN elsewhere. Shapes: (T,).

    NaN and not 0: outside its window a strategy has no view, and it must not dilute the views of others.
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
