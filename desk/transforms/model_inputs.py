"""What the agents' models are fitted on: monthly series in every vintage, and markets sampled once a week.

A model's window reaches back years before a panel's first day, so it is not made of the panel's columns. Monthly series
are kept as snapshots, one after each release; markets as they were known at the first decision of each week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from desk import calendars
from desk.arrays import FloatArray
from desk.calendars import Days
from desk.catalog import Catalog
from desk.catalog.fallbacks import ColumnFallback
from desk.point_in_time.as_of_grid import NAT, Grid, Rows, latest_known, too_old
from desk.point_in_time.source_choice import choose, pick
from desk.transforms import expectations, vintage_transforms
from desk.transforms.monthly import OBSERVED
from desk.transforms.vintage_transforms import Snapshots, snapshots

WEEKS = 160
"""Weeks kept before the panel's first day: the three years of prices that a run reads before it."""


@dataclass(frozen=True)
class Weekly:
    """Columns (W,) as known at the first decision day of each week; `rows` (W,) is the panel's row from which each
    week may be used: 0 for the weeks before the panel."""

    days: Days
    rows: Rows
    columns: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Histories:
    """`monthly`: snapshots by series id, and by name for what is made of surveys. `weekly` may be empty."""

    monthly: Mapping[str, Snapshots] = field(default_factory=dict)
    weekly: Weekly = field(default_factory=lambda: Weekly(_NO_DAYS, np.empty(0, dtype=np.int64), {}))

    def head(self, count: int) -> Histories:
        """As a panel of the first `count` days would hold them."""
        monthly = {name: _cut(snapshot, count) for name, snapshot in self.monthly.items()}
        keep = self.weekly.rows < count
        weekly = Weekly(
            self.weekly.days[keep], self.weekly.rows[keep], {n: c[keep] for n, c in self.weekly.columns.items()}
        )
        return Histories(monthly, weekly)


_NO_DAYS: Days = np.empty(0, dtype="datetime64[D]")


def _cut(snapshot: Snapshots, count: int) -> Snapshots:
    keep = snapshot.rows < count
    return Snapshots(snapshot.rows[keep], snapshot.dates, snapshot.values[keep])


def monthly_histories(
    published: pl.DataFrame, grid: Grid, names: Sequence[str], ready: Mapping[str, Snapshots]
) -> dict[str, Snapshots]:
    """Snapshots of each monthly series of `names`, those in `ready` taken from there."""
    lacking = [name for name in names if name not in ready]
    parts = published.filter(pl.col("series_id").is_in(lacking)).partition_by("series_id", as_dict=True)
    empty = published.clear()
    made = {name: snapshots(parts.get((name,), empty), grid, monthly=True) for name in lacking}
    return {name: ready[name] if name in ready else made[name] for name in names}


def weekly_history(
    published: pl.DataFrame,
    grid: Grid,
    names: Sequence[str],
    transforms: Sequence[str],
    chosen: Sequence[ColumnFallback],
    catalog: Catalog,
) -> Weekly:
    """Series of `names` and `transforms` in observation time, at the first B3 day of each week: from WEEKS before the
    grid's first day to its last. A column of `chosen` is the candidate that its declared order takes in each week."""
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
    for spec in OBSERVED:
        if spec.name in transforms:
            series = published.filter(pl.col("series_id") == spec.series)
            changed, _, seen = vintage_transforms.apply(spec, snapshots(series, weeks, monthly=True), weeks)
            aged = too_old(seen[:, None], weeks, [catalog.series[spec.series].max_age_days])[:, 0]
            columns[spec.name], dates[spec.name] = np.where(aged, np.nan, changed), seen
    for order in chosen:
        candidates = [columns[name] for name in order.candidates]
        choice = choose(
            [dates[name] for name in order.candidates], [np.isfinite(one) for one in candidates], order.patience_days
        )
        columns[order.name] = pick(candidates, choice)
    return Weekly(days, np.searchsorted(grid.days, days, side="left").astype(np.int64), columns)


def monthly_survey(expectation: pl.DataFrame, grid: Grid) -> Snapshots:
    """Mean of the month's twelve-month inflation medians, known from the first decision of the next month on."""
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
    return completed_months(chosen.rename({"median": "value"}), grid)


def surprises(expectation: pl.DataFrame, releases: pl.DataFrame, grid: Grid) -> Snapshots:
    """First print of each month's IPCA less the last Focus monthly median known before it (fractions per month).

    `releases`: obs_date, knowledge_time, value of the monthly change. A month without a survey is unknown.
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
        .select("month", "median", pl.col("obs_date").alias("asked"), pl.col("knowledge_time").alias("told"))
    )
    found = (
        first.join(survey, left_on="obs_date", right_on="month", how="inner")
        .filter(pl.col("told") < pl.col("knowledge_time"))
        .sort("obs_date", "asked", "told")
        .unique("obs_date", keep="last", maintain_order=True)
        .select("obs_date", "knowledge_time", (pl.col("value") - pl.col("median")).alias("value"))
    )
    return snapshots(found, grid, monthly=True)


def completed_months(frame: pl.DataFrame, grid: Grid) -> Snapshots:
    """Means by month of `obs_date` of the values known by the month's end, each usable from the next month on.

    What is known later about a month is left out, so a mean never changes. `frame`: obs_date, knowledge_time, value.
    """
    if not frame.height:
        return Snapshots(np.empty(0, dtype=np.int64), _NO_DAYS, np.empty((0, 0)))
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
    return snapshots(means, grid, monthly=True)
