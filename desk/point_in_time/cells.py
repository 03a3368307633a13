"""Ledger cells: the days, weeks or months of a dataset that the ledger records one by one, and which of them are due.

A date names each cell: a business day of the dataset's calendar, the Tuesday of a week, or the first of a month.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk import calendars
from desk.model import Dataset, PublicationRule, Window
from desk.point_in_time.publication_rules import publication_times


def cells(dataset: Dataset, window: Window) -> list[dt.date]:
    """The cells of `dataset` in `window`, ascending."""
    if dataset.cell == "day":
        return calendars.by_name(dataset.calendar).days(window.start, window.end)
    every = pl.date_range(window.start, window.end, interval="1d", eager=True)
    if dataset.cell == "week":
        return every.filter(every.dt.weekday() == 2).to_list()
    return every.filter(every.dt.day() == 1).to_list()


def cell_of(dataset: Dataset, obs_dates: pl.Series) -> pl.Series:
    """The cell of each obs_date. Shape: one for each date. A date outside the calendar is its own cell."""
    if dataset.cell == "week":
        return obs_dates.dt.truncate("1w") + dt.timedelta(days=1)
    if dataset.cell == "month":
        return obs_dates.dt.truncate("1mo")
    return obs_dates


def due(rule: PublicationRule, days: list[dt.date], as_of: dt.datetime) -> list[dt.date]:
    """Those of `days` whose numbers are public at `as_of` by the rule, in the order of `days`."""
    if not days:
        return []
    series = pl.Series("obs_date", days, dtype=pl.Date)
    return series.filter(publication_times(rule, series) <= as_of).to_list()
