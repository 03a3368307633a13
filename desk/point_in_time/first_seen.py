"""Publication rules against when we first saw each number: at which fetch it was there, and whether its rule says so.

Only numbers that came due while we were watching count: those of a first load or a backfill say nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.catalog import Catalog
from desk.point_in_time.publication_rules import publication_times

GRACE = dt.timedelta(hours=1)
"""The tries of one morning: a number of the second is a number of the first look."""
OFTEN = 0.1
FEWEST = 5


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """Of one series: how many numbers came due, how many were there before that, how many not yet at the first look
    after it. `latest_hours`: the largest of the times from due to seen; `earliest_hours`: the largest the other way."""

    series: str
    rule: str
    due: int
    early: int
    late: int
    earliest_hours: float
    latest_hours: float

    @property
    def verdict(self) -> str:
        """What becomes of the rule, in words; empty where it holds, or too little was seen."""
        if self.due < FEWEST:
            return ""
        if self.late > OFTEN * self.due:
            return f"the rule is early: {self.late} of {self.due} came later, up to {self.latest_hours:.0f} h"
        if self.early == self.due:
            return f"the rule is late: all {self.due} were there before, up to {self.earliest_hours:.0f} h"
        return ""


def first_seen(seen: pl.DataFrame, looks: Mapping[str, list[dt.datetime]], catalog: Catalog) -> list[FirstSeen]:
    """By series, in the catalogue's order. `seen`: series_id, obs_date, seen (the first fetch that brought a number of
    that date); `looks`: dataset -> the times of its fetches, ascending."""
    found = []
    for series in catalog.series.values():
        rows = seen.filter(series_id=series.id)
        times = looks.get(series.dataset, [])
        if rows.is_empty() or not times:
            continue
        due = publication_times(catalog.rules[series.rule], rows["obs_date"])
        watched = rows.with_columns(due=due).filter(pl.col("due") >= times[0])
        if watched.is_empty():
            continue
        gaps = (watched["seen"] - watched["due"]).dt.total_seconds().to_numpy() / 3600.0
        found.append(
            FirstSeen(
                series.id,
                series.rule,
                watched.height,
                int((gaps < 0).sum()),
                sum(_is_late(one, other, times) for one, other in watched.select("due", "seen").iter_rows()),
                float(np.maximum(-gaps, 0.0).max()),
                float(np.maximum(gaps, 0.0).max()),
            )
        )
    return found


def _is_late(due: dt.datetime, seen: dt.datetime, looks: list[dt.datetime]) -> bool:
    """Whether a look between the two found nothing."""
    first = next((look for look in looks if look >= due), None)
    return first is not None and seen > first + GRACE
