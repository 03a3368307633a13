"""The contract that every listed strategy keeps, on fifteen years of the sandbox's economy."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk.agents import MEASURES
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import ASSET_CLASSES, load_desk_parameters
from desk.errors import BadInput, MissingInput
from desk.gold import STRATEGY_SIGNALS
from desk.model import decision_time
from desk.strategies import STRATEGIES, Strategy, compute_signals, input_age
from desk.transforms.panel import Panel
from tests.desk.conftest import LATE_DAYS
from tests.desk.scalars import number
from tests.desk.strategies.panels import BY_ID, made

each = pytest.mark.parametrize("strategy", STRATEGIES, ids=list(BY_ID))
PREFIXES = {
    "RATES": "Rates",
    "INF": "Inflation",
    "FX": "FX",
    "CUPOM": "Cupom",
    "SOV": "Sovereign",
    "CROSS": "Cross-Asset",
}
SIDES = {
    "RATES_CARRY_ROLL": {"DI1_2Y": 1, "DI1_3Y": 1, "DI1_5Y": 1},  # receive: long PU
    "RATES_TAYLOR_GAP": {"DI1_1Y": 1},
    "RATES_SLOPE_MEANREV": {"DI1_5Y": 1, "DI1_2Y": -1},
    "RATES_US_SPILLOVER": {"DI1_5Y": 1},
    "RATES_TERM_PREMIUM": {"DI1_5Y": 1, "DI1_10Y": 1},
    "RATES_COPOM_PATH": {"DI1_6M": 1, "DI1_1Y": 1},
    "RATES_FOMC_WINDOW": {"UST_2Y": 1},
    "RATES_COPOM_WINDOW": {"DI1_6M": 1},
    "INF_BREAKEVEN_FOCUS": {"NTNB_2030": 1, "DI1_4Y": -1},
    "INF_IPCA_SURPRISE": {"DAP_2Y": 1, "DI1_2Y": -1},
    "INF_BREAKEVEN_MEANREV": {"DAP_2Y": 1, "DI1_2Y": -1},
    "FX_CARRY_FLOW": {"DOL": -1},  # long BRL: short dollars
    "FX_CARRY_MOMENTUM": {"DOL": -1},
    "FX_POSITIONING": {"DOL": -1},
    "FX_VOL_REGIME": {"DOL": -1},
    "FX_TERMS_OF_TRADE": {"DOL": -1},
    "CUPOM_BASIS": {"DDI_1Y": 1},
    "CUPOM_SLOPE": {"DDI_3Y": 1, "DDI_1Y": -1},
    "SOV_FISCAL_RISK": {"DDI_5Y": 1, "UST_5Y": -1},  # sell protection: gains when the spread falls
    "SOV_SPREAD_MEANREV": {"DDI_5Y": 1, "UST_5Y": -1},
    "SOV_RELATIVE_VALUE": {"DOL": -1, "IND": 1},
    "SOV_RATING_PRESSURE": {"DDI_5Y": 1, "UST_5Y": -1},
    "CROSS_REGIME_MAP": {"DOL": -1, "IND": 1},
    "CROSS_RISK_APPETITE": {"DOL": -1, "IND": 1, "DI1_3Y": 1},
}


def test_the_list_is_the_contract() -> None:
    assert [strategy.id for strategy in STRATEGIES] == list(SIDES)
    assert len(STRATEGIES) == 24


@each
def test_the_side_of_each_leg(strategy: Strategy) -> None:
    assert {leg.instrument: leg.sign for leg in strategy.legs} == SIDES[strategy.id]
    assert {leg.instrument for leg in strategy.legs} <= set(load_desk_parameters().instrument_ids)


@each
def test_ids_classes_and_words(strategy: Strategy) -> None:
    assert strategy.asset_class == PREFIXES[strategy.id.split("_")[0]]
    assert strategy.asset_class in ASSET_CLASSES
    assert "(+ " in strategy.idea, "the idea says what + means"
    assert type(strategy).__name__.upper() == strategy.id.replace("_", "")
    assert type(strategy).__module__ == f"desk.strategies.{strategy.id.lower()}"
    assert strategy.__doc__


@each
def test_inputs_go_back_to_sources(strategy: Strategy, sandbox_panel: Panel) -> None:
    """Every input is a panel column or a measure, and comes from catalogue series, curves, Focus or a calendar."""
    known = load_catalog().series
    made_here = ("pre_", "real_", "cupom_", "ust_", "focus_", "inflation_", "IND")
    for name in strategy.inputs:
        assert name in sandbox_panel.values.columns
        for leaf in sandbox_panel.lineage.leaves(name):
            assert leaf in known or leaf.startswith(made_here) or leaf in MEASURES, f"{name} goes back to {leaf}"


@each
def test_scores_do_not_see_later_days(strategy: Strategy, sandbox_panel: Panel) -> None:
    whole = strategy.score(sandbox_panel.values)
    for cut in (1, 777, 1900, 3301):
        assert_frame_equal(whole.head(cut), strategy.score(sandbox_panel.values.head(cut)), check_exact=True)


@each
def test_a_daily_run_agrees_with_fifteen_years(strategy: Strategy, sandbox_panel: Panel, late_panel: Panel) -> None:
    """After its warm-up a panel that begins late scores as one that begins early, to the last bit."""
    early = strategy.score(sandbox_panel.values).tail(LATE_DAYS)
    assert_frame_equal(early, strategy.score(late_panel.values).tail(LATE_DAYS), check_exact=True)


@each
def test_scores_are_bounded_and_fire_both_ways(strategy: Strategy, sandbox_panel: Panel) -> None:
    scores = strategy.score(sandbox_panel.values)["score"].drop_nulls()
    assert len(scores) > 500
    assert scores.is_between(-1.0, 1.0).all()
    assert number(scores.max()) > 0.3
    assert number(scores.min()) < -0.3


@each
def test_nothing_is_stale_while_the_sources_keep_their_times(strategy: Strategy, sandbox_panel: Panel) -> None:
    """`stale_after_bd` is the age that inputs have in ordinary times: at most one day in fifty is older."""
    recent = (sandbox_panel.values["day"].dt.year() >= 2018).to_numpy()
    ages = pl.Series(input_age(sandbox_panel, strategy)[recent]).drop_nans()
    assert len(ages) > 2000
    assert number((ages > 0).mean()) < 0.02


@each
def test_there_is_no_score_before_min_history_or_without_inputs(strategy: Strategy, sandbox_panel: Panel) -> None:
    early = strategy.score(sandbox_panel.values.tail(strategy.min_history + 5))
    assert early["score"].head(strategy.min_history - 1).null_count() == strategy.min_history - 1
    blank = strategy.score(made(strategy))
    assert blank["score"].null_count() == len(blank)
    assert blank["confidence"].sum() == 0.0


@each
def test_a_panel_without_a_declared_column_is_refused(strategy: Strategy) -> None:
    for name in strategy.inputs:
        with pytest.raises(MissingInput, match=f"{strategy.id}.*{name}"):
            strategy.score(made(strategy).drop(name))


@each
def test_a_score_does_not_change_the_panel(strategy: Strategy, sandbox_panel: Panel) -> None:
    chosen = sandbox_panel.values.select("day", *strategy.inputs)
    before = chosen.clone()
    strategy.score(chosen)
    assert_frame_equal(chosen, before)


@each
def test_infinities_are_unknown_and_never_zero(strategy: Strategy, sandbox_panel: Panel) -> None:
    clean = sandbox_panel.values.select("day", *strategy.inputs)
    rng = np.random.default_rng(3)
    masks = {name: rng.uniform(size=len(clean)) < 0.05 for name in strategy.inputs}

    def struck(value: float | None) -> pl.DataFrame:
        return clean.with_columns(
            pl.when(pl.Series(mask)).then(pl.lit(value, pl.Float64)).otherwise(pl.col(name)).alias(name)
            for name, mask in masks.items()
        )

    holes = strategy.score(struck(None))
    assert_frame_equal(holes, strategy.score(struck(float("inf"))), check_exact=True)
    assert_frame_equal(holes, strategy.score(struck(float("nan"))), check_exact=True)
    blind = np.logical_and.reduce(list(masks.values()))
    if len(masks) == 1:
        assert holes.filter(pl.Series(blind))["score"].null_count() == blind.sum()


@each
def test_days_must_ascend_one_by_one(strategy: Strategy) -> None:
    panel = made(strategy, **dict.fromkeys(strategy.inputs, 1.0))
    for wrong in (pl.concat([panel, panel.tail(1)]), panel.reverse()):
        with pytest.raises(BadInput, match=strategy.id):
            strategy.score(wrong)


def test_compute_signals_returns_the_gold_table(sandbox_panel: Panel) -> None:
    signals = compute_signals(sandbox_panel)
    assert dict(signals.schema) == STRATEGY_SIGNALS.schema
    assert len(signals) == len(sandbox_panel.days) * len(STRATEGIES)
    newest = signals.filter(pl.col("as_of") == decision_time(sandbox_panel.days[-1]))
    assert set(newest["strategy_id"]) == set(BY_ID)
    for row in newest.iter_rows(named=True):
        drivers = json.loads(row["drivers"])
        if drivers:
            assert row["score"] == pytest.approx(np.clip(np.mean(list(drivers.values())), -1, 1), abs=1e-5)
        else:
            assert row["score"] is None
        assert json.loads(row["missing"]) == []
    first = signals.filter(pl.col("as_of") == decision_time(sandbox_panel.days[0]))
    assert first["score"].null_count() == len(STRATEGIES)
