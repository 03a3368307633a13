"""The panel: every column that the desk reads, on a list of decision days, exactly as known at 06:00 of each.

Columns come in layers: series as published, curves at constant maturities, Focus, transforms in observation time, the
choice between sources, then features. Beside the values stand the obs_date of each and the inputs that it was read off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.calendars import Days
from desk.catalog import Catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.catalog.fallbacks import Fallbacks, load_fallbacks
from desk.catalog.meetings import load_meetings
from desk.errors import MissingInput
from desk.model import SILVER, SilverTable
from desk.point_in_time.as_of_grid import NAT, Grid, latest_known, too_old
from desk.point_in_time.provenance import Provenance
from desk.transforms import expectations, inflation, model_inputs
from desk.transforms.agent_measures import Measures
from desk.transforms.features import Lineage
from desk.transforms.index_future import INDEX_FUTURE, VERTICES, implied_spot
from desk.transforms.inflation import InflationTargets, load_inflation_targets
from desk.transforms.market_depth import DEPTH_SCHEMA, market_depth
from desk.transforms.market_features import FEATURES
from desk.transforms.maturities import SourceCurve, constant_maturities
from desk.transforms.model_inputs import ModelInputs
from desk.transforms.monthly import MODEL_SERIES, WEEKLY_FALLBACKS, WEEKLY_SERIES, WEEKLY_TRANSFORMS
from desk.transforms.panel_columns import HELD_ROWS, PanelColumns, oldest_dates
from desk.transforms.settled_prices import SETTLED_SCHEMA, settled_prices
from desk.transforms.vintage_columns import add_vintage_columns, choose_column
from desk.units import DAYS_PER_YEAR


@dataclass(frozen=True)
class Panel:
    """values: `day` and Float64 columns, null for unknown. obs_dates: the same columns as Date. provenance: the inputs
    that each value was read off. One row per decision day, ascending. model_inputs: what the agents fit their models
    on, which begins years before the first day. curve_sources: curve -> what each of its sources says by day. settled:
    SETTLED_SCHEMA, what single contracts and bonds were settled at. depth: DEPTH_SCHEMA, how much of each there is.
    """

    values: pl.DataFrame
    obs_dates: pl.DataFrame
    provenance: Provenance
    lineage: Lineage
    model_inputs: ModelInputs = field(default_factory=ModelInputs)
    curve_sources: Mapping[str, tuple[SourceCurve, ...]] = field(default_factory=dict)
    settled: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SETTLED_SCHEMA))
    depth: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DEPTH_SCHEMA))

    @property
    def days(self) -> list[dt.date]:
        """The decision days, ascending."""
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
            self.provenance.cut(slice(count)),
            self.lineage,
            self.model_inputs.head(count),
            self._curves(slice(count)),
            self.settled.filter(pl.col("day").is_in(self.days[:count])),
            self.depth.filter(pl.col("day").is_in(self.days[:count])),
        )

    def since(self, first: dt.date) -> Panel:
        """The panel of its days from `first` on."""
        start = int((self.values["day"] < first).sum())
        rows = slice(start, None)
        return Panel(
            self.values[rows],
            self.obs_dates[rows],
            self.provenance.cut(rows),
            self.lineage,
            self.model_inputs,
            self._curves(rows),
            self.settled.filter(pl.col("day") >= first),
            self.depth.filter(pl.col("day") >= first),
        )

    def _curves(self, rows: slice) -> dict[str, tuple[SourceCurve, ...]]:
        return {name: tuple(one.cut(rows) for one in found) for name, found in self.curve_sources.items()}

    def with_measures(self, measures: Measures) -> Panel:
        """The panel with each measure as a column; its obs_date is the oldest of its inputs', else the day itself."""
        day = self.values["day"].to_numpy().astype("datetime64[D]")
        known: dict[str, Days] = {}

        def date_of(name: str) -> Days:
            return known[name] if name in known else self.obs_dates[name].to_numpy().astype("datetime64[D]")

        for spec in measures.specs:
            dates = [date_of(name) for name in spec.inputs]
            oldest = oldest_dates(dates) if dates else day
            known[spec.name] = np.where(np.isfinite(measures.values[spec.name]), oldest, NAT)
        values = pl.DataFrame({name: measures.values[name] for name in known}, nan_to_null=True)
        dates_frame = pl.DataFrame({name: pl.Series(name, column) for name, column in known.items()})
        direct = {spec.name: spec.inputs for spec in measures.specs if spec.inputs}
        return Panel(
            self.values.drop(values.columns, strict=False).hstack(values),
            self.obs_dates.drop(values.columns, strict=False).hstack(dates_frame.select(pl.all().cast(pl.Date))),
            self.provenance,
            Lineage({**self.lineage.direct, **direct}),
            self.model_inputs,
            self.curve_sources,
            self.settled,
            self.depth,
        )


