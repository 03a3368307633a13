"""The panel: every column that the desk reads, on a list of decision days, exactly as known at 06:00 of each.

Columns come in layers: series as published, curves at constant maturities, Focus, transforms in observation time, the
choice between sources, then features. Twin frames carry the obs_date of each value and the origin of each choice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from desk.calendars import Days
from desk.catalog import Catalog
from desk.catalog.meetings import load_meetings
from desk.errors import MissingInput
from desk.gold import FEATURE
from desk.model import SILVER, decision_time
from desk.transforms import expectations, histories, inflation, observed
from desk.transforms.curves import FloatArray
from desk.transforms.fallbacks import Fallbacks, choose, load_fallbacks, names_of, pick, pick_days
from desk.transforms.features import Lineage
from desk.transforms.histories import Histories
from desk.transforms.inflation import InflationTargets, load_inflation_targets
from desk.transforms.known import NAT, Grid, latest_known, too_old
from desk.transforms.market import FEATURES
from desk.transforms.maturities import constant_maturities
from desk.transforms.measures import Measures
from desk.transforms.monthly import MODEL_SERIES, OBSERVED, WEEKLY_CHOSEN, WEEKLY_OBSERVED, WEEKLY_SERIES
from desk.transforms.observed import Snapshots


@dataclass(frozen=True)
class Panel:
    """values: `day` and Float64 columns, null for unknown. obs_dates: the same columns as Date. origins: String columns
    for curves (pre, real, cupom, ust) and for columns chosen between sources. One row per decision day, ascending.
    histories: what the agents fit their models on, which begins years before the first day.
    """

    values: pl.DataFrame
    obs_dates: pl.DataFrame
    origins: pl.DataFrame
    lineage: Lineage
    histories: Histories = field(default_factory=Histories)

    @property
    def days(self) -> list[dt.date]:
        return self.values["day"].to_list()

    def array(self, name: str) -> FloatArray:
        """One column as (T,) with NaN. Raises MissingInput for a column that no panel has."""
        if name not in self.values.columns:
            raise MissingInput(f"the panel has no column {name!r}")
        return self.values[name].to_numpy().astype(np.float64)

    def head(self, count: int) -> Panel:
        """The panel of its first `count` days, which knew nothing of the later ones."""
        return Panel(
            self.values.head(count),
            self.obs_dates.head(count),
            self.origins.head(count),
            self.lineage,
            self.histories.head(count),
        )

    def with_measures(self, measures: Measures) -> Panel:
        """The panel with each measure as a column; its obs_date is the oldest of its inputs', else the day itself."""
        day = self.values["day"].to_numpy().astype("datetime64[D]")
        known: dict[str, Days] = {}

        def date_of(name: str) -> Days:
            return known[name] if name in known else self.obs_dates[name].to_numpy().astype("datetime64[D]")

        for spec in measures.specs:
            dates = [date_of(name) for name in spec.inputs]
            oldest = _oldest(dates) if dates else day
            known[spec.name] = np.where(np.isfinite(measures.values[spec.name]), oldest, NAT)
        values = pl.DataFrame({name: measures.values[name] for name in known}, nan_to_null=True)
        dates_frame = pl.DataFrame({name: pl.Series(name, column) for name, column in known.items()})
        direct = {spec.name: spec.inputs for spec in measures.specs if spec.inputs}
        return Panel(
            self.values.drop(values.columns, strict=False).hstack(values),
            self.obs_dates.drop(values.columns, strict=False).hstack(dates_frame.select(pl.all().cast(pl.Date))),
            self.origins,
            Lineage({**self.lineage.direct, **direct}),
            self.histories,
        )


