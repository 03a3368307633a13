"""Fair value on a history whose fair value is known, its sign, and covered parity's arithmetic."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from desk.agents.fx_equilibrium.beer import BEER, price_level
from desk.agents.fx_equilibrium.carry import CARRY
from desk.agents.models import ModelData
from desk.transforms.panel import Panel
from tests.desk.agents.made_vintages import with_model_inputs
from tests.desk.agents.test_inflation import panel_with

MONTHS = 150


def world() -> dict[str, np.ndarray]:
    """q = 1.2 - 0.5 ln terms of trade - 0.3 ln reserves, and a residual of 5%; prices grow here and do not there."""
    rng = np.random.default_rng(8)
    trade = np.cumsum(rng.normal(0.0, 0.03, MONTHS))
    reserves = np.cumsum(rng.normal(0.0, 0.02, MONTHS))
    real = 1.2 - 0.5 * trade - 0.3 * reserves + rng.normal(0.0, 0.05, MONTHS)
    inflation = np.full(MONTHS, 0.004)
    return {
        "usdbrl_monthly": np.exp(real + np.log1p(inflation) * np.arange(MONTHS)),
        "us_cpi": np.full(MONTHS, 100.0),
        "ipca_mom": inflation,
        "world_commodities": 100.0 * np.exp(trade),
        "reserves_monthly": 3e5 * np.exp(reserves),
        "selic_monthly": 0.009 + rng.normal(0.0, 0.0005, MONTHS),
        "focus_ipca_12m": 0.045 + rng.normal(0.0, 0.002, MONTHS),
        "fed_funds_monthly": 0.03 + rng.normal(0.0, 0.002, MONTHS),
        "us_core_pce": 100.0 * 1.02 ** (np.arange(MONTHS) / 12.0),
    }


def gaps(usdbrl: float, **series: np.ndarray) -> dict[str, np.ndarray]:
    return dict(BEER.compute(ModelData(with_model_inputs(panel_with(usdbrl=usdbrl), {**world(), **series}))))


def test_the_slopes_and_the_spread_of_a_known_rate_come_out() -> None:
    out = gaps(5.0)
    assert out["fx_beer_slope_terms_of_trade"][0] == pytest.approx(-0.5, abs=0.12)
    assert out["fx_beer_slope_reserves"][0] == pytest.approx(-0.3, abs=0.15)
    assert out["fx_beer_gap"][0] / out["fx_beer_gap_z"][0] == pytest.approx(0.05, abs=0.02)


def test_above_fair_the_brl_is_cheap() -> None:
    fair = float(gaps(5.0)["fx_fair"][0])
    assert gaps(fair)["fx_beer_gap"][0] == pytest.approx(0.0, abs=1e-12)
    assert gaps(1.1 * fair)["fx_beer_gap"][0] == pytest.approx(np.log(1.1))
    assert gaps(1.1 * fair)["fx_beer_gap_z"][0] > 1.0


def test_better_terms_of_trade_make_the_fair_brl_stronger() -> None:
    better = world()["world_commodities"].copy()
    better[-1] *= 1.10
    assert gaps(5.0, world_commodities=better)["fx_fair"][0] < gaps(5.0)["fx_fair"][0]


def test_the_unit_of_the_currency_changes_the_level_and_not_the_gap() -> None:
    out = gaps(5.0)
    cents = gaps(500.0, usdbrl_monthly=100.0 * world()["usdbrl_monthly"])
    assert cents["fx_beer_gap"][0] == pytest.approx(out["fx_beer_gap"][0])
    assert cents["fx_fair"][0] == pytest.approx(100.0 * out["fx_fair"][0])


def test_prices_are_chained_from_a_fixed_number_of_months_back() -> None:
    changes = np.full((1, 10), 0.01)
    assert price_level(changes, months=3)[0, -3:] == pytest.approx(np.log(1.01) * np.array([1, 2, 3]))
    assert np.isnan(price_level(changes, months=3)[0, :7]).all()
    holed = changes.copy()
    holed[0, 8] = np.nan
    assert np.isnan(price_level(holed, months=3)[0, 8:]).all()


def carry(**columns: float) -> dict[str, float]:
    panel = panel_with(**columns)
    many = Panel(pl.concat([panel.values] * 3), pl.concat([panel.obs_dates] * 3), panel.provenance, panel.lineage)
    return {name: float(value[-1]) for name, value in CARRY.compute(ModelData(many)).items()}


def test_no_basis_where_the_onshore_dollar_pays_the_treasury() -> None:
    """5% half-yearly is 5.0625% in a year of 365 days: 4.99315% linear on 360."""
    par = (1.025**2 - 1.0) * 360 / 365
    assert par == pytest.approx(0.0499315, abs=1e-7)
    out = carry(ust_252=0.05, cupom_252=par + 0.004, cupom_63=0.05, sofr=0.043)
    assert out["fx_cupom_basis_1y"] == pytest.approx(0.004)
    assert out["fx_cupom_basis_3m"] == pytest.approx(0.007)


def test_flows_are_averaged_within_three_and_need_two() -> None:
    assert carry(fx_flow_total_21_z=9.0, fx_flow_financial_21_z=1.0, cot_brl_net_z=-1.0)[
        "fx_flow_pressure"
    ] == pytest.approx(1.0)
    blind = dict.fromkeys(("fx_flow_total_21_z", "fx_flow_financial_21_z"), float("nan"))
    assert np.isnan(carry(**blind, cot_brl_net_z=1.0)["fx_flow_pressure"])
