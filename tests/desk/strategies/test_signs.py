"""The sign of each strategy by a hand-made panel: what must have happened for it to do its legs as written."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from desk.strategies.base import conviction
from desk.strategies.fx_positioning import follow_then_fade
from tests.desk.scalars import number
from tests.desk.strategies.panels import BY_ID, Columns, last, made, swing

UP, DOWN = swing(0.0, 0.01), swing(0.0, -0.01)
NEAR_COPOM = {"mp_copom_bd_to": 3.0, "mp_copom_bd_since": 30.0}
NEAR_FOMC = {"mp_fomc_bd_to": 5.0, "mp_fomc_bd_since": 25.0}

PLUS = [
    ("RATES_CARRY_ROLL", {"di_carry_roll_504": 0.6, "di_carry_roll_756": -0.1}),  # carry pays: receive
    ("RATES_TAYLOR_GAP", {"mp_taylor_gap_1y": UP}),  # DI above the rule: receive
    ("RATES_SLOPE_MEANREV", {"slope_2s5s_z": 1.5}),  # steep: flatten
    ("RATES_US_SPILLOVER", {"di_ust_overreaction": 1.0}),  # DI rose too much with Treasuries: receive
    ("RATES_TERM_PREMIUM", {"mp_term_premium_5y": UP}),  # premium high: receive
    ("RATES_COPOM_PATH", {"mp_copom_path_gap": UP}),  # DI above Focus by meeting: receive the front
    ("RATES_FOMC_WINDOW", {"mp_fed_gap_2y": UP, **NEAR_FOMC}),  # Treasuries above the rule: receive them
    ("RATES_COPOM_WINDOW", {"mp_front_gap": UP, **NEAR_COPOM}),  # front above the reaction function: receive
    (
        "INF_BREAKEVEN_FOCUS",  # Focus above the breakeven: long breakeven
        {"focus_less_breakeven_504": 0.01, "focus_less_breakeven_504_z": 1.0, "inflation_tolerance": 0.015},
    ),
    ("INF_IPCA_SURPRISE", {"inf_surprise_1m": UP, "inf_surprise_3m_z": 1.0}),  # inflation above Focus: long breakeven
    ("INF_BREAKEVEN_MEANREV", {"breakeven_504_z": -1.5, "breakeven_gap_504": -1.0}),  # cheap: long breakeven
    ("FX_CARRY_FLOW", {"fx_carry_to_risk": 0.5, "fx_beer_gap_z": 1.0, "fx_flow_total_21_z": 0.5}),  # paid, cheap, flow
    ("FX_CARRY_MOMENTUM", {"carry_to_risk_z": 1.0, "usdbrl_momentum_z": 1.0}),  # carry up: long BRL
    ("FX_POSITIONING", {"fx_flow_total_21_z": 0.8, "cot_brl_net_z": 0.8}),  # dollars in: long BRL
    ("FX_POSITIONING", {"fx_flow_total_21_z": -2.9, "cot_brl_net_z": -2.9}),  # everyone short BRL: fade it
    ("FX_VOL_REGIME", {"usdbrl_vol_21_z": [2.0] * 300 + [1.0] * 20}),  # volatility falls from high: long BRL
    ("FX_TERMS_OF_TRADE", {"export_basket_ret_63_z": 1.0, "usdbrl_ret_63_z": 0.5}),  # exports ahead of BRL: long BRL
    ("CUPOM_BASIS", {"fx_cupom_basis_1y": UP}),  # cupom high against SOFR: receive it
    ("CUPOM_SLOPE", {"cupom_slope_1y3y_z": 1.5}),  # steep cupom: receive long against short
    ("SOV_FISCAL_RISK", {"mp_term_premium_5y": UP, "fis_dominance": -0.2}),  # paid more than risk: sell protection
    ("SOV_SPREAD_MEANREV", {"sov_spread_5y_z": 1.5}),  # wide: sell protection
    (
        "SOV_RELATIVE_VALUE",  # dollar and spread above peers, equities below: Brazil is cheap
        {"brl_peer_residual_63_z": 1.0, "ewz_peer_residual_63_z": -1.0, "sov_peer_residual_63_z": 1.0},
    ),
    (
        "SOV_RATING_PRESSURE",  # debt down, growth up, current account up, calm: sell protection
        {
            "gross_debt_gdp": swing(0.8, 0.75),
            "activity_yoy": swing(0.0, 0.03),
            "current_account_12m_gdp": swing(-0.03, -0.01),
            "usdbrl_vol_63_z": swing(0.0, -1.0),
        },
    ),
    ("CROSS_RISK_APPETITE", {"vix_z": -1.0, "us_hy_spread_z": -1.0, "ibovespa_momentum_z": 1.0}),  # calm: risk on
    ("CROSS_RISK_APPETITE", {"usdbrl_vol_63_z": -1.0, "equity_rate_correlation_z": 1.0, "spx_momentum_z": 1.0}),
]
_FIXED = ("inflation_tolerance", "mp_copom_bd_to", "mp_copom_bd_since", "mp_fomc_bd_to", "mp_fomc_bd_since")


def _mirrored(columns: Columns) -> Columns:
    """The same panel with every move the other way."""
    found = {}
    for name, path in columns.items():
        if name in _FIXED:
            found[name] = path
        elif isinstance(path, list):
            found[name] = [2.0 * path[0] - value for value in path] if min(path) > 0.5 else [-value for value in path]
        else:
            found[name] = -path
    return found


def test_each_strategy_has_its_sign_here() -> None:
    assert {name for name, _ in PLUS} | {"CROSS_REGIME_MAP"} == set(BY_ID)


@pytest.mark.parametrize(("strategy_id", "columns"), PLUS, ids=[name for name, _ in PLUS])
def test_the_sign_of_each(strategy_id: str, columns: Columns) -> None:
    plus, confidence = last(strategy_id, **columns)
    assert plus is not None
    assert plus > 0.2
    assert confidence > 0.0
    if strategy_id in ("FX_VOL_REGIME", "SOV_RATING_PRESSURE"):
        return  # their mirrors have tests of their own
    minus, _ = last(strategy_id, **_mirrored(columns))
    assert minus == pytest.approx(-plus)


@pytest.mark.parametrize(
    ("regime", "expected"), [("goldilocks", 1.0), ("reflation", 0.5), ("stagflation", -1.0), ("deflation", -0.5)]
)
def test_the_map_gives_each_regime_its_direction(regime: str, expected: float) -> None:
    names = BY_ID["CROSS_REGIME_MAP"].inputs
    certain = {name: 1.0 if name.endswith(regime) else 0.0 for name in names}
    score, confidence = last("CROSS_REGIME_MAP", **certain)
    assert score == pytest.approx(expected)
    assert confidence == 1.0
    assert last("CROSS_REGIME_MAP", **dict.fromkeys(names, 0.25))[0] == pytest.approx(0.0)
    assert last("CROSS_REGIME_MAP", **dict.fromkeys(names[:3], 1.0)) == (None, 0.0)


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("gross_debt_gdp", swing(0.8, 0.9), swing(0.8, 0.7)),
        ("activity_yoy", swing(0.02, -0.04), swing(0.02, 0.08)),
        ("current_account_12m_gdp", swing(-0.02, -0.05), swing(-0.02, 0.01)),
        ("usdbrl_vol_63_z", swing(0.0, 2.0), swing(0.0, -2.0)),
    ],
)
def test_each_pressure_on_the_rating_pushes_its_way(name: str, bad: list[float], good: list[float]) -> None:
    still: Columns = {
        "gross_debt_gdp": 0.8,
        "activity_yoy": 0.02,
        "current_account_12m_gdp": -0.02,
        "usdbrl_vol_63_z": 0.0,
    }
    worse, _ = last("SOV_RATING_PRESSURE", **{**still, name: bad})
    better, _ = last("SOV_RATING_PRESSURE", **{**still, name: good})
    assert number(worse) < -0.1
    assert number(better) > 0.1


def test_rating_pressure_by_hand() -> None:
    path = [0.8] * 899 + [0.9]  # ten points of GDP in a day: 0.1 * 755 / 756 above the mean
    score, _ = last(
        "SOV_RATING_PRESSURE",
        gross_debt_gdp=path,
        activity_yoy=0.02,
        current_account_12m_gdp=-0.02,
        usdbrl_vol_63_z=0.0,
    )
    odds = 5.4 * 0.1 * 755 / 756
    assert score == pytest.approx(1.0 - 2.0 / (1.0 + np.exp(-odds)))


@pytest.mark.parametrize(
    ("strategy_id", "gap", "event", "before", "after"),
    [("RATES_FOMC_WINDOW", "mp_fed_gap_2y", "fomc", 7, 1), ("RATES_COPOM_WINDOW", "mp_front_gap", "copom", 5, 4)],
)
def test_event_strategies_have_a_score_only_around_their_meeting(
    strategy_id: str, gap: str, event: str, before: int, after: int
) -> None:
    def score(to: float, since: float) -> float | None:
        columns: Columns = {gap: UP, f"mp_{event}_bd_to": to, f"mp_{event}_bd_since": since}
        return last(strategy_id, **columns)[0]

    assert score(before, 20) is not None
    assert score(0, 40) is not None
    assert score(30, after) is not None
    assert score(before + 1, 20) is None
    assert score(30, after + 1) is None
    strategy = BY_ID[strategy_id]
    blind = made(strategy, 900, **{gap: UP})
    assert strategy.score(blind)["score"].null_count() == 900


def test_the_turn_of_volatility_speaks_and_its_trend_does_not() -> None:
    def turned(before: float, after: float) -> float | None:
        return last("FX_VOL_REGIME", usdbrl_vol_21_z=[before] * 300 + [after] * 20)[0]

    assert turned(2.0, 1.0) == pytest.approx(0.5)  # falling from high: long BRL
    assert turned(0.5, -0.5) == pytest.approx(0.25)  # from half a deviation, half the weight
    assert turned(-2.0, -1.0) == pytest.approx(-0.5)  # rising from low: short BRL
    assert turned(1.0, 2.0) == 0.0  # still rising
    assert turned(-1.0, -2.0) == 0.0


def test_positioning_halves_its_confidence_when_one_half_is_blind() -> None:
    assert last("FX_POSITIONING", fx_flow_total_21_z=1.0, cot_brl_net_z=1.0) == (1.0, 1.0)
    assert last("FX_POSITIONING", fx_flow_total_21_z=1.0) == (1.0, 0.5)
    assert last("FX_POSITIONING", cot_brl_net_z=-1.0) == (-1.0, 0.5)
    assert last("FX_POSITIONING") == (None, 0.0)


@pytest.mark.parametrize(
    ("strategy_id", "columns"),
    [
        ("CROSS_RISK_APPETITE", {"vix_z": -1.0, "spx_momentum_z": 1.0}),
        ("FX_CARRY_FLOW", {"fx_beer_gap_z": 1.0}),
        ("SOV_FISCAL_RISK", {"fis_dominance": 0.5}),
        ("SOV_RELATIVE_VALUE", {"brl_peer_residual_63_z": 1.0}),
    ],
)
def test_too_few_known_components_give_no_score(strategy_id: str, columns: Columns) -> None:
    assert last(strategy_id, **columns) == (None, 0.0)


def test_the_largest_ratio_sets_the_score() -> None:
    score, _ = last("RATES_CARRY_ROLL", di_carry_roll_756=0.2, di_carry_roll_1260=-0.6)
    assert score == pytest.approx(-0.6)


def test_the_premium_and_the_risk_cancel_when_equal() -> None:
    flat = [0.02 + (0.001 if day % 2 else -0.001) for day in range(899)]
    z = np.array([*flat, 0.0215])
    strength = float((z[-1] - z[-756:].mean()) / z[-756:].std(ddof=1) / 2.0)
    score, _ = last("SOV_FISCAL_RISK", mp_term_premium_5y=[*flat, 0.0215], fis_dominance=strength)
    assert score == pytest.approx(0.0, abs=1e-9)


def test_conviction_map_is_linear_to_two_deviations() -> None:
    assert conviction(np.array([-5.0, -1.0, 0.0, 1.0, 2.0, 9.0])).tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0, 1.0]


def test_follow_then_fade_turns_at_two_deviations() -> None:
    z = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0])
    assert follow_then_fade(z).tolist() == [0.0, 0.5, 1.0, 0.5, 0.0, -0.5, -1.0, -1.0]
    np.testing.assert_allclose(follow_then_fade(-z), -follow_then_fade(z))


def test_the_frame_of_a_score() -> None:
    frame = BY_ID["FX_CARRY_MOMENTUM"].score(made(BY_ID["FX_CARRY_MOMENTUM"], carry_to_risk_z=1.0))
    assert dict(frame.schema) == {"day": pl.Date(), "score": pl.Float64(), "confidence": pl.Float64()}