def build_panel(
    silver: Mapping[str, pl.DataFrame], days: Sequence[dt.date], catalog: Catalog, held: pl.DataFrame | None = None
) -> Panel:
    """The panel of `days` from silver frames by table (an absent table counts as empty). Pure; reads catalogue files.

    `held` (HELD_ROWS): what is stored of the catalogue's series and not believed; the frames are without it.
    Raises BadInput for days out of order and MissingInput for rows without a knowledge time.
    """
    frames = {name: _stored(silver.get(name), table) for name, table in SILVER.items()}
    grid, fallbacks, targets, meetings = Grid.of(days), load_fallbacks(), load_inflation_targets(), load_meetings()
    columns = PanelColumns(grid)
    published = _published(frames, catalog)
    _add_series(columns, published, pl.DataFrame(schema=HELD_ROWS) if held is None else held, catalog)
    _add_curves(columns, frames, fallbacks)
    _add_index_future(columns, frames["settlement"])
    ipca = columns.dates.get("ipca_mom", np.full(len(grid), NAT))
    for name, focus in expectations.focus_columns(frames["expectation"], grid, meetings, ipca, columns.inputs).items():
        columns.put(name, focus.values, focus.obs_dates, focus.origin)
    add_vintage_columns(columns, published, fallbacks, catalog)
    _add_inflation(columns, published, targets)
    _choose_columns(columns, fallbacks)
    _add_features(columns)
    settled = settled_prices(frames["settlement"], columns.grid)
    depth = market_depth(frames["settlement"], days, load_desk_parameters())
    return _frames(columns, _model_inputs(columns, frames, published, fallbacks, catalog), settled, depth)


def _stored(frame: pl.DataFrame | None, table: SilverTable) -> pl.DataFrame:
    """The frame with every column of the stored table; what it does not have is null."""
    if frame is None:
        return pl.DataFrame(schema=table.stored_schema)
    absent = {name: kind for name, kind in table.stored_schema.items() if name not in frame.columns}
    return frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in absent.items())


def _published(frames: Mapping[str, pl.DataFrame], catalog: Catalog) -> pl.DataFrame:
    """Observations and closing prices as one long frame of the catalogue's series; what is no number is left out."""
    names = ["series_id", "obs_date", "knowledge_time", "value", "payload_id"]
    bars = frames["price_bar"].rename({"instrument_id": "series_id", "close": "value"}).select(names)
    both = pl.concat([frames["observation"].select(names), bars])
    return both.filter(pl.col("series_id").is_in(list(catalog.series)), pl.col("value").is_finite())


def _add_series(columns: PanelColumns, published: pl.DataFrame, held: pl.DataFrame, catalog: Catalog) -> None:
    latest = latest_known(published, "series_id", "value", columns.grid)
    doubted = latest_known(held, "series_id", "value", columns.grid)
    limits = [catalog.series[name].max_age_days for name in latest.entities]
    old = too_old(latest.obs_dates, columns.grid, limits)
    values = np.where(old, np.nan, latest.values)
    place = {name: index for index, name in enumerate(latest.entities)}
    blank = np.full(len(columns.grid), np.nan), np.full(len(columns.grid), NAT)
    for name in catalog.series:
        at = place.get(name)
        if at is None:
            columns.put(name, *blank)
            continue
        known, payloads = latest.knowledge_times[:, at], latest.payload_ids[:, at]
        origin = columns.inputs.read(name, values[:, at], known, payloads)
        columns.put(name, values[:, at], latest.obs_dates[:, at], origin)
    for index, name in enumerate(doubted.entities):
        # A value that was corrected or released is believed by then: what is believed is as new.
        believed = latest.obs_dates[:, place[name]] if name in place else blank[1]
        newer = doubted.obs_dates[:, index]
        columns.held[name] = ~np.isnat(newer) & (np.isnat(believed) | (newer > believed))


