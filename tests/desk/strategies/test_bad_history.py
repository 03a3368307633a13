"""Bad history all the way from silver: what cannot be known is null with its reason, never a silent zero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk import calendars
from desk.agents import MEASURES, compute_measures
from desk.catalog import load_catalog
from desk.strategies import STRATEGIES, compute_signals
from desk.transforms.panel import Panel, build_panel
from sandbox.silver import silver
from sandbox.world import SimulatedWorld

SEED = 7
FIRST, LAST = dt.date(2019, 6, 3), dt.date(2021, 12, 30)
VALUES = {"observation": "value", "price_bar": "close", "curve_point": "rate", "expectation": "median"}
ENTITY = {
    "observation": ["series_id"],
    "price_bar": ["instrument_id"],
    "curve_point": ["curve_id", "tenor_bd"],
    "expectation": ["indicator", "reference"],
}
Silver = dict[str, pl.DataFrame]
# what may be a genuine zero: no turn of volatility, and a tent at exactly two deviations
FLAT_IS_A_VIEW = ("FX_VOL_REGIME", "FX_POSITIONING")


@pytest.fixture(scope="module")
def clean() -> Silver:
    return silver(SimulatedWorld(SEED, load_catalog()), LAST)


def panel_of(frames: Silver) -> Panel:
    panel = build_panel(frames, calendars.b3().days(FIRST, LAST), load_catalog())
    return panel.with_measures(compute_measures(panel))


def scores_of(frames: Silver) -> pl.DataFrame:
    return compute_signals(panel_of(frames))


def each_value(frames: Silver, change: Callable[[str, str], pl.Expr]) -> Silver:
    """Every table with its value column replaced by `change(table, column)`."""
    return {
        name: frame.with_columns(change(name, VALUES[name]).alias(VALUES[name])) if name in VALUES else frame
        for name, frame in frames.items()
    }


@pytest.fixture(scope="module")
def good(clean: Silver) -> pl.DataFrame:
    return scores_of(clean)


def test_the_clean_history_scores(good: pl.DataFrame) -> None:
    last = good.filter(pl.col("as_of") == good["as_of"].max())
    assert last["score"].null_count() <= 2  # at most the two event windows


def test_no_history_is_no_score_and_says_what_is_missing(clean: Silver) -> None:
    scores = scores_of({name: frame.clear() for name, frame in clean.items()})
    assert scores["score"].null_count() == len(scores)
    assert scores["confidence"].sum() == 0.0
    assert (scores["missing"] != "[]").all()


def test_nulls_are_no_history(clean: Silver) -> None:
    scores = scores_of(each_value(clean, lambda table, column: pl.lit(None, pl.Float64)))
    assert scores["score"].null_count() == len(scores)


def test_one_point_a_series_is_no_score(clean: Silver) -> None:
    scores = scores_of({name: frame.group_by(ENTITY[name]).tail(1) if name in ENTITY else frame
                        for name, frame in clean.items()})  # fmt: skip
    assert scores["score"].null_count() == len(scores)


def test_constants_give_levels_at_most_and_never_a_z_score(clean: Silver) -> None:
    """Nothing moved: no z-score, no volatility and no slope; of the panel's own features only gaps in level are known.

    Strategies on agents' measures are left out: a model's neutral rate moves as its window does.
    """
    still = each_value(clean, lambda table, column: pl.col(column).first().over(ENTITY[table][0]))  # curves flat too
    features = [strategy.id for strategy in STRATEGIES if not set(strategy.inputs) & set(MEASURES)]
    assert len(features) >= 12
    scores = scores_of(still).filter(pl.col("strategy_id").is_in(features), pl.col("score").is_not_null())
    assert set(scores["strategy_id"]) == {"INF_BREAKEVEN_FOCUS", "INF_BREAKEVEN_MEANREV"}
    assert (scores["confidence"] == 0.5).all()
    assert not scores["drivers"].str.contains("_z").any()


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_number_is_unknown(clean: Silver, value: float) -> None:
    rng = np.random.default_rng(1)
    struck = {}
    for name, frame in clean.items():
        if name in VALUES:
            bad = pl.Series(rng.uniform(size=len(frame)) < 0.02)
            column = VALUES[name]
            frame = frame.with_columns(pl.when(bad).then(pl.lit(value)).otherwise(pl.col(column)).alias(column))
        struck[name] = frame
    scores = scores_of(struck)
    known = scores["score"].drop_nulls()
    assert known.is_finite().all()
    assert known.is_between(-1.0, 1.0).all()
    zeros = scores.filter(pl.col("score") == 0.0, ~pl.col("strategy_id").is_in(FLAT_IS_A_VIEW))
    assert zeros.is_empty()


def test_rows_twice_change_nothing(clean: Silver, good: pl.DataFrame) -> None:
    twice = {name: pl.concat([frame, frame]) for name, frame in clean.items()}
    assert_frame_equal(scores_of(twice), good)


def test_a_year_that_is_missing_is_a_gap_with_an_age(clean: Silver, good: pl.DataFrame) -> None:
    """Scores stop when the inputs are too old, and are again those of a whole history once windows are full."""
    gone = pl.col("obs_date").dt.year() == 2020
    panel = panel_of({name: frame.filter(~gone) for name, frame in clean.items()})
    scores = compute_signals(panel)
    inside = scores.filter(pl.col("as_of").dt.year() == 2020, pl.col("as_of").dt.month() >= 9)
    daily = [s.id for s in STRATEGIES if s.stale_after_bd <= 5]
    assert inside.filter(pl.col("strategy_id").is_in(daily))["score"].null_count() == len(
        inside.filter(pl.col("strategy_id").is_in(daily))
    )
    zeros = scores.filter(pl.col("score") == 0.0, ~pl.col("strategy_id").is_in(FLAT_IS_A_VIEW))
    assert zeros.is_empty()