class _Columns:
    """Values and obs_dates by name while the panel is built; every array is (T,)."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.values: dict[str, FloatArray] = {}
        self.dates: dict[str, Days] = {}
        self.origins: dict[str, list[str | None]] = {}
        self.direct: dict[str, tuple[str, ...]] = {}
        self.snapshots: dict[str, Snapshots] = {}

    def put(self, name: str, values: FloatArray, dates: Days) -> None:
        known = np.isfinite(values)
        self.values[name] = np.where(known, values, np.nan)
        self.dates[name] = np.where(known, dates, NAT)


def build_panel(silver: Mapping[str, pl.DataFrame], days: Sequence[dt.date], catalog: Catalog) -> Panel:
    """The panel of `days` from silver frames by table (an absent table counts as empty). Pure; reads catalogue files.

    Raises BadInput for days out of order and MissingInput for rows without a knowledge time.
    """
    frames = {name: silver.get(name, pl.DataFrame(schema=table.parsed_schema)) for name, table in SILVER.items()}
    grid, fallbacks, targets, meetings = Grid.of(days), load_fallbacks(), load_inflation_targets(), load_meetings()
    columns = _Columns(grid)
    published = _published(frames, catalog)
    _add_series(columns, published, catalog)
    _add_curves(columns, frames, fallbacks)
    for name, (values, dates) in expectations.focus_columns(frames["expectation"], grid, meetings).items():
        columns.put(name, values, dates)
    _add_observed(columns, published, catalog)
    _add_inflation(columns, published, targets)
    _choose_columns(columns, fallbacks)
    _add_features(columns)
    return _frames(columns, _histories(columns, frames, published, fallbacks, catalog))


def _published(frames: Mapping[str, pl.DataFrame], catalog: Catalog) -> pl.DataFrame:
    """Observations and closing prices as one long frame of the catalogue's series; what is no number is left out."""
    names = ["series_id", "obs_date", "knowledge_time", "value"]
    bars = frames["price_bar"].rename({"instrument_id": "series_id", "close": "value"}).select(names)
    both = pl.concat([frames["observation"].select(names), bars])
    return both.filter(pl.col("series_id").is_in(list(catalog.series)), pl.col("value").is_finite())


def _add_series(columns: _Columns, published: pl.DataFrame, catalog: Catalog) -> None:
    latest = latest_known(published, "series_id", "value", columns.grid)
    limits = [catalog.series[name].max_age_days for name in latest.entities]
    old = too_old(latest.obs_dates, columns.grid, limits)
    values = np.where(old, np.nan, latest.values)
    place = {name: index for index, name in enumerate(latest.entities)}
    blank = np.full(len(columns.grid), np.nan), np.full(len(columns.grid), NAT)
    for name in catalog.series:
        at = place.get(name)
        columns.put(name, *(blank if at is None else (values[:, at], latest.obs_dates[:, at])))


def _add_curves(columns: _Columns, frames: Mapping[str, pl.DataFrame], fallbacks: Fallbacks) -> None:
    for spec in fallbacks.curves:
        curve = constant_maturities(spec, frames, columns.grid)
        for index, bd in enumerate(spec.vertices):
            columns.put(f"{spec.prefix}_{bd}", curve.rates[:, index], curve.obs_dates)
        columns.origins[spec.origin or spec.prefix] = curve.origin


def _add_observed(columns: _Columns, published: pl.DataFrame, catalog: Catalog) -> None:
    needed = {spec.series for spec in OBSERVED}
    parts = published.filter(pl.col("series_id").is_in(list(needed))).partition_by("series_id", as_dict=True)
    empty = published.clear()
    history = {
        series: observed.snapshots(
            parts.get((series,), empty), columns.grid, monthly=catalog.series[series].frequency == "M"
        )
        for series in needed
    }
    columns.snapshots = {name: kept for name, kept in history.items() if catalog.series[name].frequency == "M"}
    for spec in OBSERVED:
        values, scores, dates = observed.apply(spec, history[spec.series], columns.grid)
        old = too_old(dates[:, None], columns.grid, [catalog.series[spec.series].max_age_days])[:, 0]
        columns.put(spec.name, np.where(old, np.nan, values), dates)
        columns.direct[spec.name] = (spec.series,)
        if spec.z_window:
            columns.put(f"{spec.name}_z", np.where(old, np.nan, scores), dates)
            columns.direct[f"{spec.name}_z"] = (spec.series,)


def _add_inflation(columns: _Columns, published: pl.DataFrame, targets: InflationTargets) -> None:
    grid = columns.grid
    columns.put("inflation_target", inflation.target_for_next_year(grid, targets), grid.days)
    columns.put("inflation_tolerance", inflation.tolerance_for_next_year(grid, targets), grid.days)
    expected = columns.values["focus_ipca_12m"]
    trailing = columns.values["ipca_12m_index"]
    trailing = np.where(np.isfinite(trailing), trailing, columns.values["ipca_12m_mom"])
    expected = np.where(np.isfinite(expected), expected, trailing)
    for name, series in (("ipca_index_accrued", "ipca_index"), ("ipca_chained_accrued", "ipca_mom")):
        rows = published.filter(pl.col("series_id") == series)
        values, dates = inflation.accrued_index(rows, grid, expected, monthly_changes=series == "ipca_mom")
        columns.put(name, values, dates)
        columns.direct[name] = (series, "focus_ipca_12m")


