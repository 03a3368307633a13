"""Inflation targets by day, and the IPCA index accrued daily from one 15th to the next (the rule of NTN-B and DAP)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.catalog import read_toml
from desk.errors import BadCatalog
from desk.point_in_time.as_of_grid import Grid, at_rows
from desk.transforms.vintage_transforms import series_vintages

INDEX_BASE_MONTH = np.datetime64("1993-12", "M")
INDEX_BASE = 100.0


@dataclass(frozen=True)
class InflationTargets:
    """Targets and tolerance bands, fractions per year. Source: CMN resolutions.

    `by_year`: target of each calendar year; `tolerance_from`: band on each side, by the first year that has it.
    """

    by_year: dict[int, float]
    tolerance_from: dict[int, float]

    def at(self, years: IntArray) -> FloatArray:
        """Target for each calendar year of `years` (N,); after the last year set, the last target; NaN before the
        first.
        """
        first, last = min(self.by_year), max(self.by_year)
        targets = [self.by_year.get(min(int(year), last), np.nan) if year >= first else np.nan for year in years]
        return np.array(targets, dtype=np.float64)

    def tolerance_at(self, years: IntArray) -> FloatArray:
        """Band on each side of the target of each calendar year (int array); NaN before the first."""
        since = np.array(sorted(self.tolerance_from))
        bands = np.array([np.nan, *(self.tolerance_from[year] for year in since.tolist())])
        return bands[np.searchsorted(since, years, side="right")]


def load_inflation_targets() -> InflationTargets:
    """The targets of inflation_targets.toml. Raises BadCatalog."""
    raw = read_toml("inflation_targets")
    try:
        targets, bands = (
            {int(year): float(rate) for year, rate in raw[name].items()} for name in ("target", "tolerance")
        )
    except (KeyError, ValueError, AttributeError) as error:
        raise BadCatalog(f"inflation_targets.toml: {error}") from error
    if not targets or not bands or min(bands) > min(targets) or min(bands.values()) <= 0:
        raise BadCatalog("inflation_targets.toml: every year with a target needs a positive tolerance")
    return InflationTargets(targets, bands)


def target_for_next_year(grid: Grid, targets: InflationTargets) -> FloatArray:
    """The target that monetary policy aims at on each day: that of the next calendar year. Shape: (T,)."""
    return targets.at(_next_year(grid))


def tolerance_for_next_year(grid: Grid, targets: InflationTargets) -> FloatArray:
    """The band on each side of that target. Shape: (T,)."""
    return targets.tolerance_at(_next_year(grid))


def _next_year(grid: Grid) -> IntArray:
    return grid.days.astype("datetime64[Y]").astype(np.int64) + 1971


def accrued_index(
    frame: pl.DataFrame, grid: Grid, expected_annual: FloatArray, *, monthly_changes: bool
) -> tuple[FloatArray, Days]:
    """IPCA index accrued to each day and the obs_date (month) of its base. Shapes: (T,).

    The index of month m is the level on the 15th of month m + 1. Until the next 15th it grows with the IPCA of month
    m + 1: the published change once known, before that the expected twelve-month rate `expected_annual` (T,) / 12 in
    logs. Days are ANBIMA business days. `frame` holds the index number, or monthly changes, which are chained from
    December 1993 = 100.
    Source: B3, DAP contract; ANBIMA, VNA of NTN-B.
    """
    history = series_vintages(frame, grid, monthly=True)
    blank = np.full(len(grid), np.nan), np.full(len(grid), np.datetime64("NaT", "D"))
    if not history.values.size:
        return blank
    months: Days = history.dates.astype("datetime64[M]")
    levels = _chained(history.values, months) if monthly_changes else history.values
    event = at_rows(history.rows, len(grid))
    start = _last_fifteenth(grid.days)
    base = start - 1
    index = (base - months[0]).astype(np.int64)
    now, later = _at(levels, event, index), _at(levels, event, index + 1)
    expected = np.log1p(expected_annual) / 12.0
    with np.errstate(divide="ignore", invalid="ignore"):
        published = np.log(later / now)
    growth = np.where(np.isfinite(published), published, expected)
    calendar = calendars.anbima()
    since = calendar.offset_array(start.astype("datetime64[D]") + 14, 0)
    until = calendar.offset_array((start + 1).astype("datetime64[D]") + 14, 0)
    share = calendar.count_array(since, grid.days) / calendar.count_array(since, until)
    level = now * np.exp(growth * np.maximum(share, 0.0))
    known = np.isfinite(level)
    return np.where(known, level, np.nan), np.where(known, base.astype("datetime64[D]"), np.datetime64("NaT", "D"))


def _last_fifteenth(days: Days) -> Days:
    """Month of the 15th on or before each day."""
    month: Days = days.astype("datetime64[M]")
    of_month = (days - month.astype("datetime64[D]")).astype(np.int64) + 1
    return np.where(of_month >= 15, month, month - 1)


def _chained(changes: FloatArray, months: Days) -> FloatArray:
    """Index numbers from monthly changes since January 1994; NaN when an earlier month is missing."""
    from_base = months > INDEX_BASE_MONTH
    starts_at_base = bool((months[from_base][:1] == INDEX_BASE_MONTH + 1).all())
    logs = np.where(from_base[None, :], np.log1p(changes), 0.0)
    levels = INDEX_BASE * np.exp(np.cumsum(logs, axis=1))
    return np.where(from_base[None, :] & starts_at_base, levels, np.nan)


def _at(levels: FloatArray, event: IntArray, column: IntArray) -> FloatArray:
    inside = (event >= 0) & (column >= 0) & (column < levels.shape[1])
    picked = levels[np.maximum(event, 0), np.clip(column, 0, levels.shape[1] - 1)]
    return np.where(inside, picked, np.nan)
