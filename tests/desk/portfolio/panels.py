"""A seeded panel in the shape that the desk's transforms give: correlated random walks of curves, spots and CDI."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl

from desk import calendars
from desk.arrays import FloatArray
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio.market_levels import CURVE_VERTICES
from desk.portfolio.packages import PackageTerms
from desk.strategies.base import Leg

LAST_DAY = dt.date(2026, 6, 30)


def decision_days(count: int, last: dt.date = LAST_DAY) -> list[dt.date]:
    calendar = calendars.b3()
    return calendar.days(calendar.offset(last, -(count - 1)), last)


def make_values(count: int = 1_500, seed: int = 7, last: dt.date = LAST_DAY) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    days = decision_days(count, last)
    columns: dict[str, object] = {"day": days}
    level = 0.12 + np.cumsum(rng.normal(0, 0.0007, count))
    level = 0.12 + (level - 0.12) * 0.9
    slope = 0.01 + np.cumsum(rng.normal(0, 0.0004, count)) * 0.7
    for curve, base, beta in (("pre", 0.0, 1.0), ("real", -0.055, 0.5)):
        for bd in CURVE_VERTICES[curve]:
            shape = 1.0 - np.exp(-bd / 252.0 / 2.0)
            noise = rng.normal(0, 0.0002, count)
            columns[f"{curve}_{bd}"] = base + 0.12 * (1 - beta) + beta * level + beta * slope * shape + noise
    dollars = np.random.default_rng(seed + 1)
    us = 0.035 + 0.9 * np.cumsum(dollars.normal(0, 0.0005, count))
    us = np.maximum(us, 0.002)
    spread = 0.018 + 0.5 * np.cumsum(dollars.normal(0, 0.0004, count))
    for curve, front in (("ust", us), ("cupom", us + spread)):
        for bd in CURVE_VERTICES[curve]:
            columns[f"{curve}_{bd}"] = front + 0.006 * (1.0 - np.exp(-bd / 700.0)) + dollars.normal(0, 0.0001, count)
    shock = rng.standard_t(5, count) * 0.006
    columns["usdbrl"] = 5.2 * np.exp(np.cumsum(shock))
    columns["ibovespa"] = 120_000 * np.exp(np.cumsum(-0.8 * shock + rng.normal(0, 0.008, count)))
    columns["ipca_index_pro_rata"] = 6_500 * np.exp(np.arange(count) * 0.045 / 252)
    short = 0.04 + np.cumsum(rng.normal(0, 0.0001, count))
    columns["usd_short_rate"], columns["usd_overnight"] = short, short - 0.004
    columns["cdi"] = level - 0.001
    return pl.DataFrame(columns)


def _walk(rng: np.random.Generator, count: int) -> FloatArray:
    path = np.zeros(count)
    for row in range(1, count):
        path[row] = 0.985 * path[row - 1] + rng.normal(0, 0.06)
    return path


FREE = dataclasses.replace(
    load_desk_parameters(),
    instruments=tuple(
        dataclasses.replace(item, slip_ticks=0.0, fee_brl=0.0) for item in load_desk_parameters().instruments
    ),
)
"""Without ticks and fees every package goes all the way to its aim."""

LONE = tuple(
    PackageTerms(item.id, item.asset_class, "outright", (Leg(item.id, 1.0),))
    for item in load_desk_parameters().instruments
)
"""One outright strategy of its own for each instrument, by the instrument's name."""


def make_views(values: pl.DataFrame, instrument_ids: tuple[str, ...], seed: int = 11) -> pl.DataFrame:
    """Slow-moving convictions in [-1, 1] of the strategies in LONE, in the columns that the book reads.

    Instruments of one root have most of their view in common, as strategies' legs have.
    """
    rng = np.random.default_rng(seed)
    count = len(values)
    frames = []
    shared: dict[str, FloatArray] = {}
    for instrument_id in instrument_ids:
        root = instrument_id.split("_")[0]
        if root not in shared:
            shared[root] = _walk(rng, count)
        conviction = np.tanh(0.9 * shared[root] + 0.3 * _walk(rng, count))
        frames.append(views_of(values, {instrument_id: conviction}))
    return pl.concat(frames)


def one_view(strategy_id: str, conviction: float, values: pl.DataFrame) -> pl.DataFrame:
    """The same conviction of one strategy every day."""
    return views_of(values, {strategy_id: np.full(len(values), conviction)})


def views_of(values: pl.DataFrame, convictions: Mapping[str, FloatArray]) -> pl.DataFrame:
    """Convictions (T,) by strategy on the days of `values`; NaN is none."""
    as_of = pl.Series([decision_time(day) for day in values["day"]], dtype=pl.Datetime("us", "UTC"))
    return pl.concat(
        pl.DataFrame(
            {"as_of": as_of, "strategy_id": [name] * len(values), "conviction": pl.Series(path, nan_to_null=True)}
        )
        for name, path in convictions.items()
    )
