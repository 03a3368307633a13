"""Focus medians as columns by horizon: twelve months ahead, this calendar year and the next ones, and by meeting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.catalog.meetings import Meetings
from desk.point_in_time.as_of_grid import Grid, Latest, latest_known

INDICATORS = {"ipca": "IPCA", "selic": "Selic", "fx": "Câmbio", "gdp": "PIB Total"}
HORIZONS = {"ipca": 4, "selic": 2, "fx": 2, "gdp": 3}
TWELVE_MONTHS = ("12m_smoothed", "12m")
"""References of the twelve-month inflation survey, the smoothed one first: it does not jump at the end of a month."""
MAX_AGE_DAYS = 21

MEETINGS_AHEAD = 4
"""Number of Copom decisions whose Focus median becomes a column. The next decision is 1, also on its own day."""

COLUMNS: tuple[str, ...] = (
    "focus_ipca_12m",
    *(f"focus_{key}_y{ahead}" for key, count in HORIZONS.items() for ahead in range(count)),
    *(f"focus_selic_meeting_{ahead}" for ahead in range(1, MEETINGS_AHEAD + 1)),
)


def focus_columns(expectation: pl.DataFrame, grid: Grid, meetings: Meetings) -> dict[str, tuple[FloatArray, Days]]:
    """Medians and survey dates by column name, (T,) each.

    Only surveys of the last 30 days' respondents (base 0) or without a base (-1) are read.
    """
    medians = expectation.filter(
        pl.col("base").is_in([0, -1]), pl.col("indicator").is_in(list(INDICATORS.values()))
    ).with_columns(pl.concat_str("indicator", "reference", separator="|").alias("entity"))
    latest = latest_known(medians, "entity", "median", grid)
    years = grid.days.astype("datetime64[Y]").astype(np.int64) + 1970
    columns = {"focus_ipca_12m": _first_known(latest, [f"IPCA|{reference}" for reference in TWELVE_MONTHS], grid)}
    for key, count in HORIZONS.items():
        for ahead in range(count):
            columns[f"focus_{key}_y{ahead}"] = _by_reference(
                latest, INDICATORS[key], [str(year) for year in years + ahead], grid
            )
    decisions = np.array(meetings.copom, dtype="datetime64[D]")
    names = copom_names(decisions)
    following = np.searchsorted(decisions, grid.days, side="left")
    for ahead in range(1, MEETINGS_AHEAD + 1):
        positions = following + ahead - 1
        references = [names[place] if place < len(names) else "" for place in positions]
        columns[f"focus_selic_meeting_{ahead}"] = _by_reference(latest, "Selic", references, grid)
    return columns


def copom_names(decisions: Days) -> list[str]:
    """`R4/2028`, as Focus names the fourth decision of 2028, for each of the ascending `decisions`."""
    years = decisions.astype("datetime64[Y]").astype(np.int64) + 1970
    first = np.searchsorted(years, years, side="left")
    return [f"R{place - start + 1}/{year}" for place, (start, year) in enumerate(zip(first, years, strict=True))]


def _first_known(latest: Latest, entities: list[str], grid: Grid) -> tuple[FloatArray, Days]:
    value, obs = _blank(grid)
    for entity in entities:
        candidate, dates = _column(latest, entity, grid)
        take = np.isnan(value) & np.isfinite(candidate)
        value, obs = np.where(take, candidate, value), np.where(take, dates, obs)
    return value, obs


def _by_reference(latest: Latest, indicator: str, references: Sequence[str], grid: Grid) -> tuple[FloatArray, Days]:
    """For each day the median for that day's reference. `references`: one per day."""
    value, obs = _blank(grid)
    reference_of_day = np.array(references)
    for reference in np.unique(reference_of_day):
        candidate, dates = _column(latest, f"{indicator}|{reference}", grid)
        take = reference_of_day == reference
        value, obs = np.where(take, candidate, value), np.where(take, dates, obs)
    return value, obs


def _column(latest: Latest, entity: str, grid: Grid) -> tuple[FloatArray, Days]:
    if entity not in latest.entities:
        return _blank(grid)
    index = latest.entities.index(entity)
    value, obs = latest.values[:, index], latest.obs_dates[:, index]
    fresh = ~np.isnat(obs) & ((grid.days - obs).astype("timedelta64[D]").astype(np.float64) <= MAX_AGE_DAYS)
    return np.where(fresh, value, np.nan), np.where(fresh, obs, np.datetime64("NaT", "D"))


def _blank(grid: Grid) -> tuple[FloatArray, Days]:
    return np.full(len(grid), np.nan), np.full(len(grid), np.datetime64("NaT", "D"))