def _add_curves(columns: PanelColumns, frames: Mapping[str, pl.DataFrame], fallbacks: Fallbacks) -> None:
    for spec in fallbacks.curves:
        curve = constant_maturities(spec, frames, columns.grid, columns.inputs)
        columns.curve_sources[spec.origin or spec.prefix] = curve.sources
        for index, bd in enumerate(spec.vertices):
            rates = curve.rates[:, index]
            origin = columns.inputs.combined([curve.origin], np.isfinite(rates))
            columns.put(f"{spec.prefix}_{bd}", rates, curve.obs_dates, origin)


def _add_index_future(columns: PanelColumns, settlement: pl.DataFrame) -> None:
    pre = [f"pre_{bd}" for bd in VERTICES]
    spot = implied_spot(settlement, columns.grid, np.stack([columns.values[name] for name in pre], axis=1))
    own = columns.inputs.read(INDEX_FUTURE, spot.values, spot.known, spot.payload_ids)
    rates = [columns.origins[name] for name in pre]
    origin = columns.inputs.combined([own, *rates], np.isfinite(spot.values))
    columns.put(INDEX_FUTURE, spot.values, spot.obs_dates, origin)
    columns.direct[INDEX_FUTURE] = (INDEX_FUTURE, *pre)


def _add_inflation(columns: PanelColumns, published: pl.DataFrame, targets: InflationTargets) -> None:
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
        columns.derive(name, values, dates, (series, "focus_ipca_12m"))


def _choose_columns(columns: PanelColumns, fallbacks: Fallbacks) -> None:
    for name, series in (("cdi_from_daily", "cdi_daily"), ("selic_from_daily", "selic_daily")):
        columns.derive(name, (1.0 + columns.values[series]) ** DAYS_PER_YEAR - 1.0, columns.dates[series], (series,))
    for spec in fallbacks.columns:
        if spec.name not in columns.choices:
            choose_column(columns, spec)


def _add_features(columns: PanelColumns) -> None:
    for feature in FEATURES:
        values = feature.compute(columns.values)
        dates = np.stack([columns.dates[name] for name in feature.inputs]).astype("datetime64[D]")
        columns.derive(feature.name, values, oldest_dates(dates), feature.inputs)


def _model_inputs(
    columns: PanelColumns,
    frames: Mapping[str, pl.DataFrame],
    published: pl.DataFrame,
    fallbacks: Fallbacks,
    catalog: Catalog,
) -> ModelInputs:
    grid, survey = columns.grid, frames["expectation"]
    monthly = model_inputs.monthly_vintages(published, grid, MODEL_SERIES, columns.series_vintages)
    monthly["focus_ipca_12m"] = model_inputs.monthly_survey_means(survey, grid)
    releases = published.filter(pl.col("series_id") == "ipca_mom")
    monthly["ipca_surprise"] = model_inputs.inflation_surprises(survey, releases, grid)
    chosen = [spec for spec in fallbacks.columns if spec.name in WEEKLY_FALLBACKS]
    weekly = model_inputs.weekly_samples(published, grid, WEEKLY_SERIES, WEEKLY_TRANSFORMS, chosen, catalog)
    return ModelInputs(monthly, weekly)


def _frames(columns: PanelColumns, kept: ModelInputs, settled: pl.DataFrame, depth: pl.DataFrame) -> Panel:
    day = pl.Series("day", columns.grid.days).cast(pl.Date)
    values = pl.DataFrame(columns.values, nan_to_null=True)
    dates = pl.DataFrame({name: pl.Series(name, column) for name, column in columns.dates.items()})
    return Panel(
        values.insert_column(0, day),
        dates.select(pl.all().cast(pl.Date)).insert_column(0, day),
        Provenance(columns.inputs.tuples, columns.origins),
        Lineage(dict(columns.direct)),
        kept,
        dict(columns.curve_sources),
        settled,
        depth,
    )
