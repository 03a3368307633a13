"""Inputs of the agents' models: monthly series in every vintage, and market series sampled once a week.

A model is fitted on years before the panel's first day, so its data are not the panel's columns. Monthly series are
kept as vintages, one after each release. Market series are sampled as known at the first decision of each week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.catalog import Catalog
from desk.catalog.fallbacks import ColumnFallback
from desk.frames import parts_by
from desk.point_in_time.as_of_grid import NAT, Grid, latest_known, too_old
from desk.point_in_time.source_choice import choose, pick, pick_days
from desk.transforms import expectations, vintage_transforms
from desk.transforms.monthly import VINTAGE_TRANSFORMS
from desk.transforms.vintage_transforms import SeriesVintages, series_vintages

WEEKS = 160
"""Weeks kept before the panel's first day: the three years of prices that a run reads before that day."""


@dataclass(frozen=True)
class WeeklySamples:
    """Columns (W,) as known at the first decision day of each week.

    `rows` (W,): panel row from which each week is known; 0 for the weeks before the panel. `periods` (W,): the obs_date
    of each value, NaT where none is known.
    """

    days: Days
    rows: IntArray
    columns: Mapping[str, FloatArray]
    periods: Mapping[str, Days]


@dataclass(frozen=True)
class ModelInputs:
    """Data of the agents' models.

    `monthly`: vintages by series id, or by name for the survey means and surprises. `weekly` may be empty.
    """

    monthly: Mapping[str, SeriesVintages] = field(default_factory=dict)
    weekly: WeeklySamples = field(default_factory=lambda: WeeklySamples(_NO_DAYS, np.empty(0, dtype=np.int64), {}, {}))

    def head(self, count: int) -> ModelInputs:
        """What was known on the panel's first `count` days."""
        monthly = {name: _known_before(vintages, count) for name, vintages in self.monthly.items()}
        keep = self.weekly.rows < count
        weekly = WeeklySamples(
            self.weekly.days[keep],
            self.weekly.rows[keep],
            {n: c[keep] for n, c in self.weekly.columns.items()},
            {n: d[keep] for n, d in self.weekly.periods.items()},
        )
        return ModelInputs(monthly, weekly)


_NO_DAYS: Days = np.empty(0, dtype="datetime64[D]")


def _known_before(vintages: SeriesVintages, count: int) -> SeriesVintages:
    """The vintages known before grid row `count`."""
    keep = vintages.rows < count
    return SeriesVintages(vintages.rows[keep], vintages.dates, vintages.values[keep])


def monthly_vintages(
    published: pl.DataFrame, grid: Grid, names: Sequence[str], ready: Mapping[str, SeriesVintages]
) -> dict[str, SeriesVintages]:
    """Vintages of each monthly series of `names`; a series that `ready` holds is taken from it."""
    missing = [name for name in names if name not in ready]
    parts = parts_by(published.filter(pl.col("series_id").is_in(missing)), "series_id")
    empty = published.clear()
    made = {name: series_vintages(parts.get(name, empty), grid, monthly=True) for name in missing}
    return {name: ready[name] if name in ready else made[name] for name in names}


def weekly_samples(
    published: pl.DataFrame,
    grid: Grid,
    names: Sequence[str],
    transforms: Sequence[str],
    chosen: Sequence[ColumnFallback],
    catalog: Catalog,
) -> WeeklySamples:
    """Series `names` and transforms `transforms`, as known at the first B3 day of each week.

    The weeks run from WEEKS before the grid's first day to its last day. A column of `chosen` takes, in each week, the
    candidate that its order in fallbacks.toml selects.
    """
    first = grid.days[0].item()
    span = np.array(calendars.b3().days(first - dt.timedelta(weeks=WEEKS), grid.days[-1].item()), dtype="datetime64[D]")
    # weeks begin on Monday; the first day of 1970 was a Thursday
    week = (span.astype(np.int64) + 3) // 7
    days = span[np.flatnonzero(np.diff(week, prepend=-1))][1:]
    weeks = Grid.of([day.item() for day in days])
    latest = latest_known(published.filter(pl.col("series_id").is_in(list(names))), "series_id", "value", weeks)
    old = too_old(latest.obs_dates, weeks, [catalog.series[name].max_age_days for name in latest.entities])
    values = np.where(old, np.nan, latest.values)
    columns = {name: np.full(len(days), np.nan) for name in names}
    dates: dict[str, Days] = {name: np.full(len(days), NAT) for name in names}
    columns |= {name: values[:, index] for index, name in enumerate(latest.entities)}
    dates |= {name: latest.obs_dates[:, index] for index, name in enumerate(latest.entities)}
    for spec in VINTAGE_TRANSFORMS:
        if spec.name in transforms:
            series = published.filter(pl.col("series_id") == spec.series)
            changed, _, dates_known = vintage_transforms.apply_transform(
                spec, series_vintages(series, weeks, monthly=True), weeks
            )
            aged = too_old(dates_known[:, None], weeks, [catalog.series[spec.series].max_age_days])[:, 0]
            columns[spec.name], dates[spec.name] = np.where(aged, np.nan, changed), dates_known
    for order in chosen:
        candidates = [columns[name] for name in order.candidates]
        seen = [dates[name] for name in order.candidates]
        choice = choose(seen, [np.isfinite(one) for one in candidates], order.patience_days)
        columns[order.name], dates[order.name] = pick(candidates, choice), pick_days(seen, choice)
    return WeeklySamples(days, np.searchsorted(grid.days, days, side="left").astype(np.int64), columns, dates)


