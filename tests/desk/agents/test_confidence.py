"""Confidence is the chance that a view's direction is right: calibrated where the state is known, and less with fewer,
older and more divided drivers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.agents import AGENTS
from desk.agents.confidence import AGE_HALF_LIFE_DAYS, SMALLEST, direction_confidence, fit_of, sign_chance
from desk.arrays import FloatArray
from desk.catalog.agent_fit import AgentFit, load_agent_fit

FIT = AgentFit(signal=0.6, noise=1.0)
EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def world(seed: int, days: int = 40_000, drivers: int = 7, age: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Days of a state and its drivers, a third of them unknown, read off the state of `age` days before."""
    rng = np.random.default_rng(seed)
    left = 2.0 ** (-age / AGE_HALF_LIFE_DAYS)
    then = rng.normal(0.0, FIT.signal, days)
    state = left * then + np.sqrt(1.0 - left**2) * rng.normal(0.0, FIT.signal, days)
    found = then[:, None] + rng.normal(0.0, FIT.noise, (days, drivers))
    found[rng.random(found.shape) < 1 / 3] = np.nan
    return state, found


def one(*drivers: float, age: float = 0.0) -> float:
    row = np.array([drivers])
    return float(direction_confidence(row, np.full(row.shape, age), FIT)[0])


@pytest.mark.parametrize("age", [0.0, 90.0, 365.0])
def test_of_views_that_are_x_percent_sure_x_percent_are_right(age: float) -> None:
    state, drivers = world(1, age=age)
    known = np.isfinite(drivers).any(axis=1)
    stated = direction_confidence(drivers, np.full(drivers.shape, age), FIT)
    assert np.isnan(stated[~known]).all()
    right = np.sign(np.nanmean(drivers[known], axis=1)) == np.sign(state[known])
    for low, high in itertools.pairwise(EDGES):
        own = (stated[known] >= low) & (stated[known] < high)
        if own.sum() > 1_000:
            assert right[own].mean() == pytest.approx(stated[known][own].mean(), abs=0.03), (low, high)


def test_the_chance_for_a_driver_left_out_is_calibrated_too() -> None:
    _, drivers = world(2)
    others, own = drivers[:, 1:], drivers[:, 0]
    known = np.isfinite(own) & (np.isfinite(others).sum(axis=1) >= 2)
    stated = sign_chance(others[known], np.zeros_like(others[known]), FIT)
    came = np.sign(own[known]) == np.sign(np.nanmean(others[known], axis=1))
    for low, high in ((0.5, 0.55), (0.55, 0.6), (0.6, 0.7)):
        bucket = (stated >= low) & (stated < high)
        assert came[bucket].mean() == pytest.approx(stated[bucket].mean(), abs=0.03)


def test_age_dispersion_and_gaps_each_take_of_it() -> None:
    sure = one(1.0, 1.2, 0.8, 1.0)
    assert 0.9 < sure < 1.0
    assert one(1.0, 1.2, 0.8, 1.0, age=180.0) < sure
    assert one(3.0, -1.0, 3.0, -1.0) < sure, "the same mean of drivers that disagree"
    assert one(1.0, 1.2, np.nan, np.nan) < sure
    assert one(0.1, 0.1, 0.1, 0.1) < sure
    assert one(1.0, -1.0) == 0.5
    assert one(1.0, 1.2, 0.8, 1.0, age=50_000.0) == pytest.approx(0.5)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=8), st.floats(-10, 2_000), st.floats(0, 2_000))
def test_it_is_a_chance_and_falls_with_age(drivers: list[float], age: float, older: float) -> None:
    low, high = one(*drivers, age=max(age, 0.0) + older), one(*drivers, age=age)
    assert 0.5 <= low <= high + 1e-12 <= 1.0 + 1e-12
    assert one(*(-value for value in drivers), age=age) == pytest.approx(high)


def test_the_fit_finds_the_world_that_made_the_drivers() -> None:
    _, drivers = world(3)
    found = fit_of(drivers)
    assert (found.signal, found.noise) == pytest.approx((FIT.signal, FIT.noise), rel=0.03)
    nothing = np.random.default_rng(4).normal(size=(50, 6))
    nothing -= nothing.mean(axis=1, keepdims=True)
    assert fit_of(nothing).signal == SMALLEST


def test_every_agent_has_a_fit() -> None:
    assert set(load_agent_fit()) == {agent.id for agent in AGENTS}