def _choose_columns(columns: _Columns, fallbacks: Fallbacks) -> None:
    for name, series in (("cdi_from_daily", "cdi_daily"), ("selic_from_daily", "selic_daily")):
        columns.put(name, (1.0 + columns.values[series]) ** 252 - 1.0, columns.dates[series])
        columns.direct[name] = (series,)
    for spec in fallbacks.columns:
        values = [columns.values[name] for name in spec.candidates]
        dates = [columns.dates[name] for name in spec.candidates]
        choice = choose(dates, [np.isfinite(value) for value in values], spec.patience_days)
        columns.put(spec.name, pick(values, choice), pick_days(dates, choice))
        columns.origins[spec.name] = names_of(spec.candidates, choice)
        columns.direct[spec.name] = spec.candidates


def _add_features(columns: _Columns) -> None:
    for feature in FEATURES:
        values = feature.compute(columns.values)
        dates = np.stack([columns.dates[name] for name in feature.inputs]).astype("datetime64[D]")
        columns.put(feature.name, values, _oldest(dates))
        columns.direct[feature.name] = feature.inputs


def _oldest(dates: Sequence[Days] | Days) -> Days:
    """The earliest known of each day's dates, NaT where none is known. Shapes: (K, T) to (T,)."""
    stacked = np.stack(list(dates)).astype("datetime64[D]")
    never = np.datetime64("9999-12-31", "D")
    oldest: Days = np.where(np.isnat(stacked), never, stacked).min(axis=0)
    return np.where(oldest == never, NAT, oldest)


def _histories(
    columns: _Columns,
    frames: Mapping[str, pl.DataFrame],
    published: pl.DataFrame,
    fallbacks: Fallbacks,
    catalog: Catalog,
) -> Histories:
    grid, survey = columns.grid, frames["expectation"]
    monthly = histories.monthly_histories(published, grid, MODEL_SERIES, columns.snapshots)
    monthly["focus_ipca_12m"] = histories.monthly_survey(survey, grid)
    releases = published.filter(pl.col("series_id") == "ipca_mom")
    monthly["ipca_surprise"] = histories.surprises(survey, releases, grid)
    chosen = [spec for spec in fallbacks.columns if spec.name in WEEKLY_CHOSEN]
    weekly = histories.weekly_history(published, grid, WEEKLY_SERIES, WEEKLY_OBSERVED, chosen, catalog)
    return Histories(monthly, weekly)


def _frames(columns: _Columns, kept: Histories) -> Panel:
    day = pl.Series("day", columns.grid.days).cast(pl.Date)
    values = pl.DataFrame(columns.values, nan_to_null=True)
    dates = pl.DataFrame({name: pl.Series(name, column) for name, column in columns.dates.items()})
    origins = pl.DataFrame(columns.origins, schema=dict.fromkeys(columns.origins, pl.String()))
    return Panel(
        values.insert_column(0, day),
        dates.select(pl.all().cast(pl.Date)).insert_column(0, day),
        origins.insert_column(0, day),
        Lineage(dict(columns.direct)),
        kept,
    )


def feature_inputs(name: str, catalog: Catalog) -> tuple[str, ...]:
    """The source columns (series ids, curve vertices, Focus medians) that `name` is computed from.

    Raises MissingInput for a name that no panel has.
    """
    empty = build_panel({}, [dt.date(2025, 1, 2)], catalog)
    if name not in empty.values.columns:
        raise MissingInput(f"the panel has no column {name!r}")
    return empty.lineage.leaves(name)


def feature_rows(panel: Panel, days: Sequence[dt.date]) -> pl.DataFrame:
    """FEATURE rows: every known column of the panel on `days`, with the obs_date of what it rests on."""
    chosen = pl.col("day").is_in(list(days))
    values = panel.values.filter(chosen).unpivot(index="day", variable_name="feature_id", value_name="value")
    dates = panel.obs_dates.filter(chosen).unpivot(index="day", variable_name="feature_id", value_name="obs_date")
    moments = pl.DataFrame({"day": list(days)}, schema={"day": pl.Date}).with_columns(
        pl.Series("as_of", [decision_time(day) for day in days], dtype=pl.Datetime("us", "UTC"))
    )
    return (
        values.drop_nulls("value")
        .join(dates, on=["day", "feature_id"])
        .join(moments, on="day")
        .select(list(FEATURE.schema))
        .sort("as_of", "feature_id")
    )
