"""Constant maturities of each curve at each decision day, from the first declared source that has data.

A source's curve on a day consists of the points of the latest known obs_date, each in its latest known vintage. Points
are published vertices, futures settlements (DI1, DAP), or bond yields, which are bootstrapped first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk import calendars
from desk.arrays import FloatArray, IntArray
from desk.calendars import Days
from desk.catalog.fallbacks import CurveSource, CurveSpec
from desk.point_in_time import provenance
from desk.point_in_time.as_of_grid import (
    Grid,
    at_rows,
    gather_days,
    gather_instants,
    gather_payloads,
    usable_rows,
)
from desk.point_in_time.provenance import ColumnOrigin, InputTable
from desk.point_in_time.source_choice import choose, pick_days
from desk.transforms.bootstrap import bootstrap
from desk.transforms.cashflows import business_days
from desk.transforms.curves import (
    flat_forward,
    linear_360_growth,
    linear_360_rate,
    linear_par,
    log_linear,
    rate_from_pu,
)
from desk.units import DAYS_PER_YEAR

_MONTHS = "FGHJKMNQUVXZ"
_SHORTEST_REAL_BD = 126  # inside its last coupon period a real yield is mostly inflation already known
_FEWEST_VERTICES = 2
_RECEIPT = ("obs_date", "knowledge_time", "stamp", "payload_id")


@dataclass(frozen=True)
class SourceCurve:
    """What one source knows of a curve by day: rates (T, vertices), obs_dates (T,), NaT where it cannot be used."""

    input_id: str
    rates: FloatArray
    obs_dates: Days

    def cut(self, rows: slice) -> SourceCurve:
        """Some of the days."""
        return SourceCurve(self.input_id, self.rates[rows], self.obs_dates[rows])


@dataclass(frozen=True)
class ConstantMaturities:
    """One curve at each day: rates (T, vertices) with NaN, the obs_date (T,) used and where its points came from.
    `sources`: what each declared source says, the chosen one among them."""

    rates: FloatArray
    obs_dates: Days
    origin: ColumnOrigin
    sources: tuple[SourceCurve, ...] = ()


@dataclass(frozen=True)
class _CurveVintages:
    """A source's curve after each change: rows (E,), obs_dates (E,), tenors and rates (E, K) packed with NaN, the
    knowledge time (E,) and payload (E,) of the newest of its points, of the longest tenor where several are as new."""

    rows: IntArray
    obs_dates: Days
    tenors: FloatArray
    rates: FloatArray
    knowledge_times: pl.Series
    payload_ids: pl.Series


def constant_maturities(
    spec: CurveSpec, silver: Mapping[str, pl.DataFrame], grid: Grid, inputs: InputTable
) -> ConstantMaturities:
    """The curve of `spec` at its vertices for each day of the grid; NaN where unknown or too old."""
    rates, dates, known, origins = [], [], [], []
    for source in spec.sources:
        vintages = _curve_vintages(source, silver, grid, spec.longest_years)
        event = at_rows(vintages.rows, len(grid))
        picked, obs = _at_days(spec, vintages, event)
        age = (grid.days - obs).astype("timedelta64[D]").astype(np.float64)
        fresh = ~np.isnat(obs) & (age <= spec.max_age_days)
        rates.append(picked)
        dates.append(obs)
        known.append(fresh & (np.isfinite(rates[-1]).sum(axis=1) >= _FEWEST_VERTICES))
        times = gather_instants(vintages.knowledge_times, event)
        payloads = gather_payloads(vintages.payload_ids, event)
        origins.append(inputs.read(source.input_id, np.where(known[-1], 0.0, np.nan), times, payloads))
    choice = choose(dates, known, spec.patience_days)
    stacked = np.stack(rates)[np.maximum(choice, 0), np.arange(len(grid))]
    chosen = np.where((choice >= 0)[:, None], stacked, np.nan)
    sources = tuple(
        SourceCurve(source.input_id, rates[place], np.where(known[place], dates[place], np.datetime64("NaT", "D")))
        for place, source in enumerate(spec.sources)
    )
    return ConstantMaturities(chosen, pick_days(dates, choice), provenance.chosen(origins, choice), sources)


def rates_of_source(
    spec: CurveSpec, source: CurveSource, silver: Mapping[str, pl.DataFrame], grid: Grid
) -> tuple[FloatArray, Days]:
    """One source's own curve at the vertices of `spec`, with its obs_date: (T, vertices) and (T,), however old."""
    vintages = _curve_vintages(source, silver, grid, spec.longest_years)
    return _at_days(spec, vintages, at_rows(vintages.rows, len(grid)))


