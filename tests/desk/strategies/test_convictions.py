"""A strategy's conviction: what weakens a score, and what the regime makes of it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from desk.gold import STRATEGY_SIGNALS
from desk.strategies import STRATEGIES, compute_signals, input_age
from desk.strategies.convictions import class_tilt, convictions
from desk.transforms.panel import Panel


def one(score: float | None, confidence: float = 1.0, age: float = 0.0, tilt: float = np.nan) -> float:
    scored = pl.DataFrame(
        {"score": [score], "confidence": [confidence]}, schema={"score": pl.Float64, "confidence": pl.Float64}
    )
    return float(convictions(scored, np.array([age]), np.array([tilt]))[0])


def test_confidence_age_and_tilt() -> None:
    assert one(0.8) == 0.8
    assert one(0.8, confidence=0.5) == pytest.approx(0.4)
    assert [one(0.8, age=age) for age in (0.0, 5.0, 10.0)] == pytest.approx([0.8, 0.4, 0.2])
    assert one(-0.4, tilt=1.25) == pytest.approx(-0.5)
    assert one(-1.0, tilt=1.25) == -1.0, "cut to full conviction"
    assert np.isnan(one(None))
    assert np.isnan(one(0.8, age=np.nan)), "no input is known"


def test_a_class_without_a_tilt_has_none() -> None:
    values = pl.DataFrame({"reg_tilt_fx": [1.25, None]})
    np.testing.assert_array_equal(class_tilt(values, "FX"), [1.25, np.nan])
    assert np.isnan(class_tilt(values, "Rates")).all()
    assert np.isnan(class_tilt(values, "Cross-Asset")).all()


def test_the_table_holds_what_its_own_columns_and_the_panel_make(sandbox_panel: Panel) -> None:
    late = sandbox_panel.since(sandbox_panel.days[-400])
    signals = compute_signals(late)
    assert dict(signals.schema) == STRATEGY_SIGNALS.schema
    for strategy in STRATEGIES:
        own = signals.filter(pl.col("strategy_id") == strategy.id).sort("as_of")
        decay = 0.5 ** (input_age(late, strategy) / 5.0)
        tilt = np.nan_to_num(class_tilt(late.values, strategy.asset_class), nan=1.0)
        expected = np.clip(own["score"].to_numpy() * own["confidence"].to_numpy() * decay * tilt, -1.0, 1.0)
        np.testing.assert_allclose(own["conviction"].cast(pl.Float64).to_numpy(), expected)
