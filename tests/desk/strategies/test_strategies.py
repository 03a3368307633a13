"""The contract that every listed strategy keeps, and the sign of each by a hand-made panel."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk.catalog import load_catalog
from desk.catalog.desk_parameters import ASSET_CLASSES, load_desk_parameters
from desk.errors import BadInput, MissingInput
from desk.gold import STRATEGY_SIGNALS
from desk.model import decision_time
from desk.strategies import STRATEGIES, Strategy, input_ages, score_all
from desk.strategies.base import conviction
from desk.strategies.fx_positioning import follow_then_fade
from desk.transforms.panel import build_panel, feature_inputs
from tests.desk.made_history import decision_days, made_silver

CATALOG = load_catalog()
BY_ID = {strategy.id: strategy for strategy in STRATEGIES}
each = pytest.mark.parametrize("strategy", STRATEGIES, ids=list(BY_ID))


@pytest.fixture(scope="module")
def panel():
    return build_panel(made_silver(), decision_days(1100), CATALOG)


def made(strategy: Strategy, days: int = 300, **columns: float | list[float]) -> pl.DataFrame:
    """A panel of `days` on which every column holds one number (or a given list); columns not named are unknown."""
    day = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 1, 1) + dt.timedelta(days=days - 1), eager=True)
    blank = {name: pl.Series([None] * days, dtype=pl.Float64) for name in strategy.inputs}
    given = {
        name: pl.Series(value if isinstance(value, list) else [value] * days, dtype=pl.Float64)
        for name, value in columns.items()
    }
    assert set(given) <= set(blank)
    return pl.DataFrame({"day": day, **blank, **given})


def last(strategy_id: str, **columns: float) -> tuple[float | None, float]:
    strategy = BY_ID[strategy_id]
    row = strategy.score(made(strategy, strategy.min_history + 1, **columns)).row(-1, named=True)
    return row["score"], row["confidence"]


@each
def test_inputs_come_from_sources(strategy: Strategy) -> None:
    for name in strategy.inputs:
        for leaf in feature_inputs(name, CATALOG):
            known = leaf in CATALOG.series or leaf.startswith(
                ("pre_", "real_", "cupom_", "ust_", "focus_", "inflation_")
            )
            assert known, f"{strategy.id}: {name} goes back to {leaf}"


@each
def test_legs_name_instruments_and_an_asset_class(strategy: Strategy) -> None:
    instruments = load_desk_parameters().instrument_ids
    assert {leg.instrument for leg in strategy.legs} <= set(instruments)
    assert all(leg.sign in (-1.0, 1.0) for leg in strategy.legs)
    assert strategy.asset_class in ASSET_CLASSES
    assert strategy.idea


@each
def test_scores_do_not_see_later_days(strategy: Strategy, panel) -> None:
    whole = strategy.score(panel.values)
    for cut in (1, 400, 777, 1099):
        assert_frame_equal(whole.head(cut), strategy.score(panel.values.head(cut)), check_exact=True)


@each
def test_scores_are_bounded_and_fire_both_ways(strategy: Strategy, panel) -> None:
    scores = strategy.score(panel.values)["score"].drop_nulls()
    assert len(scores) > 300
    assert scores.is_between(-1.0, 1.0).all()
    assert scores.max() > 0.3
    assert scores.min() < -0.3


@each
def test_nothing_is_said_before_min_history_or_without_inputs(strategy: Strategy) -> None:
    days = strategy.min_history + 40
    full = strategy.score(made(strategy, days, **dict.fromkeys(strategy.inputs, 1.0)))
    assert full["score"].null_count() == strategy.min_history - 1
    blank = strategy.score(made(strategy))
    assert blank["score"].null_count() == len(blank)
    assert blank["confidence"].sum() == 0.0


@each
def test_a_panel_without_a_declared_column_is_refused(strategy: Strategy) -> None:
    with pytest.raises(MissingInput, match=strategy.id):
        strategy.score(made(strategy).drop(strategy.inputs[0]))


@each
def test_a_score_does_not_change_the_panel(strategy: Strategy, panel) -> None:
    before = panel.values.clone()
    strategy.score(panel.values)
    assert_frame_equal(panel.values, before)


@pytest.mark.parametrize(
    ("strategy_id", "columns"),
    [
        ("RATES_CARRY_ROLL", {"di_carry_roll_504": 0.6, "di_carry_roll_756": -0.1}),  # carry pays: receive
        ("RATES_SLOPE_MEANREV", {"slope_2s5s_z": 1.5}),  # steep: flatten
        ("RATES_US_SPILLOVER", {"di_ust_overreaction": 1.0}),  # DI rose too much with Treasuries: receive
        ("FX_TERMS_OF_TRADE", {"export_basket_ret_63_z": 1.0, "usdbrl_ret_63_z": 0.5}),  # exports ahead: long BRL
        ("INF_BREAKEVEN_MEANREV", {"breakeven_504_z": -1.5, "breakeven_gap_504": -1.0}),  # cheap: long breakeven
        ("FX_CARRY_MOMENTUM", {"carry_to_risk_z": 1.0, "usdbrl_momentum_z": 1.0}),  # carry up: long BRL
        ("FX_POSITIONING", {"fx_flow_total_21_z": 0.8, "cot_brl_net_z": 0.8}),  # dollars in: long BRL
        ("FX_POSITIONING", {"fx_flow_total_21_z": -2.9, "cot_brl_net_z": -2.9}),  # everyone short BRL: fade it
        ("CROSS_RISK_APPETITE", {"vix_z": -1.0, "us_hy_spread_z": -1.0, "ibovespa_momentum_z": 1.0}),  # calm: risk on
        ("CROSS_RISK_APPETITE", {"usdbrl_vol_63_z": -1.0, "equity_rate_correlation_z": 1.0, "spx_momentum_z": 1.0}),
    ],
)
def test_the_sign_of_each(strategy_id: str, columns: dict[str, float]) -> None:
    plus, _ = last(strategy_id, **columns)
    minus, _ = last(strategy_id, **{name: -value for name, value in columns.items()})
    assert plus is not None
    assert minus is not None
    assert plus > 0.3
    assert minus == pytest.approx(-plus)


SIDES = {
    "RATES_CARRY_ROLL": {"DI1_2Y": 1, "DI1_3Y": 1, "DI1_5Y": 1},  # receive: long PU
    "RATES_SLOPE_MEANREV": {"DI1_5Y": 1, "DI1_2Y": -1},
    "RATES_US_SPILLOVER": {"DI1_5Y": 1},
    "INF_BREAKEVEN_MEANREV": {"DAP_2Y": 1, "DI1_2Y": -1},
    "FX_CARRY_MOMENTUM": {"DOL": -1},  # long BRL: short dollars
    "FX_POSITIONING": {"DOL": -1},
    "FX_VOL_REGIME": {"DOL": -1},
    "FX_TERMS_OF_TRADE": {"DOL": -1},
    "CROSS_RISK_APPETITE": {"DOL": -1, "IND": 1, "DI1_3Y": 1},
}


@each
def test_the_side_of_each_leg(strategy: Strategy) -> None:
    assert {leg.instrument: leg.sign for leg in strategy.legs} == SIDES[strategy.id]


def test_the_list_is_the_contract() -> None:
    assert list(SIDES) == [strategy.id for strategy in STRATEGIES]


def test_the_turn_of_volatility_speaks_and_its_trend_does_not() -> None:
    strategy = BY_ID["FX_VOL_REGIME"]

    def turned(before: float, after: float) -> float:
        path = [before] * (strategy.min_history - 10) + [after] * 20
        return strategy.score(made(strategy, len(path), usdbrl_vol_21_z=path))["score"][-1]

    assert turned(2.0, 1.0) == pytest.approx(0.5)  # falling from high: long BRL
    assert turned(0.5, -0.5) == pytest.approx(0.25)  # from half a deviation, half the weight
    assert turned(-2.0, -1.0) == pytest.approx(-0.5)  # rising from low: short BRL
    assert turned(1.0, 2.0) == 0.0  # still rising
    assert turned(-1.0, -2.0) == 0.0


def test_infinities_are_unknown_and_days_must_ascend() -> None:
    assert last("FX_CARRY_MOMENTUM", carry_to_risk_z=float("inf"), usdbrl_momentum_z=1.0) == (0.5, 0.5)
    strategy = BY_ID["FX_CARRY_MOMENTUM"]
    panel = made(strategy, usdbrl_momentum_z=1.0)
    with pytest.raises(BadInput, match="FX_CARRY_MOMENTUM"):
        strategy.score(pl.concat([panel, panel.tail(1)]))


def test_positioning_halves_its_confidence_when_one_half_is_blind() -> None:
    assert last("FX_POSITIONING", fx_flow_total_21_z=1.0, cot_brl_net_z=1.0) == (1.0, 1.0)
    assert last("FX_POSITIONING", fx_flow_total_21_z=1.0) == (1.0, 0.5)
    assert last("FX_POSITIONING", cot_brl_net_z=-1.0) == (-1.0, 0.5)
    assert last("FX_POSITIONING") == (None, 0.0)


def test_risk_appetite_wants_three_parts() -> None:
    assert last("CROSS_RISK_APPETITE", vix_z=-1.0, spx_momentum_z=1.0) == (None, 0.0)


def test_the_largest_ratio_speaks_for_the_curve() -> None:
    score, _ = last("RATES_CARRY_ROLL", di_carry_roll_756=0.2, di_carry_roll_1260=-0.6)
    assert score == pytest.approx(-0.6)


def test_conviction_map_is_linear_to_two_deviations() -> None:
    assert conviction(np.array([-5.0, -1.0, 0.0, 1.0, 2.0, 9.0])).tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0, 1.0]


def test_follow_then_fade_turns_at_two_deviations() -> None:
    z = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0])
    assert follow_then_fade(z).tolist() == [0.0, 0.5, 1.0, 0.5, 0.0, -0.5, -1.0, -1.0]
    np.testing.assert_allclose(follow_then_fade(-z), -follow_then_fade(z))


def test_score_all_is_the_gold_table(panel) -> None:
    signals = score_all(panel)
    assert dict(signals.schema) == STRATEGY_SIGNALS.schema
    assert len(signals) == len(panel.days) * len(STRATEGIES)
    newest = signals.filter(pl.col("as_of") == decision_time(panel.days[-1]))
    assert set(newest["strategy_id"]) == set(BY_ID)
    for row in newest.iter_rows(named=True):
        drivers = json.loads(row["drivers"])
        assert row["score"] == pytest.approx(np.clip(np.mean(list(drivers.values())), -1, 1), abs=1e-5)
        assert json.loads(row["missing"]) == []
    first = signals.filter(pl.col("as_of") == decision_time(panel.days[0]))
    assert first["score"].null_count() == len(STRATEGIES)
    assert all(json.loads(text) for text in first["missing"])


def test_inputs_that_stop_are_counted_from_their_promise(panel) -> None:
    fresh = input_ages(panel, STRATEGIES).filter(pl.col("day") == panel.days[-1])
    assert set(fresh["age_bd"]) == {0}
    silver = made_silver()
    stop = panel.days[-5]
    held = silver["curve_point"].filter((pl.col("curve_id") != "PRE") | (pl.col("obs_date") < stop))
    late = build_panel({**silver, "curve_point": held}, panel.days, CATALOG)
    newest = input_ages(late, STRATEGIES).filter(pl.col("day") == panel.days[-1])
    ages = dict(newest.select("strategy_id", "age_bd").rows())
    assert ages["RATES_SLOPE_MEANREV"] == 2  # the curve of five business days ago, three allowed
    assert ages["FX_POSITIONING"] == 0
