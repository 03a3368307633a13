"""Component VaR: Jorion's book, and Euler's theorem."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.risk.components import component_var


def test_jorions_two_currency_book() -> None:
    """USD 2m of CAD at 5% and 1m of EUR at 12%, uncorrelated, 1.65 deviations (Value at Risk, 3rd ed., ch. 7)."""
    parts = component_var(np.array([[2e6, 1e6]]), np.diag([0.05**2, 0.12**2])[None], 1.65)
    assert parts.total[0] == pytest.approx(257_738, abs=0.5)
    np.testing.assert_allclose(parts.individual[0], [165_000, 198_000], atol=0.5)
    assert parts.individual.sum() == pytest.approx(363_000)
    np.testing.assert_allclose(parts.marginal[0], [0.0528, 0.1521], atol=5e-5)
    np.testing.assert_allclose(parts.component[0], [105_630, 152_108], atol=0.7)
    np.testing.assert_allclose(parts.incremental[0], [257_738 - 198_000, 257_738 - 165_000], atol=0.7)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_components_add_up_and_scale(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(3, 5, 5))
    covariance, exposure = factors @ np.swapaxes(factors, 1, 2), rng.normal(size=(3, 5))
    parts = component_var(exposure, covariance, 1.645)
    np.testing.assert_allclose(parts.component.sum(axis=1), parts.total, rtol=1e-12)
    assert (parts.total <= parts.individual.sum(axis=1) + 1e-12).all()
    np.testing.assert_allclose(
        component_var(scale * exposure, covariance, 1.645).total, scale * parts.total, rtol=1e-12
    )
    for line in range(5):
        without = np.where(np.arange(5) == line, 0.0, exposure)
        less = parts.total - component_var(without, covariance, 1.645).total
        np.testing.assert_allclose(parts.incremental[:, line], less, rtol=1e-9, atol=1e-12)
    assert (parts.incremental <= parts.individual + 1e-9).all(), "adding a line cannot add more than its own VaR"
    assert (parts.incremental <= parts.component + 1e-9).all(), "VaR is convex along a line"
    bump = 1e-6 * np.eye(5)[2]
    moved = (
        component_var(exposure + bump, covariance, 1.645).total
        - component_var(exposure - bump, covariance, 1.645).total
    )
    np.testing.assert_allclose(parts.marginal[:, 2], moved / 2e-6, rtol=1e-4, atol=1e-7)


def test_positions_net() -> None:
    one = np.full((1, 2, 2), 4.0)
    assert component_var(np.array([[3.0, -3.0]]), one, 1.645).total[0] == pytest.approx(0, abs=1e-12)
    flat = component_var(np.zeros((1, 2)), one, 1.645)
    assert flat.total[0] == 0
    assert (flat.component == 0).all()
    assert (flat.incremental == 0).all()
    hedge = component_var(np.array([[3.0, -3.0]]), one, 1.645)
    np.testing.assert_allclose(hedge.incremental, [[-1.645 * 6, -1.645 * 6]])
    assert np.isnan(flat.marginal).all()
