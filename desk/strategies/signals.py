"""The gold table of strategy signals from a panel, and the age of each signal's inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from desk import calendars
from desk.arrays import FloatArray
from desk.gold import STRATEGY_SIGNALS
from desk.model import decision_time
from desk.strategies.base import Strategy, json_rows, missing_rows
from desk.strategies.convictions import class_tilt, convictions
from desk.transforms.panel import Panel


def score_strategies(panel: Panel, strategies: Sequence[Strategy]) -> pl.DataFrame:
    """STRATEGY_SIGNALS rows, every strategy on every day; score null and confidence 0 where its inputs are unknown.

    `drivers`: the signed components of the score. `missing`: the declared inputs that are unknown on the day.
    `conviction`: what the book goes by (desk.strategies.convictions).
    """
    as_of = pl.Series("as_of", [decision_time(day) for day in panel.days], dtype=pl.Datetime("us", "UTC"))
    frames = [_signals(panel, strategy, as_of) for strategy in strategies]
    return pl.concat(frames).sort("as_of", "strategy_id")


def _signals(panel: Panel, strategy: Strategy, as_of: pl.Series) -> pl.DataFrame:
    parts = strategy.parts(panel.values)
    scored = strategy.mean_of(panel.values["day"], parts)
    drivers = json_rows(parts, len(scored))
    age = input_age(panel, strategy)
    strong = convictions(scored, age, class_tilt(panel.values, strategy.asset_class))
    return pl.DataFrame(
        {
            "as_of": as_of,
            "strategy_id": [strategy.id] * len(scored),
            "asset_class": [strategy.asset_class] * len(scored),
            "score": scored["score"],
            "confidence": scored["confidence"],
            "drivers": drivers,
            "missing": missing_rows(panel.values, strategy.inputs),
            "conviction": pl.Series(strong, nan_to_null=True),
            "age_bd": pl.Series(age, nan_to_null=True).cast(pl.Int64),
        },
        schema=STRATEGY_SIGNALS.schema,
    )


def input_age(panel: Panel, strategy: Strategy) -> FloatArray:
    """Age of the oldest known input less the strategy's `stale_after_bd`, by day (T,).

    In ANBIMA business days; zero when nothing is stale, NaN when no input is known.
    """
    days = panel.values["day"].to_numpy().astype("datetime64[D]")
    dates = panel.obs_dates.select(strategy.inputs).to_numpy().astype("datetime64[D]")
    known = ~np.isnat(dates).all(axis=1)
    oldest = np.where(np.isnat(dates), np.datetime64("9999-12-31", "D"), dates).min(axis=1)
    late = np.where(known, oldest, days)
    age = np.maximum(calendars.anbima().count_array(late, days) - strategy.stale_after_bd, 0)
    return np.where(known, age.astype(np.float64), np.nan)