def _at_days(spec: CurveSpec, vintages: _CurveVintages, event: IntArray) -> tuple[FloatArray, Days]:
    at = _interpolate(spec, vintages)
    picked = np.where((event >= 0)[:, None], at[np.maximum(event, 0)] if len(at) else np.nan, np.nan)
    return np.broadcast_to(picked, (len(event), len(spec.vertices))), gather_days(vintages.obs_dates, event)


def _interpolate(spec: CurveSpec, vintages: _CurveVintages) -> FloatArray:
    at = np.array(spec.vertices, dtype=np.float64)
    if not len(vintages.rows):
        return np.empty((0, len(spec.vertices)))
    if spec.method == "linear_par":
        return linear_par(vintages.tenors, vintages.rates, at)
    if spec.method == "linear_360":
        days, targets = (
            _calendar_days(vintages.obs_dates, vintages.tenors),
            _calendar_days(vintages.obs_dates, at[None, :]),
        )
        growth = log_linear(days, linear_360_growth(vintages.rates, days), targets)
        return linear_360_rate(growth, targets)
    rates = flat_forward(
        vintages.tenors, vintages.rates, at, flat_below=spec.flat_below < 1.0, forward_above=spec.forward_above
    )
    tenors = np.where(np.isfinite(vintages.rates), vintages.tenors, np.inf)
    first = np.fmin.reduce(tenors, axis=1, initial=np.inf)[:, None]
    return np.where(at >= spec.flat_below * np.where(np.isfinite(first), first, 0.0), rates, np.nan)


def _calendar_days(obs_dates: Days, tenors: FloatArray) -> FloatArray:
    """Calendar days from each obs_date (E,) to the business day `tenors` (E or 1, K) later; NaN stays NaN."""
    spread = np.broadcast_to(tenors, (len(obs_dates), tenors.shape[1]))
    start = np.broadcast_to(obs_dates[:, None], spread.shape)
    end = calendars.anbima().offset_array(start, np.nan_to_num(spread).astype(np.int64))
    return np.where(np.isfinite(spread), (end - start).astype("timedelta64[D]").astype(np.float64), np.nan)


