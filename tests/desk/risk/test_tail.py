"""Tail numbers against published values, numpy, scipy, and the axioms that a risk measure keeps."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import integrate, stats

from desk.risk import tail

SAMPLES = hnp.arrays(np.float64, st.integers(5, 200), elements=st.floats(-100, 100, allow_nan=False, width=32))


def test_published_normal_numbers() -> None:
    assert tail.normal_var(1.0, 0.99) == pytest.approx(2.32635, abs=5e-6)
    assert tail.normal_es(1.0, 0.975) == pytest.approx(2.33780, abs=5e-6)
    assert tail.normal_es(1.0, 0.99) == pytest.approx(2.66521, abs=5e-6)


def test_published_student_numbers() -> None:
    assert tail.student_var(1.0, 5.0, 0.99) == pytest.approx(3.36493, abs=5e-6)
    assert tail.student_es(1.0, 5.0, 0.975) == pytest.approx(3.52158, abs=5e-6)


@pytest.mark.parametrize("degrees", [4.2, 7.0, 60.0])
def test_student_shortfall_is_the_tail_integral(degrees: float) -> None:
    law = stats.t(degrees)
    quantile = law.ppf(0.975)
    integral, _ = integrate.quad(lambda x: x * law.pdf(x), quantile, np.inf)
    assert tail.student_es(2.0, degrees, 0.975) == pytest.approx(2.0 * integral / 0.025, rel=1e-6)


def test_a_scaled_student_has_the_deviation_asked_for() -> None:
    assert tail.student_scale(3.0, 6.0) * stats.t(6).std() == pytest.approx(3.0)


def test_hand_counted_sample() -> None:
    """100 losses 1..100: VaR 95 is the sixth worst, 95; ES 95 the mean of the five worst, 98; ES 97.5 of 2.5: 99.2."""
    pnl = -np.arange(1.0, 101.0)
    assert tail.historical_var(pnl, 0.95) == 95
    assert tail.historical_es(pnl, 0.95) == pytest.approx(98, rel=1e-12)
    assert tail.historical_es(pnl, 0.975) == pytest.approx((100 + 99 + 0.5 * 98) / 2.5)


@settings(max_examples=150, deadline=None)
@given(SAMPLES, st.sampled_from([0.9, 0.95, 0.975, 0.99]))
def test_historical_var_is_numpys_quantile(pnl: np.ndarray, level: float) -> None:
    count = len(pnl)
    if abs(count * (1 - level) - round(count * (1 - level))) > 1e-6:  # on a boundary numpy follows the float's last bit
        assert tail.historical_var(pnl, level) == np.quantile(-pnl, level, method="inverted_cdf")
    assert tail.historical_es(pnl, level) >= tail.historical_var(pnl, level) - 1e-9


@settings(max_examples=150, deadline=None)
@given(SAMPLES, SAMPLES, st.sampled_from([0.9, 0.95, 0.975]))
def test_expected_shortfall_is_subadditive(one: np.ndarray, two: np.ndarray, level: float) -> None:
    size = min(len(one), len(two))
    one, two = one[:size], two[:size]
    together = tail.historical_es(one + two, level)
    assert together <= tail.historical_es(one, level) + tail.historical_es(two, level) + 1e-6


@settings(max_examples=100, deadline=None)
@given(SAMPLES)
def test_var_rises_with_confidence_and_es_lies_beyond_it(pnl: np.ndarray) -> None:
    levels = (0.9, 0.95, 0.975, 0.99)
    var = [float(tail.historical_var(pnl, level)) for level in levels]
    shortfall = [float(tail.historical_es(pnl, level)) for level in levels]
    assert var == sorted(var)
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(shortfall))
    assert all(es >= v - 1e-9 for es, v in zip(shortfall, var, strict=True))
    for measure in (tail.normal_var, tail.normal_es):
        assert measure(2.0, 0.99) > measure(2.0, 0.95)
    for student in (tail.student_var, tail.student_es):
        assert student(2.0, 5.0, 0.99) > student(2.0, 5.0, 0.95)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 90)), elements=st.floats(-9, 9, width=32)))
def test_many_books_at_once_say_what_each_says_alone(pnl: np.ndarray) -> None:
    holes = np.where(np.abs(pnl) < 0.5, np.nan, pnl)
    for sample in (pnl, holes):
        found = tail.var_es(sample, (0.9, 0.95, 0.99), (0.95, 0.975))
        for level, values in found.var.items():
            np.testing.assert_array_equal(values, tail.historical_var(sample, level))
        for level, values in found.es.items():
            np.testing.assert_array_equal(values, tail.historical_es(sample, level))


def test_infinities_are_unknown_and_one_point_is_its_own_tail() -> None:
    found = tail.var_es(np.array([[-np.inf, np.inf, -2.0], [np.inf, -np.inf, np.nan]]))
    assert found.var[0.99].tolist()[0] == found.es[0.975].tolist()[0] == 2.0
    assert np.isnan(found.var[0.99][1])
    assert np.isnan(found.es[0.975][1])
    assert tail.historical_var(np.array([-1.0, np.inf]), 0.99) == 1.0
    one = tail.var_es(np.array([[-3.0]]))
    assert (one.var[0.95][0], one.es[0.975][0]) == (3.0, 3.0)
    constant = tail.var_es(np.full((1, 300), -1.5))
    assert constant.var[0.99][0] == constant.es[0.975][0] == pytest.approx(1.5)


@settings(max_examples=100, deadline=None)
@given(SAMPLES, st.floats(0.01, 100), st.integers(0, 2**31))
def test_scale_and_order(pnl: np.ndarray, scale: float, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(pnl)
    for measure in (tail.historical_var, tail.historical_es):
        assert measure(shuffled, 0.95) == pytest.approx(float(measure(pnl, 0.95)), abs=1e-9)
        assert measure(scale * pnl, 0.95) == pytest.approx(float(scale * measure(pnl, 0.95)), rel=1e-9, abs=1e-9)


def test_unknown_days_do_not_count() -> None:
    pnl = np.array([[-1.0, np.nan, -3.0, 2.0, np.nan], [np.nan] * 5])
    assert tail.known_rows(pnl).tolist() == [3, 0]
    assert tail.historical_var(pnl, 0.9).tolist()[0] == 3.0
    assert np.isnan(tail.historical_var(pnl, 0.9)[1])
    assert np.isnan(tail.historical_es(pnl, 0.9)[1])
    assert np.isnan(tail.student_degrees(pnl, 100.0)[1])


def test_degrees_of_freedom_are_found_again() -> None:
    """Student's excess kurtosis is 6 / (v - 4)."""
    pnl = stats.t(9).rvs(size=400_000, random_state=np.random.default_rng(1))
    assert tail.student_degrees(pnl, 100.0) == pytest.approx(9.0, rel=0.15)
    assert tail.student_degrees(np.random.default_rng(2).uniform(-1, 1, 1_000), 100.0) == 100.0


def test_filtering_brings_a_calm_past_to_todays_volatility() -> None:
    rng = np.random.default_rng(4)
    calm, wild = rng.normal(0, 1, 700), rng.normal(0, 4, 56)
    pnl = np.concatenate([calm, wild])
    filtered = tail.filtered_historical(pnl, 0.94)
    assert tail.historical_var(filtered, 0.95) > 1.5 * tail.historical_var(pnl, 0.95)
    assert tail.historical_var(filtered, 0.95) == pytest.approx(1.645 * 4, rel=0.35)
    reverse = tail.filtered_historical(pnl[::-1], 0.94)
    assert tail.historical_var(reverse, 0.95) < tail.historical_var(pnl, 0.95)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.001, 1000))
def test_filtering_keeps_scale_and_unknown_days(scale: float) -> None:
    pnl = np.random.default_rng(6).normal(size=(2, 120))
    pnl[0, 50] = np.nan
    filtered = tail.filtered_historical(pnl, 0.94)
    np.testing.assert_allclose(tail.filtered_historical(scale * pnl, 0.94), scale * filtered, rtol=1e-9)
    assert np.isnan(filtered).sum() == 1
    assert (tail.filtered_historical(np.zeros((1, 5)), 0.94) == 0).all()
