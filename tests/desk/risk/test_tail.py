"""Tail numbers against published values, numpy, scipy, and the axioms that a risk measure keeps."""

import itertools
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import integrate, stats

from desk.arrays import FloatArray
from desk.errors import BadInput
from desk.risk import tail
from tests.desk.risk.historical import historical_es, historical_var

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
    assert historical_var(pnl, 0.95) == 95
    assert historical_es(pnl, 0.95) == pytest.approx(98, rel=1e-12)
    assert historical_es(pnl, 0.975) == pytest.approx((100 + 99 + 0.5 * 98) / 2.5)


@settings(max_examples=150)
@given(SAMPLES, st.sampled_from([0.9, 0.95, 0.975, 0.99]))
def test_historical_var_is_numpys_quantile(pnl: np.ndarray, level: float) -> None:
    count = len(pnl)
    if abs(count * (1 - level) - round(count * (1 - level))) > 1e-6:  # on a boundary numpy follows the float's last bit
        assert historical_var(pnl, level) == np.quantile(-pnl, level, method="inverted_cdf")
    assert historical_es(pnl, level) >= historical_var(pnl, level) - 1e-9


@settings(max_examples=150)
@given(SAMPLES, SAMPLES, st.sampled_from([0.9, 0.95, 0.975]))
def test_expected_shortfall_is_subadditive(one: np.ndarray, two: np.ndarray, level: float) -> None:
    size = min(len(one), len(two))
    one, two = one[:size], two[:size]
    together = historical_es(one + two, level)
    assert together <= historical_es(one, level) + historical_es(two, level) + 1e-6


@settings(max_examples=100)
@given(SAMPLES)
def test_var_rises_with_confidence_and_es_lies_beyond_it(pnl: np.ndarray) -> None:
    levels = (0.9, 0.95, 0.975, 0.99)
    var = [float(historical_var(pnl, level)) for level in levels]
    shortfall = [float(historical_es(pnl, level)) for level in levels]
    assert var == sorted(var)
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(shortfall))
    assert all(es >= v - 1e-9 for es, v in zip(shortfall, var, strict=True))
    for measure in (tail.normal_var, tail.normal_es):
        assert measure(2.0, 0.99) > measure(2.0, 0.95)
    for student in (tail.student_var, tail.student_es):
        assert student(2.0, 5.0, 0.99) > student(2.0, 5.0, 0.95)


@settings(max_examples=60)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 90)), elements=st.floats(-9, 9, width=32)))
def test_many_books_at_once_say_what_each_says_alone_and_by_hand(pnl: np.ndarray) -> None:
    holes = np.where(np.abs(pnl) < 0.5, np.nan, pnl)
    for sample in (pnl, holes):
        found = tail.var_es(sample, (0.9, 0.95, 0.99), (0.95, 0.975))
        for row, values in enumerate(sample):
            losses = sorted((-float(x) for x in values if not np.isnan(x)), reverse=True)
            for level in (0.9, 0.95, 0.99):
                by_hand = losses[int(len(losses) * (1 - level) + 1e-9)] if losses else np.nan
                np.testing.assert_array_equal([found.var[level][row], historical_var(values, level)], by_hand)
            for level in (0.95, 0.975):
                by_hand = mean_of_worst(losses, len(losses) * (1 - level)) if losses else np.nan
                np.testing.assert_allclose(
                    [found.es[level][row], historical_es(values, level)], by_hand, rtol=1e-12, atol=1e-12
                )


def mean_of_worst(losses: list[float], number: float) -> float:
    """The mean of the first `number` of `losses`, the last by its fraction."""
    shares = [min(1.0, max(0.0, number - place)) for place in range(len(losses))]
    return sum(share * loss for share, loss in zip(shares, losses, strict=True)) / number


@pytest.mark.parametrize("measure", [tail.var_es, tail.known_rows])
def test_an_infinite_loss_is_an_error_and_not_an_unknown_day(measure: Callable[[FloatArray], object]) -> None:
    for value in (-np.inf, np.inf):
        with pytest.raises(BadInput, match=r"infinite P&L, at \(1, 2\)"):
            measure(np.array([[-1.0, 2.0, np.nan], [1.0, np.nan, value]]))
    for shape in ((0,), (3, 0)):
        with pytest.raises(BadInput, match=r"^VaR of no P&L: the history has no day$"):
            measure(np.empty(shape))


def test_one_point_is_its_own_tail() -> None:
    one = tail.var_es(np.array([[-3.0]]))
    assert (one.var[0.95][0], one.es[0.975][0]) == (3.0, 3.0)
    constant = tail.var_es(np.full((1, 300), -1.5))
    assert constant.var[0.99][0] == constant.es[0.975][0] == pytest.approx(1.5)


