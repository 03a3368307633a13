"""From scores to instruments: each strategy through to its contract's side, and what weakens or changes conviction."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk.catalog.desk_parameters import load_desk_parameters
from desk.gold import AGGREGATED_SIGNAL, STRATEGY_SIGNALS
from desk.model import decision_time
from desk.portfolio.aggregate import aggregate, flips, surges
from desk.strategies import STRATEGIES, Strategy

CLASSES = {instrument.id: instrument.asset_class for instrument in load_desk_parameters().instruments}
DAYS = [dt.date(2026, 1, 12) + dt.timedelta(days=n) for n in range(4)]


def run(scores: dict[str, list[float | None]], tilts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Aggregated signals of the given paths of convictions; strategies not named have none."""
    rows = []
    length = len(next(iter(scores.values())))
    for strategy in STRATEGIES:
        path = scores.get(strategy.id, [None] * length)
        for day, score in zip(DAYS, path, strict=False):
            rows.append((decision_time(day), strategy.id, strategy.asset_class, score, 1.0, "{}", "[]", score, 0))
    signals = pl.DataFrame(rows, schema=STRATEGY_SIGNALS.schema, orient="row")
    return aggregate(signals, STRATEGIES, CLASSES, tilts)


def convictions(frame: pl.DataFrame, at: int = -1) -> dict[str, float | None]:
    day = frame["as_of"].unique().sort()[at]
    return dict(frame.filter(pl.col("as_of") == day).select("instrument_id", "conviction").rows())


@pytest.mark.parametrize("score", [1.0, -1.0, 0.4])
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.id)
def test_each_strategy_alone_comes_out_on_its_legs_side(strategy: Strategy, score: float) -> None:
    found = convictions(run({strategy.id: [score]}))
    for leg in strategy.legs:
        assert found[leg.instrument] == pytest.approx(leg.sign * score)
    others = set(found) - {leg.instrument for leg in strategy.legs}
    assert all(found[name] is None for name in others)


def test_a_negative_score_on_a_short_dollar_leg_is_long_the_dollar() -> None:
    assert convictions(run({"FX_CARRY_MOMENTUM": [-1.0]}))["DOL"] == 1.0
    assert convictions(run({"FX_CARRY_MOMENTUM": [1.0]}))["DOL"] == -1.0


def test_opposite_views_cancel_and_agreement_says_so() -> None:
    frame = run({"FX_CARRY_MOMENTUM": [0.6], "FX_POSITIONING": [-0.6]})
    row = frame.filter(pl.col("instrument_id") == "DOL").row(0, named=True)
    part = round(0.6 / 2**0.5, 6)
    assert row["conviction"] == pytest.approx(0.0)
    assert row["agreement"] == pytest.approx(0.5)
    assert json.loads(row["contributions"]) == {"FX_CARRY_MOMENTUM": -part, "FX_POSITIONING": part}


def test_a_voice_that_agrees_strengthens_and_many_voices_are_no_whisper() -> None:
    alone = convictions(run({"FX_CARRY_MOMENTUM": [0.3]}))["DOL"]
    pair = convictions(run({"FX_CARRY_MOMENTUM": [0.3], "FX_POSITIONING": [0.3]}))["DOL"]
    assert alone == pytest.approx(-0.3)
    assert pair == pytest.approx(-0.3 * 2**0.5)
    crowd: dict[str, list[float | None]] = {
        name: [0.3] for name in ("FX_CARRY_MOMENTUM", "FX_POSITIONING", "CROSS_RISK_APPETITE", "FX_VOL_REGIME")
    }
    assert convictions(run(crowd))["DOL"] == pytest.approx(-0.6)
    certain: dict[str, list[float | None]] = {name: [1.0] for name in crowd}
    assert convictions(run(certain))["DOL"] == -1.0


def test_contributions_add_up_to_the_conviction() -> None:
    frame = run({"RATES_CARRY_ROLL": [0.7], "RATES_SLOPE_MEANREV": [0.5], "INF_BREAKEVEN_MEANREV": [-0.9]})
    for row in frame.drop_nulls("conviction").iter_rows(named=True):
        assert sum(json.loads(row["contributions"]).values()) == pytest.approx(row["conviction"], abs=1e-5)


def test_conflicts_are_listed_and_whispers_are_not() -> None:
    frame = run({"FX_CARRY_MOMENTUM": [0.8, 0.8, 0.6], "FX_POSITIONING": [-0.3, -0.05, -0.6]})
    dol = frame.filter(pl.col("instrument_id") == "DOL")["conflicts"].to_list()
    assert [json.loads(text) for text in dol] == [["FX_POSITIONING"], [], ["FX_CARRY_MOMENTUM", "FX_POSITIONING"]]


def test_the_tilt_of_the_class_stands_beside_the_conviction() -> None:
    tilts = pl.DataFrame({"day": DAYS[:3], "reg_tilt_fx": [1.25, 0.5, None], "reg_tilt_rates": [0.8, 0.8, 0.8]})
    frame = run({"FX_POSITIONING": [0.4, 0.4, 0.4]}, tilts=tilts)
    dol = frame.filter(pl.col("instrument_id") == "DOL")
    assert dol["tilt"].to_list() == [1.25, 0.5, None], "unknown is shown as unknown"
    assert dol["conviction"].to_list() == [-0.4] * 3, "the conviction holds it already"
    assert frame.filter(pl.col("instrument_id") == "DI1_3Y")["tilt"].to_list() == [0.8] * 3
    assert run({"FX_POSITIONING": [0.4]}).filter(pl.col("instrument_id") == "DOL")["tilt"].to_list() == [None]


def test_flips_count_only_across_the_dead_band() -> None:
    path = np.array([0.3, 0.05, -0.05, 0.2, -0.08, -0.2, np.nan, -0.3, 0.1])
    assert flips(path) == [0, 0, 0, 0, 0, -1, 0, 0, 1]


def test_surges_are_changes_above_the_threshold() -> None:
    found = surges(np.array([0.0, 0.3, 0.65, np.nan, 0.1, -0.5]))
    assert np.isnan(found[[0, 1, 3, 4]]).all()
    assert found[2] == pytest.approx(0.35)
    assert found[5] == pytest.approx(-0.6)


def test_flip_and_surge_reach_the_table() -> None:
    frame = run({"FX_CARRY_MOMENTUM": [0.5, -0.5, -0.5, None]}).filter(pl.col("instrument_id") == "DOL")
    assert frame["flip"].to_list() == [0, 1, 0, 0]
    assert frame["surge"].to_list() == [None, pytest.approx(1.0), None, None]
    assert frame["conviction"].to_list() == [-0.5, 0.5, 0.5, None]


def test_the_gold_table_and_no_later_day() -> None:
    rng = np.random.default_rng(5)
    paths = {strategy.id: rng.uniform(-1, 1, 4).tolist() for strategy in STRATEGIES}
    whole = run(paths)
    assert dict(whole.schema) == AGGREGATED_SIGNAL.schema
    assert whole["conviction"].is_between(-1, 1).all()
    cut = run({name: path[:2] for name, path in paths.items()})
    assert_frame_equal(whole.head(len(cut)), cut, check_exact=True)
