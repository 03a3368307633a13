"""Risk contributions equal their budgets; scipy's minimiser as the other truth; caps hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from desk.portfolio.risk_parity import risk_shares, solve_risk_parity, strength


def random_problem(seed: int, rows: int = 6, size: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(rows, size, size)) * np.exp(rng.normal(size=(rows, size, 1)) * 2)
    covariance = factors @ np.swapaxes(factors, 1, 2) + 0.05 * np.eye(size)
    budgets = rng.uniform(0.05, 1, size=(rows, size))
    budgets[0, 2] = 0.0
    signs = rng.choice([-1.0, 1.0], size=(rows, size))
    return covariance, budgets, signs


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_contributions_are_the_budgets(seed: int) -> None:
    covariance, budgets, signs = random_problem(seed)
    weights = solve_risk_parity(covariance, budgets, signs)
    contribution = weights * np.einsum("rnm,rm->rn", covariance, weights)
    np.testing.assert_allclose(contribution, budgets / budgets.sum(axis=1, keepdims=True), rtol=1e-7, atol=1e-12)
    assert (np.sign(weights) == np.where(budgets > 0, signs, 0)).all()


def test_two_assets_have_the_known_answer() -> None:
    """Equal budgets of two assets give weights inverse to volatility, whatever their correlation (Maillard, 2010)."""
    vol, rho = np.array([0.1, 0.25]), -0.4
    covariance = np.outer(vol, vol) * np.array([[1, rho], [rho, 1]])
    weights = solve_risk_parity(covariance[None], np.full((1, 2), 0.5), np.ones((1, 2)))[0]
    assert weights[0] / weights[1] == pytest.approx(2.5)
    assert weights @ covariance @ weights == pytest.approx(1)


def test_it_is_scipys_minimum() -> None:
    covariance, budgets, signs = random_problem(42)
    row = 3
    signed = covariance[row] * np.outer(signs[row], signs[row])
    budget = budgets[row] / budgets[row].sum()
    start = np.sqrt(budget / np.diagonal(signed))
    found = optimize.minimize(
        lambda z: 0.5 * np.exp(z) @ signed @ np.exp(z) - budget @ z, np.log(start), method="BFGS", tol=1e-12
    )
    weights = solve_risk_parity(covariance, budgets, signs)[row]
    np.testing.assert_allclose(np.exp(found.x) * signs[row], weights, rtol=1e-5)


def test_no_view_is_no_position() -> None:
    weights = solve_risk_parity(np.eye(3)[None], np.zeros((1, 3)), np.ones((1, 3)))
    assert (weights == 0).all()


def test_a_budget_without_variance_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="no variance"):
        solve_risk_parity(np.zeros((1, 2, 2)), np.ones((1, 2)), np.ones((1, 2)))


@settings(max_examples=60)
@given(st.lists(st.floats(-1, 1), min_size=6, max_size=6), st.floats(0.1, 0.5))
def test_shares_stay_within_caps_and_use_what_they_can(view: list[float], cap: float) -> None:
    classes = np.array([0, 0, 0, 1, 1, 2])
    conviction = np.array([view])
    total = strength(conviction, 0.5)
    shares = risk_shares(conviction, total, classes, cap, 0.45)
    assert (shares >= 0).all()
    assert shares.max() <= cap + 1e-12
    by_class = shares @ np.eye(3)[classes]
    assert by_class.max() <= 0.45 + 1e-12
    assert shares.sum() <= total[0] + 1e-9
    assert (shares[0][conviction[0] == 0] == 0).all()
    room = (shares < cap - 1e-6) & (by_class[:, classes] < 0.45 - 1e-6) & (np.abs(conviction) > 1e-6)
    assert shares.sum() >= total[0] - 1e-6 or not room.any(), "what a cap cuts goes to lines that have room"


def test_shares_without_caps_follow_conviction() -> None:
    shares = risk_shares(np.array([[0.2, -0.1, 0.1]]), np.array([0.8]), np.array([0, 1, 2]), 1.0, 1.0)
    np.testing.assert_allclose(shares[0], [0.4, 0.2, 0.2])


def test_half_the_conviction_is_half_the_book() -> None:
    view = np.array([[0.3, -0.2, 0.0, 0.1]])
    assert strength(view / 2, 0.5)[0] == pytest.approx(strength(view, 0.5)[0] / 2)
    assert strength(np.array([[1.0, -1.0]]), 0.5)[0] == 1.0
    assert strength(np.zeros((1, 2)), 0.5)[0] == 0.0