@settings(max_examples=100)
@given(SAMPLES, st.floats(0.01, 100), st.integers(0, 2**31))
def test_scale_and_order(pnl: np.ndarray, scale: float, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(pnl)
    for measure in (historical_var, historical_es):
        assert measure(shuffled, 0.95) == pytest.approx(float(measure(pnl, 0.95)), abs=1e-9)
        assert measure(scale * pnl, 0.95) == pytest.approx(float(scale * measure(pnl, 0.95)), rel=1e-9, abs=1e-9)


def test_unknown_days_do_not_count() -> None:
    pnl = np.array([[-1.0, np.nan, -3.0, 2.0, np.nan], [np.nan] * 5])
    assert tail.known_rows(pnl).tolist() == [3, 0]
    assert historical_var(pnl, 0.9).tolist()[0] == 3.0
    assert np.isnan(historical_var(pnl, 0.9)[1])
    assert np.isnan(historical_es(pnl, 0.9)[1])
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
    assert historical_var(filtered, 0.95) > 1.5 * historical_var(pnl, 0.95)
    assert historical_var(filtered, 0.95) == pytest.approx(1.645 * 4, rel=0.35)
    reverse = tail.filtered_historical(pnl[::-1], 0.94)
    assert historical_var(reverse, 0.95) < historical_var(pnl, 0.95)


@settings(max_examples=40)
@given(st.floats(0.001, 1000))
def test_filtering_keeps_scale_and_unknown_days(scale: float) -> None:
    pnl = np.random.default_rng(6).normal(size=(2, 120))
    pnl[0, 50] = np.nan
    filtered = tail.filtered_historical(pnl, 0.94)
    np.testing.assert_allclose(tail.filtered_historical(scale * pnl, 0.94), scale * filtered, rtol=1e-9)
    assert np.isnan(filtered).sum() == 1
    assert (tail.filtered_historical(np.zeros((1, 5)), 0.94) == 0).all()


def test_filtering_is_the_recursion_of_each_row_by_hand() -> None:
    pnl = np.array([[1.0, -2.0, np.nan, 3.0], [0.5, 0.5, -4.0, 1.0]])
    for row, filtered in zip(pnl, tail.filtered_historical(pnl, 0.9), strict=True):
        known = [float(x) for x in row if not np.isnan(x)]
        variance, expected = sum(x * x for x in known) / len(known), []
        for x in row:
            expected.append(variance)
            variance = variance if np.isnan(x) else 0.9 * variance + 0.1 * float(x) ** 2
        np.testing.assert_allclose(filtered, row * np.sqrt(variance / np.array(expected)), rtol=1e-14)


def test_degrees_of_freedom_by_hand() -> None:
    """2, -2 and five zeros: the mean square is 8/7, the mean fourth power 32/7, their kurtosis 3.5: 4 + 6 / 0.5."""
    row = [2.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    pnl = np.array([[*row, np.nan], [np.nan, *row], [5.0] + [np.nan] * 7])
    np.testing.assert_allclose(tail.student_degrees(pnl, 100.0), [16.0, 16.0, 100.0])
    normal = np.array([2.0, 1.0, 1.0, 0.0, 0.0, 0.0])  # a kurtosis of exactly 3
    assert tail.student_degrees(normal, 100.0) == 100.0


def test_unknown_and_flat_days_make_no_warning() -> None:
    pnl = np.array([[np.nan] * 6, [0.0] * 6, [2.0, 1.0, 1.0, 0.0, 0.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(tail.var_es(pnl).es[0.975]).tolist() == [True, False, False]
        assert np.isnan(tail.student_degrees(pnl, 100.0)).tolist() == [True, False, False]
        filtered = tail.filtered_historical(pnl, 0.94)
    assert filtered[1].tolist() == [0.0] * 6
    assert np.isnan(filtered[0]).all()


@pytest.mark.parametrize("measure", [tail.student_scale, lambda x, v: tail.student_es(x, v, 0.975)])
def test_single_precision_is_no_less_exact(measure: Callable[[object, object], FloatArray]) -> None:
    degrees = np.float32(6.1)
    assert measure(1.0, degrees) == measure(1.0, float(degrees))
    deviation = np.array([0.1], dtype=np.float32)
    assert tail.normal_var(deviation, 0.99).dtype == np.float64
    assert tail.normal_var(deviation, 0.99) == tail.normal_var(deviation.astype(np.float64), 0.99)
