"""Focus medians as columns by horizon: twelve months ahead, this calendar year and the next ones, and by meeting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.catalog.meetings import Meetings
from desk.point_in_time.as_of_grid import NAT, Grid, Latest, latest_known
from desk.point_in_time.provenance import NEVER, NO_PAYLOAD, ColumnOrigin, InputTable

INDICATORS = {"ipca": "IPCA", "selic": "Selic", "fx": "Câmbio", "gdp": "PIB Total"}
HORIZONS = {"ipca": 4, "selic": 2, "fx": 2, "gdp": 3}
TWELVE_MONTHS = ("12m_smoothed", "12m")
"""References of the twelve-month inflation survey, the smoothed one first (it does not jump at the month's turn)."""
TWELVE_MONTH_INPUTS = ("focus_ipca_12m", "focus_ipca_12m_unsmoothed")
"""The same as input ids."""
MAX_AGE_DAYS = 21

MEETINGS_AHEAD = 4
"""Number of Copom decisions whose Focus median becomes a column. The next decision is 1, also on its own day."""

COLUMNS: tuple[str, ...] = (
    "focus_ipca_12m",
    *(f"focus_{key}_y{ahead}" for key, count in HORIZONS.items() for ahead in range(count)),
    *(f"focus_selic_meeting_{ahead}" for ahead in range(1, MEETINGS_AHEAD + 1)),
    "focus_ipca_next",
)


@dataclass(frozen=True)
class FocusColumn:
    """One column, (T,): the median, the survey's date and the origin of both; NaN and NaT where unknown or too old."""

    values: FloatArray
    obs_dates: Days
    origin: ColumnOrigin


def focus_columns(
    expectation: pl.DataFrame, grid: Grid, meetings: Meetings, last_ipca: Days, inputs: InputTable
) -> dict[str, FocusColumn]:
    """Medians by column name. Respondents of the last 30 days (base 0) only.

    `last_ipca` (T,): the newest month whose IPCA is known on each day, NaT for none; the survey asks for the next one.
    """
    medians = expectation.filter(
        pl.col("base").is_in([0, -1]), pl.col("indicator").is_in(list(INDICATORS.values()))
    ).with_columns(input_id().alias("entity"))
    survey = _Survey(latest_known(medians, "entity", "median", grid), grid, inputs)
    years = grid.days.astype("datetime64[Y]").astype(np.int64) + 1970
    columns = {"focus_ipca_12m": survey.first_known(TWELVE_MONTH_INPUTS)}
    for key, count in HORIZONS.items():
        for ahead in range(count):
            columns[f"focus_{key}_y{ahead}"] = survey.column([f"focus_{key}_{year}" for year in years + ahead])
    decisions = np.array(meetings.copom, dtype="datetime64[D]")
    names = copom_names(decisions)
    following = np.searchsorted(decisions, grid.days, side="left")
    for ahead in range(1, MEETINGS_AHEAD + 1):
        places = following + ahead - 1
        meeting = [f"focus_selic_{names[place]}" if place < len(names) else "" for place in places]
        columns[f"focus_selic_meeting_{ahead}"] = survey.column(meeting)
    columns["focus_ipca_next"] = survey.column([_month_after(day) for day in last_ipca])
    return columns


def _month_after(day: np.datetime64) -> str:
    """`focus_ipca_11/2026`, the input of the month after the one of `day`; empty for NaT."""
    if np.isnat(day):
        return ""
    year, month = str(day.astype("datetime64[M]") + 1).split("-")
    return f"focus_ipca_{month}/{year}"


def input_id() -> pl.Expr:
    """The input that a Focus row is about: `focus_ipca_12m` (the smoothed survey), `focus_ipca_12m_unsmoothed`,
    `focus_selic_2027`, `focus_selic_R4/2028`."""
    short = {label: key for key, label in INDICATORS.items()}
    reference = pl.col("reference").replace({"12m_smoothed": "12m", "12m": "12m_unsmoothed"})
    return pl.concat_str(pl.lit("focus"), pl.col("indicator").replace(short), reference, separator="_")


def copom_names(decisions: Days) -> list[str]:
    """`R4/2028`, as Focus names the fourth decision of 2028, for each of the ascending `decisions`."""
    years = decisions.astype("datetime64[Y]").astype(np.int64) + 1970
    first = np.searchsorted(years, years, side="left")
    return [f"R{place - start + 1}/{year}" for place, (start, year) in enumerate(zip(first, years, strict=True))]


class _Survey:
    """The newest medians known at each day of a grid, by input id."""

    def __init__(self, latest: Latest, grid: Grid, inputs: InputTable) -> None:
        self.latest, self.grid, self.inputs = latest, grid, inputs
        self.place = {name: index for index, name in enumerate(latest.entities)}

    def column(self, entities: Sequence[str]) -> FocusColumn:
        """The median of the day's own entity. `entities`: one per day."""
        return self._read(np.array([self.place.get(name, -1) for name in entities], dtype=np.int64))

    def first_known(self, entities: Sequence[str]) -> FocusColumn:
        """At each day the first of `entities` that has a fresh median."""
        place = np.full(len(self.grid), -1, dtype=np.int64)
        for name in entities:
            candidate = np.full(len(self.grid), self.place.get(name, -1), dtype=np.int64)
            place = np.where((place < 0) & np.isfinite(self._read(candidate).values), candidate, place)
        return self._read(place)

    def _read(self, place: IntArray) -> FocusColumn:
        """The columns `place` (T,) of the survey, -1 for none; a median older than MAX_AGE_DAYS is none."""
        if not self.latest.entities:
            blank = np.full(len(self.grid), np.nan)
            return FocusColumn(blank, np.full(len(self.grid), NAT), self.inputs.unknown(len(self.grid)))
        at = np.arange(len(self.grid)), np.maximum(place, 0)
        dates = self.latest.obs_dates[at]
        age = (self.grid.days - dates).astype("timedelta64[D]").astype(np.float64)
        fresh = (place >= 0) & ~np.isnat(dates) & (age <= MAX_AGE_DAYS) & np.isfinite(self.latest.values[at])
        numbers = np.array([self.inputs.number((name,)) for name in self.latest.entities], dtype=np.int64)
        return FocusColumn(
            np.where(fresh, self.latest.values[at], np.nan),
            np.where(fresh, dates, NAT),
            ColumnOrigin(
                np.where(fresh, numbers[at[1]], 0),
                np.where(fresh, self.latest.knowledge_times[at], NEVER),
                np.where(fresh, self.latest.payload_ids[at], NO_PAYLOAD),
            ),
        )