def _curve_vintages(
    source: CurveSource, silver: Mapping[str, pl.DataFrame], grid: Grid, longest_years: float
) -> _CurveVintages:
    points = curve_points(source, silver, longest_years)
    used = usable_rows(points, grid)
    events = (
        used.lazy()
        .group_by("row")
        .agg(pl.col("obs_date").max())
        .sort("row")
        .filter(pl.col("obs_date") == pl.col("obs_date").cum_max())
        .collect()
    )
    packed = (
        events.lazy()
        .rename({"row": "state"})
        .join(used.lazy(), on="obs_date", how="inner")
        .filter(pl.col("row") <= pl.col("state"))
        .sort("state", "order", "knowledge_time")
        .unique(["state", "order"], keep="last", maintain_order=True)
        .with_columns(
            pl.col("state").rle_id().cast(pl.Int64).alias("line"),
            pl.int_range(pl.len()).over("state").alias("place"),
        )
        .collect()
    )
    newest = (
        packed.lazy()
        .sort("line", "knowledge_time", "order")
        .group_by("line", maintain_order=True)
        .agg(pl.col("knowledge_time", "payload_id").last())
        .collect()
    )
    seen = newest["knowledge_time"], newest["payload_id"]
    shape = (len(events), int(packed["place"].to_numpy().max(initial=0)) + 1)
    index = (packed["line"].to_numpy(), packed["place"].to_numpy())
    rates, tenors = np.full(shape, np.nan), np.full(shape, np.nan)
    rates[index] = packed["rate"].to_numpy()
    obs: Days = events["obs_date"].to_numpy().astype("datetime64[D]")
    if source.kind in ("points", "series"):
        tenors[index] = packed["order"].to_numpy()
        return _CurveVintages(events["row"].to_numpy(), obs, tenors, rates, *seen)
    maturity = np.full(shape, np.datetime64("NaT", "D"))
    maturity[index] = (packed["order"].to_numpy() // 10).astype("datetime64[D]")
    if source.kind == "futures":
        tenors = business_days(obs, maturity)
        price = np.full(shape, np.nan)
        price[index] = packed["price"].to_numpy()
        implied = rate_from_pu(price, tenors)
        rates = np.where(np.isfinite(rates), rates, implied)
        return _CurveVintages(events["row"].to_numpy(), obs, np.where(tenors > 0, tenors, np.nan), rates, *seen)
    coupon = np.zeros(shape)
    coupon[index] = packed["coupon"].to_numpy()
    zero_tenors, zeros = bootstrap(obs, maturity, rates, coupon)
    return _CurveVintages(events["row"].to_numpy(), obs, zero_tenors, zeros, *seen)


def curve_points(source: CurveSource, silver: Mapping[str, pl.DataFrame], longest_years: float) -> pl.DataFrame:
    """What a source's curve may be made of: rows obs_date, knowledge_time, stamp, payload_id, order (tenor, or maturity
    as days since 1970 times ten) and rate, with price and coupon of futures and bonds."""
    if source.kind == "series":
        tenors = {series: int(tenor) for tenor, series in source.series.items()}
        return (
            silver["observation"]
            .filter(pl.col("series_id").is_in(list(tenors)), pl.col("value").is_finite())
            .select(
                *_RECEIPT,
                pl.col("series_id").replace_strict(tenors, default=None, return_dtype=pl.Int64).alias("order"),
                pl.col("value").alias("rate"),
            )
        )
    if source.kind == "points":
        return (
            silver["curve_point"]
            .filter(
                pl.col("curve_id") == source.curve_id,
                pl.col("rate").is_not_null(),
                pl.col("tenor_bd") >= source.shortest_bd,
            )
            .select(*_RECEIPT, pl.col("tenor_bd").cast(pl.Int64).alias("order"), "rate")
        )
    settlement = silver["settlement"]
    known = settlement["contract_id"].unique().to_list()
    terms = _future_terms(source, known) if source.kind == "futures" else _bond_terms(source, known)
    return (
        settlement.join(terms, on="contract_id", how="inner")
        .filter(pl.col("rate").is_not_null() | (pl.col("price") > 0 if source.kind == "futures" else pl.lit(False)))
        .filter(_within_limits(source, longest_years))
        .select(*_RECEIPT, "order", "rate", "price", "coupon")
    )


def _within_limits(source: CurveSource, longest_years: float) -> pl.Expr:
    left = pl.col("maturity") - pl.col("obs_date")
    if source.kind == "futures":
        return left > pl.duration(days=0)
    shortest = _SHORTEST_REAL_BD * 365 // DAYS_PER_YEAR if "NTN-B" in source.coupons else 1
    longest = int(longest_years * 365.25)
    return (left >= pl.duration(days=shortest)) & (left <= pl.duration(days=longest))


_TERMS = {"contract_id": pl.String(), "maturity": pl.Date(), "coupon": pl.Float64()}


def _future_terms(source: CurveSource, contracts: list[str]) -> pl.DataFrame:
    """Maturity of B3 tickers such as DI1F28: `day` of the month, paid on the next business day."""
    rows = []
    for contract in contracts:
        match = re.fullmatch(rf"{source.root}([{_MONTHS}])(\d{{2}})", contract)
        if match:
            month = np.datetime64(f"20{match[2]}-{_MONTHS.index(match[1]) + 1:02d}-{source.day:02d}", "D")
            rows.append((contract, month.item(), 0.0))
    return _with_order(pl.DataFrame(rows, schema=_TERMS, orient="row"))


def _bond_terms(source: CurveSource, contracts: list[str]) -> pl.DataFrame:
    """Maturity and coupon of ids such as ANBIMA:NTN-F_2031-01-01."""
    rows = []
    for contract in contracts:
        issuer, _, bond = contract.partition(":")
        name, _, maturity = bond.rpartition("_")
        if issuer == source.issuer and name in source.coupons:
            rows.append((contract, np.datetime64(maturity, "D").item(), source.coupons[name]))
    return _with_order(pl.DataFrame(rows, schema=_TERMS, orient="row"))


def _with_order(terms: pl.DataFrame) -> pl.DataFrame:
    """`order` sorts by maturity, a zero bond before a coupon bond of the same day (which then adds no node)."""
    days = pl.col("maturity").to_physical().cast(pl.Int64)
    return terms.with_columns((days * 10 + (pl.col("coupon") > 0).cast(pl.Int64)).alias("order"))
