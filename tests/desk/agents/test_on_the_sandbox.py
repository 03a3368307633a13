"""Agents on fifteen years of the sandbox's economy: both signs, every regime, and no missing input at the end."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from desk.agents import AGENTS, MEASURES, compute_views
from desk.agents.base import Agent
from desk.agents.cross_asset.regimes import NAMES, REGIMES
from desk.model import decision_time
from desk.transforms.panel import Panel
from tests.desk.scalars import number


@pytest.fixture(scope="module")
def views(sandbox_panel: Panel) -> pl.DataFrame:
    return compute_views(sandbox_panel)


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.id for agent in AGENTS])
def test_every_agent_takes_both_signs(agent: Agent, views: pl.DataFrame) -> None:
    scores = views.filter(pl.col("agent_id") == agent.id)["score"].drop_nulls()
    assert len(scores) > 3000
    assert number(scores.max()) > 0.4
    assert number(scores.min()) < -0.4
    assert number((scores > 0).mean()) > 0.1
    assert number((scores < 0).mean()) > 0.1


def test_on_the_last_day_nothing_is_missing(views: pl.DataFrame, sandbox_panel: Panel) -> None:
    last = views.filter(pl.col("as_of") == decision_time(sandbox_panel.days[-1]))
    assert last["confidence"].is_between(0.5, 1.0).all()
    assert last["confidence"].n_unique() == len(AGENTS)
    assert [json.loads(text) for text in last["missing"]] == [[]] * len(AGENTS)
    unknown = [name for name in MEASURES if sandbox_panel.values[name][-1] is None]
    assert unknown == []


def test_each_regime_leads_at_some_time_and_lasts(sandbox_panel: Panel) -> None:
    paths = np.column_stack([sandbox_panel.array(f"reg_p_{name.lower()}") for name in NAMES])
    paths = paths[np.isfinite(paths).all(axis=1)]
    leaders = paths.argmax(axis=1)
    assert set(leaders) >= set(range(len(REGIMES)))
    assert paths.sum(axis=1) == pytest.approx(np.ones(len(paths)))
    assert (np.diff(leaders) != 0).mean() < 0.02  # a leader holds for fifty days and more


def test_regimes_are_called_by_what_growth_and_inflation_did(sandbox_panel: Panel) -> None:
    """Inflation is higher where a high-inflation regime leads than where a low-inflation one does; likewise growth."""
    paths = {name: sandbox_panel.array(f"reg_p_{name.lower()}") for name in REGIMES}
    for index, column in enumerate(("ibc_br_yoy", "ipca_12m")):
        # activity is unknown for weeks in 2022: the central bank was on strike, and the rule knows it
        known = np.isfinite(paths["Goldilocks"]) & np.isfinite(sandbox_panel.array(column))
        level = sandbox_panel.array(column)[known]
        high = np.sum([paths[name][known] for name, signs in REGIMES.items() if signs[index] > 0], axis=0)
        assert np.average(level, weights=high) > np.average(level, weights=1.0 - high)


def test_tilts_stay_within_a_fifth(sandbox_panel: Panel) -> None:
    for name in ("fx", "rates", "inflation", "cupom", "sovereign"):
        tilt = sandbox_panel.values[f"reg_tilt_{name}"].drop_nulls()
        assert tilt.is_between(0.8 - 1e-9, 1.2 + 1e-9).all()
        assert number(tilt.max()) > number(tilt.min()) + 0.05