def monthly_survey_means(expectation: pl.DataFrame, grid: Grid) -> SeriesVintages:
    """Monthly means of the Focus medians of twelve-month inflation, known from the first decision of the next month."""
    rows = expectation.filter(
        pl.col("indicator") == "IPCA",
        pl.col("reference").is_in(list(expectations.TWELVE_MONTHS)),
        pl.col("base").is_in([0, -1]),
        pl.col("median").is_finite(),
    )
    rank = pl.col("reference").replace_strict(
        {name: index for index, name in enumerate(expectations.TWELVE_MONTHS)}, return_dtype=pl.Int8
    )
    chosen = rows.sort(rank, "knowledge_time").unique("obs_date", keep="first", maintain_order=True)
    return completed_month_means(chosen.rename({"median": "value"}), grid)


def inflation_surprises(expectation: pl.DataFrame, releases: pl.DataFrame, grid: Grid) -> SeriesVintages:
    """First release of each month's IPCA less the last Focus monthly median known before it, fractions per month.

    Positive: inflation above the survey. `releases`: obs_date, knowledge_time, value of the monthly change. A month
    without a survey is unknown.
    """
    first = releases.sort("knowledge_time").unique("obs_date", keep="first", maintain_order=True)
    survey = (
        expectation.filter(
            pl.col("indicator") == "IPCA",
            pl.col("reference").str.contains(r"^\d{2}/\d{4}$"),
            pl.col("base").is_in([0, -1]),
            pl.col("median").is_finite(),
        )
        .with_columns(pl.col("reference").str.to_date("%m/%Y", strict=False).alias("month"))
        .select(
            "month", "median", pl.col("obs_date").alias("survey_date"), pl.col("knowledge_time").alias("survey_known")
        )
    )
    found = (
        first.join(survey, left_on="obs_date", right_on="month", how="inner")
        .filter(pl.col("survey_known") < pl.col("knowledge_time"))
        .sort("obs_date", "survey_date", "survey_known")
        .unique("obs_date", keep="last", maintain_order=True)
        .select("obs_date", "knowledge_time", (pl.col("value") - pl.col("median")).alias("value"))
    )
    return series_vintages(found, grid, monthly=True)


def completed_month_means(frame: pl.DataFrame, grid: Grid) -> SeriesVintages:
    """Means by month of `obs_date` of the values known by the month's end, each known from the next month on.

    Values that become known later are left out, so a mean is never revised. `frame`: obs_date, knowledge_time, value.
    """
    if not frame.height:
        return SeriesVintages(np.empty(0, dtype=np.int64), _NO_DAYS, np.empty((0, 0)))
    months = frame.select(pl.col("obs_date").dt.truncate("1mo").unique().sort())["obs_date"]
    b3 = calendars.b3()
    opening = [b3.on_or_after((month + dt.timedelta(days=32)).replace(day=1)) for month in months]
    instants = pl.Series("opens", Grid.of(opening).as_of_us).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    ends = pl.DataFrame({"month": months, "opens": instants})
    means = (
        frame.with_columns(pl.col("obs_date").dt.truncate("1mo").alias("month"))
        .join(ends, on="month")
        .filter(pl.col("knowledge_time") <= pl.col("opens"))
        .group_by("month")
        .agg(pl.col("value").mean(), pl.col("opens").first())
        .rename({"month": "obs_date", "opens": "knowledge_time"})
        .sort("obs_date")
    )
    return series_vintages(means, grid, monthly=True)
