"""The panel's columns of monthly series, read through the choice of their source, and what their vintages make."""

from __future__ import annotations

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.catalog import Catalog
from desk.catalog.fallbacks import ColumnFallback, Fallbacks
from desk.frames import parts_by
from desk.point_in_time import provenance
from desk.point_in_time.as_of_grid import NAT, at_rows, gather, gather_days, too_old
from desk.point_in_time.source_choice import choose, pick, pick_days
from desk.transforms import vintage_transforms
from desk.transforms.chosen_vintages import chosen_vintages
from desk.transforms.month_means import calendar_month_means
from desk.transforms.monthly import MODEL_SERIES, VINTAGE_TRANSFORMS
from desk.transforms.panel_columns import PanelColumns
from desk.transforms.vintage_transforms import SeriesVintages, series_vintages

FED_FUNDS_FROM_DAILY, _DAILY_RATE = "fed_funds_from_daily", "nyfed_effr"
"""The monthly federal funds rate of the New York Fed's daily ones."""


def choose_column(columns: PanelColumns, spec: ColumnFallback) -> None:
    """Puts the column that `spec` names: on each day its first candidate that is known and fresh enough."""
    values = [columns.values[name] for name in spec.candidates]
    dates = [columns.dates[name] for name in spec.candidates]
    held = [columns.is_held(name) for name in spec.candidates]
    choice = choose(dates, [np.isfinite(value) for value in values], spec.patience_days, held)
    origin = provenance.chosen([columns.origins[name] for name in spec.candidates], choice)
    columns.put(spec.name, pick(values, choice), pick_days(dates, choice), origin)
    columns.direct[spec.name] = spec.candidates
    columns.choices[spec.name] = choice


def add_vintage_columns(columns: PanelColumns, published: pl.DataFrame, fallbacks: Fallbacks, catalog: Catalog) -> None:
    """Transforms of series in observation time, and the vintages that the agents' models are fitted on.

    A monthly series that several sources have is chosen first, so that its column, its transforms and the models rest
    on the same source.
    """
    needed = {spec.series for spec in VINTAGE_TRANSFORMS}
    monthly = {name for name in (*MODEL_SERIES, *needed) if catalog.series[name].frequency == "M"}
    specs = [spec for spec in fallbacks.columns if spec.name in monthly]
    sources = {name for spec in specs for name in spec.candidates if name in catalog.series}
    parts = parts_by(published.filter(pl.col("series_id").is_in(list(needed | sources | {_DAILY_RATE}))), "series_id")
    empty = published.clear()
    history = {
        name: series_vintages(parts.get(name, empty), columns.grid, monthly=catalog.series[name].frequency == "M")
        for name in needed | sources
    }
    history[FED_FUNDS_FROM_DAILY] = _fed_funds(columns, parts.get(_DAILY_RATE, empty), catalog)
    for spec in specs:
        choose_column(columns, spec)
        history[spec.name] = chosen_vintages([history[name] for name in spec.candidates], columns.choices[spec.name])
    columns.series_vintages = {name: history[name] for name in monthly if name in history}
    _add_transforms(columns, history, catalog)


def _fed_funds(columns: PanelColumns, daily: pl.DataFrame, catalog: Catalog) -> SeriesVintages:
    """Puts the column, and returns its vintages."""
    found = series_vintages(calendar_month_means(daily), columns.grid, monthly=True)
    values: FloatArray = np.full(len(columns.grid), np.nan)
    dates: Days = np.full(len(columns.grid), NAT)
    if len(found.rows):
        newest, event = found.newest_index, at_rows(found.rows, len(columns.grid))
        values = gather(found.values[np.arange(len(newest)), newest], event)
        dates = gather_days(found.dates[newest], event)
    old = too_old(dates[:, None], columns.grid, [catalog.series["fed_funds_monthly"].max_age_days])[:, 0]
    columns.derive(FED_FUNDS_FROM_DAILY, np.where(old, np.nan, values), dates, (_DAILY_RATE,))
    return found


def _add_transforms(columns: PanelColumns, history: dict[str, SeriesVintages], catalog: Catalog) -> None:
    for spec in VINTAGE_TRANSFORMS:
        values, scores, dates = vintage_transforms.apply_transform(spec, history[spec.series], columns.grid)
        old = too_old(dates[:, None], columns.grid, [catalog.series[spec.series].max_age_days])[:, 0]
        columns.derive(spec.name, np.where(old, np.nan, values), dates, (spec.series,))
        if spec.z_window:
            columns.derive(f"{spec.name}_z", np.where(old, np.nan, scores), dates, (spec.series,))
