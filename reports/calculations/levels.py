"""Market levels: today's value of a feature, its changes over a day, a week, a month and a year, and its z-score.

A change is today's value less the value that the desk knew at 06:00 of an earlier day: what a reader gets who compares
the two pages. There is no change where no newer observation has arrived since.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from desk.frames import parts_by
from reports.elements.formats import finite_or_none
from reports.elements.report_data import ReportData, with_day

SPANS: tuple[tuple[str, int], ...] = (("1d", 1), ("1w", 7), ("1m", 30), ("1y", 365))
"""(name, calendar days back). The earlier value is that of the last decision on or before that day."""
OLDEST_MATCH_DAYS = 10
"""The earlier decision may be this many calendar days before the reference day; else there is no earlier value."""
Z_MINIMUM = 60
"""Fewest days of history for a z-score."""


@dataclass(frozen=True, slots=True)
class Level:
    """One feature today, in its own unit. `before` and `fresh` by the names in SPANS.

    `path`: its history, oldest first, today last. `z`: today's z-score in `path`; None below Z_MINIMUM days. `z_days`:
    the days of `path` with a number.
    """

    feature_id: str
    value: float
    obs_date: dt.date | None
    before: dict[str, float | None]
    fresh: dict[str, bool]
    """Whether a newer observation has arrived since then."""
    z: float | None
    z_days: int
    path: tuple[float, ...]

    def change(self, span: str) -> float | None:
        """Today's value less the earlier one; None where one is unknown or nothing newer was observed."""
        earlier = self.before[span]
        return None if earlier is None or not self.fresh[span] else self.value - earlier

    def change_fraction(self, span: str) -> float | None:
        """The relative change as a fraction; None as in `change`, and for an earlier value of zero."""
        earlier = self.before[span]
        return None if not earlier or not self.fresh[span] else self.value / earlier - 1.0


@dataclass(frozen=True)
class Levels:
    """The levels of one decision, read from the table `feature` and its history."""

    data: ReportData

    @cached_property
    def _by_id(self) -> dict[str, pl.DataFrame]:
        rows = with_day(self.data.history("feature")).filter(pl.col("value").is_not_null())
        return parts_by(rows, "feature_id")

    @cached_property
    def _found(self) -> dict[str, Level | None]:
        return {}

    def get(self, feature_id: str) -> Level | None:
        """The level at the decision; None where its value is not known."""
        if feature_id not in self._found:
            self._found[feature_id] = self._level(feature_id)
        return self._found[feature_id]

    def _level(self, feature_id: str) -> Level | None:
        rows = self._by_id.get(feature_id)
        if rows is None or rows["day"][-1] != self.data.day:
            return None
        value = finite_or_none(rows["value"][-1])
        if value is None:
            return None
        before, fresh = {}, {}
        for span, back in SPANS:
            earlier = _at(rows, self.data.day - dt.timedelta(days=back))
            before[span] = earlier[0] if earlier else None
            fresh[span] = bool(earlier) and earlier[1] != rows["obs_date"][-1]  # type: ignore[index]
        path = rows["value"].to_numpy()
        z, count = z_score(path)
        return Level(feature_id, value, rows["obs_date"][-1], before, fresh, z, count, tuple(path.tolist()))

    def curve(self, prefix: str, back_days: int = 0) -> list[tuple[int, float]]:
        """(tenor_bd, annual rate) of `<prefix>_<tenor_bd>` as known `back_days` calendar days ago, by tenor."""
        points = []
        for name, rows in self._by_id.items():
            stem, _, tail = name.rpartition("_")
            if stem != prefix or not tail.isdigit():
                continue
            found = _at(rows, self.data.day - dt.timedelta(days=back_days))
            exact = back_days > 0 or rows["day"][-1] == self.data.day
            if found is not None and exact:
                points.append((int(tail), found[0]))
        return sorted(points)


def levels_of(data: ReportData) -> Levels:
    """The levels of a report's decision, sorted out once for all that reads them."""
    return data.once(Levels, lambda: Levels(data))


def z_score(path: np.ndarray) -> tuple[float | None, int]:
    """(last value - mean) / standard deviation (n - 1) of the finite values, and their count. None below Z_MINIMUM."""
    clean = path[np.isfinite(path)]
    if clean.size < Z_MINIMUM:
        return None, int(clean.size)
    spread = float(clean.std(ddof=1))
    return (float((clean[-1] - clean.mean()) / spread) if spread > 1e-12 else None), int(clean.size)


def _at(rows: pl.DataFrame, day: dt.date) -> tuple[float, dt.date | None] | None:
    """(value, obs_date) of the last decision on or before `day`, within OLDEST_MATCH_DAYS of it."""
    place = int(rows["day"].search_sorted(day, side="right")) - 1
    if place < 0 or (day - rows["day"][place]).days > OLDEST_MATCH_DAYS:
        return None
    return float(rows["value"][place]), rows["obs_date"][place]
