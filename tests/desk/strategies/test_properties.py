"""Properties of every score, on panels that hypothesis draws."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draws
from polars.testing import assert_frame_equal

from desk.strategies import STRATEGIES, Strategy
from tests.desk.strategies.panels import BY_ID

each = pytest.mark.parametrize("strategy", STRATEGIES, ids=list(BY_ID))
quick = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
seeds = draws.integers(0, 2**32 - 1)
# a score on gaps in level, on probabilities or on bands changes with the unit; the others are z-scores made here
UNITLESS = ("RATES_TERM_PREMIUM", "CUPOM_BASIS")


def drawn(strategy: Strategy, seed: int, days: int = 620) -> pl.DataFrame:
    """Random walks with missing values, in the units of the inputs: fractions of a percent, or standard deviations."""
    rng = np.random.default_rng(seed)
    day = pl.date_range(dt.date(2019, 1, 1), dt.date(2019, 1, 1) + dt.timedelta(days=days - 1), eager=True)
    columns = {}
    for name in strategy.inputs:
        size = 1.0 if name.endswith(("_z", "overreaction")) else 20.0 if "_bd_" in name else 0.01
        walk = size * np.cumsum(rng.normal(0, 0.2, days))
        columns[name] = np.where(rng.uniform(size=days) < 0.03, np.nan, walk)
    return pl.DataFrame({"day": day, **columns}, nan_to_null=True)


@each
@quick
@given(seed=seeds, cut=draws.integers(1, 620))
def test_no_score_sees_later_days(strategy: Strategy, seed: int, cut: int) -> None:
    panel = drawn(strategy, seed)
    assert_frame_equal(strategy.score(panel).head(cut), strategy.score(panel.head(cut)), check_exact=True)


@each
@quick
@given(seed=seeds)
def test_scores_are_bounded_and_confident_only_where_known(strategy: Strategy, seed: int) -> None:
    frame = strategy.score(drawn(strategy, seed))
    assert frame["score"].drop_nulls().is_between(-1.0, 1.0).all()
    assert frame["confidence"].is_between(0.0, 1.0).all()
    assert ((frame["confidence"] == 0.0) == frame["score"].is_null()).all()


@each
@quick
@given(seed=seeds)
def test_the_order_of_columns_and_others_beside_them_do_not_matter(strategy: Strategy, seed: int) -> None:
    panel = drawn(strategy, seed)
    other = panel.select(pl.lit(1.0).alias("stranger"), *reversed(panel.columns))
    assert_frame_equal(strategy.score(panel), strategy.score(other), check_exact=True)


@pytest.mark.parametrize("strategy_id", UNITLESS)
@quick
@given(seed=seeds, unit=draws.floats(0.01, 100.0), shift=draws.floats(-0.05, 0.05))
def test_a_z_score_knows_no_unit_and_no_level(strategy_id: str, seed: int, unit: float, shift: float) -> None:
    strategy = BY_ID[strategy_id]
    panel = drawn(strategy, seed)
    other = panel.with_columns(pl.col(name) * unit + shift for name in strategy.inputs)
    scores, moved = strategy.score(panel)["score"].to_numpy(), strategy.score(other)["score"].to_numpy()
    np.testing.assert_allclose(moved, scores, atol=1e-6, equal_nan=True)
