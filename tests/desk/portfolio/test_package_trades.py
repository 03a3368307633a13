"""How far packages go to their desired legs where some of them have to wait."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.arrays import FloatArray
from desk.portfolio.package_trades import STEPS, LineStates, packages_worth_trading, towards
from desk.portfolio.sizing_plan import package_risk
from tests.desk.portfolio.plans import PARAMETERS, plan_of

HELD = np.array([[10.0, 0.0], [4.0, -4.0]])
DESIRED = np.array([[10.0, 0.0], [12.0, -12.0]])
"""The first package waits; the second would grow."""


@pytest.mark.parametrize(("limit", "part"), [(34.0, 1.0), (26.0, 0.5), (18.0, 0.0)])
def test_the_others_go_as_far_as_the_limits_allow_beside_one_that_waits(limit: float, part: float) -> None:
    found = towards(HELD, DESIRED, lambda legs: float(np.abs(legs).sum()) / limit)
    np.testing.assert_allclose(found, HELD + part * (DESIRED - HELD))


def test_where_no_part_is_within_the_limits_it_is_the_one_that_uses_least() -> None:
    over = towards(HELD, DESIRED, lambda legs: float(np.abs(legs).sum()) / 5.0)
    np.testing.assert_array_equal(over, HELD)
    reduces = towards(DESIRED, HELD, lambda legs: float(np.abs(legs).sum()) / 5.0)
    np.testing.assert_array_equal(reduces, HELD)


@given(st.floats(0.1, 60.0), st.floats(-20.0, 20.0), st.floats(-20.0, 20.0))
def test_a_part_keeps_a_packages_sides_and_takes_no_limit_beyond_both_ends(
    limit: float, old: float, new: float
) -> None:
    held, desired = HELD.copy(), HELD.copy()
    held[1], desired[1] = (old, -old), (new, -new)

    def use(legs: FloatArray) -> float:
        return float(np.abs(legs).sum()) / limit

    found = towards(held, desired, use)
    assert found[1, 0] == -found[1, 1]
    assert use(found) <= 1.0 or use(found) <= min(use(held), use(desired)) + 1e-12
    if use(desired) <= 1.0:
        np.testing.assert_array_equal(found, desired)
    steps = (found[1, 0] - old) / (new - old) * STEPS if new != old else 0.0
    assert steps == pytest.approx(round(steps), abs=1e-6)


def test_a_change_too_small_to_matter_is_not_made_and_the_others_are_as_they_were() -> None:
    """A package trades whole or not at all, and one whose view ended is closed however small it is."""
    plan, nav = plan_of({"DOL": 0.9, "IND": 0.3}), 1e8
    desired = plan.packages[-1] * nav
    nothing, lines = (
        np.zeros_like(desired),
        LineStates(*(np.full(desired.shape[1], flag) for flag in (True, False, False))),
    )

    def traded(minimum: float, held: FloatArray, aim: FloatArray) -> FloatArray:
        own = replace(PARAMETERS, portfolio=replace(PARAMETERS.portfolio, minimum_change_brl=minimum))
        return packages_worth_trading(
            plan, len(plan.packages) - 1, held, aim, lines, nav, float(plan.aversion[-1]), own
        )

    free = traded(0.0, nothing, desired)
    risks = package_risk(free, plan.matrix[-1])
    active = np.flatnonzero(risks > 0)
    assert len(active) == 2
    small, large = sorted(active, key=lambda place: risks[place])
    assert risks[small] < risks[large]
    found = traded(float(risks[[small, large]].mean()), nothing, desired)
    np.testing.assert_array_equal(found[large], free[large])
    assert not found[small].any()
    np.testing.assert_array_equal(traded(1e12, free, nothing), nothing)
