"""Features by hand: units and signs, and a registry without dangling names."""

from __future__ import annotations

import numpy as np
import pytest

from desk.catalog import load_catalog
from desk.catalog.fallbacks import VERTICES
from desk.transforms.carry import CARRY_HORIZON_BD
from desk.transforms.curves import forward_rate
from desk.transforms.market_features import FEATURES
from desk.transforms.panel import build_panel
from tests.desk.made_history import decision_days

BY_NAME = {feature.name: feature for feature in FEATURES}
RNG = np.random.default_rng(11)


def compute(name: str, **columns: np.ndarray) -> np.ndarray:
    return BY_NAME[name].compute(columns)


def test_each_feature_reads_only_what_it_declares_and_what_is_there_before_it() -> None:
    base = set(build_panel({}, decision_days(2), load_catalog()).values.columns)
    made: set[str] = set()
    for feature in FEATURES:
        assert set(feature.inputs) <= base, feature.name
        later = set(BY_NAME) - made
        assert not set(feature.inputs) & later, f"{feature.name} is computed before its inputs"
        feature.compute({name: RNG.uniform(1.0, 2.0, 30) for name in feature.inputs})  # a KeyError would tell
        made.add(feature.name)
    assert len(BY_NAME) == len(FEATURES)


def test_units_and_formulas_are_said() -> None:
    assert all(feature.unit and feature.formula for feature in FEATURES)


def test_carry_is_more_when_brazil_pays_more() -> None:
    ones = np.ones(3)
    carry = compute("brl_carry", pre_63=0.15 * ones, usd_short_rate=0.04 * ones)[0]
    assert carry == pytest.approx(0.15 - (1.0101388889**4 - 1.0)), "both effective a year, over a quarter"
    assert compute("carry_to_risk", brl_carry=0.11 * ones, usdbrl_vol_63=0.2 * ones)[0] == pytest.approx(0.55)
    assert np.isnan(compute("carry_to_risk", brl_carry=ones, usdbrl_vol_63=0 * ones)).all()


def test_momentum_of_brl_is_positive_when_the_dollar_falls() -> None:
    ones = np.ones(2)
    assert compute("usdbrl_momentum", usdbrl_ret_63=-0.05 * ones, usdbrl_vol_63=0.2 * ones)[0] == pytest.approx(0.5)
    assert compute("ibovespa_momentum", ibovespa_ret_63=0.05 * ones, ibovespa_vol_63=0.2 * ones)[0] == pytest.approx(
        0.5
    )


def carry_roll(levels: dict[int, float], cdi: float) -> float:
    days = 64
    wiggle = np.where(np.arange(days) % 2, 0.0005, -0.0005)
    columns = {f"pre_{bd}": np.full(days, rate) + wiggle for bd, rate in levels.items()}
    return float(compute("di_carry_roll_504", **columns, cdi=np.full(days, cdi))[-1])


def test_carry_and_roll_pays_a_receiver_on_a_steep_curve_and_costs_on_an_inverted_one() -> None:
    steep = {bd: 0.10 + 0.01 * np.log(bd / 21) for bd in VERTICES}
    inverted = {bd: 0.15 - 0.01 * np.log(bd / 21) for bd in VERTICES}
    assert carry_roll(steep, 0.10) > 0.5
    assert carry_roll(inverted, 0.15) < -0.5


def test_carry_and_roll_is_the_forward_less_cdi_over_risk() -> None:
    curve = {bd: 0.10 + 0.01 * np.log(bd / 21) for bd in VERTICES}
    near = 504 - CARRY_HORIZON_BD
    logs = np.interp(near, VERTICES, [np.log1p(curve[bd] + 0.0005) * bd / 252 for bd in VERTICES])
    forward = float(forward_rate(np.expm1(logs * 252 / near), near, curve[504] + 0.0005, 504))
    changes = np.diff(np.where(np.arange(64) % 2, 0.0005, -0.0005))
    risk = changes.std(ddof=1) * np.sqrt(252) * near / 252 / (1 + curve[504] + 0.0005)
    assert carry_roll(curve, 0.10) == pytest.approx((np.log1p(forward) - np.log1p(0.10)) / risk, rel=1e-6)


def test_gaps_are_in_tolerance_bands() -> None:
    ones = np.ones(1)
    gap = compute("ipca_gap", ipca_12m=0.06 * ones, inflation_target=0.03 * ones, inflation_tolerance=0.015 * ones)
    assert gap[0] == pytest.approx(2.0)


def test_a_mean_needs_its_fewest_parts() -> None:
    names = BY_NAME["core_12m"].inputs
    columns = {name: np.array([0.05, np.nan]) for name in names}
    columns[names[0]] = np.array([0.10, 0.10])
    columns[names[1]] = np.array([np.nan, 0.10])
    result = compute("core_12m", **columns)
    assert result[0] == pytest.approx((0.10 + 3 * 0.05) / 4)
    assert np.isnan(result[1])


def test_net_positions_are_a_share_of_open_interest() -> None:
    net = compute(
        "cot_brl_net",
        cot_brl_lev_long=np.array([30.0]),
        cot_brl_lev_short=np.array([50.0]),
        cot_brl_oi=np.array([100.0]),
    )
    assert net[0] == pytest.approx(-0.2)
