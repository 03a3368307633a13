"""Shrinkage against the published estimator written out plainly, and against a known truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.portfolio.covariance import ewma_weights, shrunk_correlation, shrunk_covariance


def ledoit_wolf_2004(rows: np.ndarray) -> tuple[np.ndarray, float]:
    """Lemmas 3.2 to 3.4 of the paper, as printed, with means of zero and the target's scale m left as it comes out."""
    count, size = rows.shape
    sample = rows.T @ rows / count
    m = np.trace(sample) / size
    d2 = np.linalg.norm(sample - m * np.eye(size)) ** 2 / size
    b2_bar = sum(np.linalg.norm(np.outer(row, row) - sample) ** 2 / size for row in rows) / count**2
    b2 = min(b2_bar, d2)
    return b2 / d2 * m * np.eye(size) + (d2 - b2) / d2 * sample, b2 / d2


def test_equal_weights_give_the_published_estimator() -> None:
    rng = np.random.default_rng(3)
    rows = rng.multivariate_normal(np.zeros(4), 0.5 * np.eye(4) + 0.5, size=80)
    rows = rows / np.sqrt((rows**2).mean(axis=0))
    expected, intensity = ledoit_wolf_2004(rows)
    shrunk, found = shrunk_correlation(rows[None], np.full(80, 1 / 80))
    assert found[0] == pytest.approx(intensity, rel=1e-12)
    np.testing.assert_allclose(shrunk[0], expected, rtol=0, atol=1e-12)


def test_shrinkage_is_nearer_to_the_truth_than_the_sample() -> None:
    rng = np.random.default_rng(5)
    size, count, trials = 11, 40, 200
    truth = 0.3 * np.ones((size, size)) + 0.7 * np.eye(size)
    draws = rng.multivariate_normal(np.zeros(size), truth, size=(trials, count))
    estimate = shrunk_covariance(draws, np.full(count, 1 / count), min_rows=10)
    sample = np.swapaxes(draws, 1, 2) @ draws / count
    errors = [((matrix - truth) ** 2).sum(axis=(1, 2)).mean() for matrix in (estimate.matrix, sample)]
    assert errors[0] < 0.9 * errors[1]
    assert (estimate.intensity > 0).all()
    assert (estimate.intensity < 1).all()


def test_weights_halve_with_the_half_life_and_add_up_to_one() -> None:
    weights = ewma_weights(252, 42)
    assert weights.sum() == pytest.approx(1)
    assert weights[-43] / weights[-1] == pytest.approx(0.5)


@settings(max_examples=25)
@given(st.floats(1e-3, 1e3), st.permutations(range(4)))
def test_scale_and_order_go_through(scale: float, order: list[int]) -> None:
    rng = np.random.default_rng(8)
    rows = rng.normal(size=(1, 60, 4)) @ np.triu(np.ones((4, 4)))
    weights = ewma_weights(60, 20)
    base = shrunk_covariance(rows, weights, 10)
    other = shrunk_covariance(rows[:, :, order] * scale, weights, 10)
    np.testing.assert_allclose(other.matrix[0], base.matrix[0][np.ix_(order, order)] * scale**2, rtol=1e-9)
    np.testing.assert_allclose(other.volatility, base.volatility[:, order] * scale, rtol=1e-9)


def test_unknown_days_are_left_out_and_too_few_are_refused() -> None:
    rng = np.random.default_rng(9)
    rows = rng.normal(size=(1, 200, 3))
    rows[0, :120, 1] = np.nan
    rows[0, :, 2] = np.nan
    estimate = shrunk_covariance(rows, np.full(200, 1 / 200), min_rows=80)
    assert np.isnan(estimate.volatility[0]).tolist() == [False, False, True]
    assert estimate.volatility[0, 1] == pytest.approx(np.sqrt((rows[0, 120:, 1] ** 2).mean()))
    assert np.linalg.eigvalsh(estimate.matrix[0]).min() >= -1e-12
    assert (estimate.matrix[0, 2] == 0).all()
    assert np.isnan(shrunk_covariance(rows, np.full(200, 1 / 200), min_rows=81).volatility[0, 1])
