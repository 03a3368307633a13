"""Backtest statistics against published examples and scipy."""

import numpy as np
import pytest
from scipy import stats

from desk.risk import backtest


@pytest.mark.parametrize(
    ("exceptions", "tail", "statistic", "p_value"), [(57, 0.05, 0.46147, 0.49694), (17, 0.01, 3.5118, 0.060933)]
)
def test_kupiec(exceptions: int, tail: float, statistic: float, p_value: float) -> None:
    found = backtest.kupiec(1043, exceptions, tail)
    assert found.statistic == pytest.approx(statistic, rel=5e-5)
    assert found.p_value == pytest.approx(p_value, rel=5e-5)


def test_christoffersen_and_conditional_coverage() -> None:
    independence = backtest.christoffersen(932, 53, 53, 4)
    assert independence.statistic == pytest.approx(0.25866, rel=5e-5)
    assert independence.p_value == pytest.approx(0.61104, rel=5e-5)
    both = backtest.conditional_coverage(backtest.kupiec(1043, 57, 0.05), independence)
    assert both.statistic == pytest.approx(0.72013, rel=5e-5)
    assert both.p_value == pytest.approx(0.69763, rel=5e-5)


def test_basels_table() -> None:
    published = [8.11, 28.58, 54.32, 75.81, 89.22, 95.88, 98.63, 99.60, 99.89, 99.97, 99.99]
    found = [100 * backtest.basel_probability(250, most, 0.01) for most in range(11)]
    np.testing.assert_allclose(found, published, atol=0.005)
    assert found[4] == pytest.approx(100 * stats.binom.cdf(4, 250, 0.01))
    assert [backtest.basel_zone(count) for count in (4, 5, 9, 10)] == ["green", "yellow", "yellow", "red"]


def test_no_exceptions_is_an_answer() -> None:
    assert backtest.kupiec(250, 0, 0.01).statistic == pytest.approx(-500 * np.log(0.99))
    assert backtest.christoffersen(249, 0, 0, 0).p_value == 1.0


def test_transitions_and_hits() -> None:
    hits = np.array([0, 1, 1, 0, 0], dtype=bool)
    assert backtest.transitions(hits) == (1, 1, 1, 1)
    found = backtest.hits_of(np.array([-2.0, -0.5, 3.0, np.nan]), np.array([1.0, 1.0, 1.0, 1.0]))
    assert found[:3].tolist() == [1, 0, 0]
    assert np.isnan(found[3])
