"""Agents: their inputs exist, their signs are as documented, and their sentences quote the numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk.agents import AGENTS, MEASURES, compute_measures, compute_views
from desk.agents.base import Agent
from desk.catalog import load_catalog
from desk.gold import AGENT_VIEW
from desk.model import decision_time
from desk.transforms.panel import Panel, build_panel
from tests.desk.made_history import decision_days, made_silver

CATALOG = load_catalog()
_BARE = build_panel({}, decision_days(2), CATALOG)
EMPTY = _BARE.with_measures(compute_measures(_BARE))
BY_ID = {agent.id: agent for agent in AGENTS}
each = pytest.mark.parametrize("agent", AGENTS, ids=list(BY_ID))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return build_panel(made_silver(), decision_days(900), CATALOG)


AGREED = {
    *("mp_r_star", "mp_taylor_1y", "mp_taylor_gap_1y", "mp_front_gap", "mp_copom_path_gap", "mp_term_premium_5y"),
    *("mp_copom_bd_to", "mp_copom_bd_since", "mp_fomc_bd_to", "mp_fomc_bd_since", "mp_fed_gap_2y"),
    *("inf_surprise_1m", "inf_surprise_3m_z", "inf_phillips_12m", "inf_trend_12m"),
    *("fis_dominance", "fis_debt_change_5y", "fis_impulse"),
    *("fx_beer_gap", "fx_beer_gap_z", "fx_carry_to_risk", "fx_cupom_basis_1y"),
    *("reg_p_goldilocks", "reg_p_reflation", "reg_p_stagflation", "reg_p_deflation", "reg_risk_appetite"),
    *("reg_corr_break", *(f"reg_tilt_{name}" for name in ("fx", "rates", "inflation", "cupom", "sovereign"))),
}
"""What strategies read."""


def made(**columns: float) -> Panel:
    """Two days of an empty world with some columns and measures set."""
    values = EMPTY.values.with_columns(pl.lit(value).alias(name) for name, value in columns.items())
    return Panel(values, EMPTY.obs_dates, EMPTY.provenance, EMPTY.lineage)


def last(agent: Agent, **columns: float) -> dict[str, Any]:
    return agent.view(made(**columns)).row(-1, named=True)


def test_the_five() -> None:
    assert list(BY_ID) == ["inflation", "monetary_policy", "fiscal", "fx_equilibrium", "cross_asset"]


@each
def test_inputs_come_from_sources(agent: Agent) -> None:
    made_of = {leaf for name in agent.inputs for leaf in EMPTY.lineage.leaves(name)}
    curves = ("pre_", "real_", "cupom_", "ust_", "focus_", "inflation_", "IND")
    assert all(leaf in CATALOG.series or leaf.startswith(curves) for leaf in made_of)
    assert len({driver.column for driver in agent.drivers}) == len(agent.drivers)


@each
def test_every_driver_pushes_the_way_its_sign_says(agent: Agent) -> None:
    still = dict.fromkeys((driver.column for driver in agent.drivers), 0.0)
    for driver in agent.drivers:
        pushed = last(agent, **{**still, driver.column: driver.sign * driver.unit})
        assert pushed["score"] == pytest.approx(np.tanh(1.0 / len(agent.drivers)))


@pytest.mark.parametrize(
    ("agent_id", "columns", "positive"),
    [
        ("inflation", {"ipca_gap": 1.5, "core_3m_z": 1.0}, True),
        ("inflation", {"focus_gap": -0.5, "brent_ret_63_z": -1.0}, False),
        ("monetary_policy", {"ex_ante_real_rate_z": 1.5, "inf_activity_gap": -0.01}, True),  # tight and weak: can cut
        ("monetary_policy", {"focus_gap": 2.0, "inf_core_gap": 1.0}, False),
        ("fiscal", {"gross_debt_change_12m_z": 1.0, "primary_need_change_12m_z": 1.0}, False),
        ("fiscal", {"slope_cdi_5y_z": -1.0, "real_1260_z": -1.0}, True),
        ("fx_equilibrium", {"usdbrl_z": 1.0, "carry_to_risk_z": 1.0}, True),
        (
            "inflation",
            {"inf_phillips_gap": 1.0, "inf_surprise_3m_z": 1.0},
            True,
        ),  # above target, and surprising upwards
        ("monetary_policy", {"mp_taylor_gap_1y": 0.02, "mp_copom_path_gap": 0.005}, True),  # DI above rule and Focus
        ("monetary_policy", {"mp_stance": -0.02, "mp_fed_gap_2y": -0.01}, False),  # loose, and the Fed behind
        ("fiscal", {"fis_debt_change_5y": 0.10, "fis_impulse": 0.01}, False),
        ("fx_equilibrium", {"fx_beer_gap_z": 1.0, "fx_cupom_basis_1y_z": -1.0}, True),  # above fair: BRL is cheap
        ("cross_asset", {"reg_balance": -1.0, "vix_z": 1.0}, False),
        ("cross_asset", {"vix_z": 2.0, "us_hy_spread_z": 1.0}, False),
    ],
)
def test_signs_as_documented(agent_id: str, columns: dict[str, float], positive: bool) -> None:
    assert (last(BY_ID[agent_id], **columns)["score"] > 0) is positive


@each
def test_one_known_driver_gives_no_view(agent: Agent) -> None:
    row = last(agent, **{agent.drivers[0].column: 1.0})
    assert row["score"] is None
    assert row["confidence"] == 0.0
    assert f"no view, 1 of {len(agent.drivers)} drivers known" in row["sentence"]
    assert len(json.loads(row["missing"])) == len(agent.drivers) - 1


@each
def test_two_drivers_give_a_view_that_is_less_sure_than_that_of_all(agent: Agent) -> None:
    every = {driver.column: driver.sign * driver.unit for driver in agent.drivers}
    row = last(agent, **{driver.column: every[driver.column] for driver in agent.drivers[:2]})
    assert 0.5 < row["confidence"] < last(agent, **every)["confidence"] < 1.0
    absent = [entry.split(" (")[0] for entry in json.loads(row["missing"])]
    assert absent == [driver.column for driver in agent.drivers[2:]]
    assert all(entry.endswith(")") for entry in json.loads(row["missing"]))
    assert row["score"] == pytest.approx(np.tanh(1.0))


def test_one_extreme_driver_is_capped() -> None:
    row = last(BY_ID["cross_asset"], vix_z=-400.0, us_hy_spread_z=0.0, spx_momentum_z=0.0)
    assert row["score"] == pytest.approx(np.tanh(1.0))


def test_the_sentence_quotes_the_numbers() -> None:
    row = last(BY_ID["inflation"], ipca_gap=1.2, focus_gap=1.0, core_3m_z=-0.4, ipca_12m=0.0483, inflation_target=0.03)
    assert row["sentence"] == (
        "Inflation: rising pressure (clear, +0.54); IPCA twelve months 4.83%, target 3.00%; "
        "led by IPCA against target (+1.2), against it core momentum (-0.4)."
    )
    calm = last(BY_ID["cross_asset"], vix_z=0.1, us_hy_spread_z=-0.1, vix=17.25)
    assert calm["sentence"].startswith("Risk appetite: balanced (+0.00); VIX 17.25; led by")


def test_views_are_the_gold_table_and_do_not_see_later_days(panel: Panel) -> None:
    views = compute_views(panel)
    assert dict(views.schema) == AGENT_VIEW.schema
    assert len(views) == 5 * 900
    newest = views.filter(pl.col("as_of") == decision_time(panel.days[-1]))
    assert newest["score"].null_count() == 0
    for cut in (1, 500, 899):
        assert_frame_equal(views.head(5 * cut), compute_views(panel.head(cut)), check_exact=True)


def test_every_agreed_measure_has_its_name() -> None:
    assert len(set(MEASURES)) == len(MEASURES)
    assert not AGREED - set(MEASURES)
