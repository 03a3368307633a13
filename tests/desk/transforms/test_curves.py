"""Curves against published numbers (ANBIMA, B3), a second method, and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadInput
from desk.transforms.curves import (
    breakeven,
    checked_nodes,
    flat_forward,
    forward_rate,
    linear_360_growth,
    linear_360_rate,
    linear_par,
    pu,
    pu_dv01,
    rate_from_pu,
)

RATES = st.floats(min_value=0.005, max_value=0.40)


def test_published_forwards_of_a_three_vertex_curve() -> None:
    forwards = forward_rate([0.05, 0.06], [10, 20], [0.06, 0.07], [20, 30])
    assert np.round(forwards * 100, 4).tolist() == [7.0095, 9.0284]


def test_published_breakeven() -> None:
    assert round(float(breakeven(0.068980, 0.023427)) * 100, 4) == 4.4510


def test_pu_of_a_published_ltn() -> None:
    price = float(pu(0.12145, 1374, face=1000.0))
    assert int(price * 1e6) / 1e6 == 535.279902  # ANBIMA truncates to six decimals


def test_published_ltn_dv01_by_bump() -> None:
    bd = 1695  # LTN 01-01-2032 on 26-03-2025
    bumped = float(pu(0.15097 - 1e-4, bd, 1000.0) - pu(0.15097, bd, 1000.0))
    assert bumped == pytest.approx(float(pu_dv01(0.15097, bd, 1000.0)), rel=1e-3)


@given(RATES, st.integers(min_value=1, max_value=2600))
def test_rate_and_pu_are_inverse(rate: float, bd: int) -> None:
    assert float(rate_from_pu(pu(rate, bd), bd)) == pytest.approx(rate, abs=1e-9)


@given(RATES, st.integers(min_value=5, max_value=2600))
def test_dv01_by_formula_equals_the_central_bump(rate: float, bd: int) -> None:
    bump = 1e-6
    slope = float(pu(rate - bump, bd) - pu(rate + bump, bd)) / (2 * bump) * 1e-4
    assert float(pu_dv01(rate, bd)) == pytest.approx(slope, rel=1e-6)


def test_a_price_falls_when_its_rate_rises() -> None:
    assert float(pu(0.13, 252)) > float(pu(0.14, 252))
    assert float(pu_dv01(0.13, 252)) > 0


def test_interpolation_returns_the_vertices_and_constant_forwards_between_them() -> None:
    rates = np.array([[0.05, 0.06, 0.07], [0.10, 0.11, 0.105]])
    at = np.array([10, 12, 15, 20, 25, 30])
    result = flat_forward([10, 20, 30], rates, at)
    np.testing.assert_allclose(result[:, [0, 3, 5]], rates, atol=1e-14)
    first, second = forward_rate(result[:, 0], 10, result[:, 1], 12), forward_rate(result[:, 2], 15, result[:, 3], 20)
    np.testing.assert_allclose(first, second, atol=1e-12)


def test_interpolation_of_one_day_equals_numpy_on_log_discounts() -> None:
    tenors, rates = np.array([1, 21, 63, 252, 1260]), np.array([0.149, 0.1489, 0.147, 0.1402, 0.1355])
    at = np.array([2, 30, 100, 700, 1260])
    logs = np.interp(at, tenors, np.log1p(rates) * tenors / 252)
    np.testing.assert_allclose(flat_forward(tenors, rates, at)[0], np.expm1(logs * 252 / at), atol=1e-13)


def test_a_missing_vertex_is_left_out_not_filled() -> None:
    whole = flat_forward([10, 30], [[0.05, 0.07]], [20])
    holed = flat_forward([10, 20, 30], [[0.05, np.nan, 0.07]], [20])
    np.testing.assert_allclose(holed, whole)


def test_outside_the_vertices_is_unknown_unless_asked() -> None:
    tenors, rates = [21, 252], [[0.14, 0.13]]
    assert np.isnan(flat_forward(tenors, rates, [10, 260])).all()
    below = flat_forward(tenors, rates, [10, 21], flat_below=True)
    np.testing.assert_allclose(below, [[0.14, 0.14]])
    above = flat_forward(tenors, rates, [300, 303], forward_above=1.2)
    last_forward = forward_rate(0.14, 21, 0.13, 252)
    assert float(forward_rate(0.13, 252, above[0, 0], 300)) == pytest.approx(float(last_forward), abs=1e-12)
    assert np.isnan(above[0, 1])


def test_a_day_without_vertices_stays_unknown_and_does_not_disturb_others() -> None:
    rates = np.array([[np.nan, np.nan], [0.1, 0.12], [np.nan, 0.12]])
    result = flat_forward([100, 200], rates, [100, 150, 200], flat_below=False)
    assert np.isnan(result[0]).all()
    assert np.isfinite(result[1]).all()
    assert np.isnan(result[2, :2]).all()
    assert result[2, 2] == pytest.approx(0.12)


def test_vertices_may_differ_by_day() -> None:
    tenors = np.array([[10.0, 20.0], [12.0, 22.0]])
    rates = np.array([[0.05, 0.06], [0.05, 0.06]])
    result = flat_forward(tenors, rates, np.array([[10.0], [22.0]]))
    np.testing.assert_allclose(result[:, 0], [0.05, 0.06])


@given(st.lists(RATES, min_size=3, max_size=3), st.integers(min_value=22, max_value=1259))
def test_interpolated_discount_factors_lie_between_their_neighbours(rates: list[float], at: int) -> None:
    tenors = np.array([21, 252, 1260])
    result = flat_forward(tenors, [rates], [at])[0, 0]
    logs = np.log1p(rates) * tenors / 252
    own = np.log1p(result) * at / 252
    left = int(np.searchsorted(tenors, at, side="right")) - 1
    low, high = sorted((logs[left], logs[left + 1]))
    assert low - 1e-12 <= own <= high + 1e-12


def test_linear_act_360_there_and_back() -> None:
    assert float(linear_360_rate(linear_360_growth(0.055, 365), 365)) == pytest.approx(0.055)
    assert float(np.exp(linear_360_growth(0.055, 360))) == pytest.approx(1.055)


def test_par_yields_are_joined_by_straight_lines() -> None:
    assert linear_par([252, 504], [[0.04, 0.05]], [378, 600]).tolist()[0][0] == pytest.approx(0.045)
    assert np.isnan(linear_par([252, 504], [[0.04, 0.05]], [600])[0, 0])


def test_a_tenor_that_stands_twice_is_named() -> None:
    with pytest.raises(BadInput, match="tenor 20 stands twice in row 1"):
        flat_forward([[10, 20], [20, 20]], [[0.05, 0.06], [0.05, 0.06]], [15])


def test_an_unknown_rate_may_share_its_tenor_and_an_infinite_one_is_unknown() -> None:
    result = flat_forward([10, 20, 20, 30], [[0.05, np.nan, 0.06, np.inf]], [15, 25])
    assert np.isfinite(result[0, 0])
    assert np.isnan(result[0, 1])


def test_an_empty_curve_is_unknown_and_a_checked_one_is_refused() -> None:
    assert np.isnan(flat_forward(np.empty(0), np.empty((2, 0)), [21, 252])).all()
    with pytest.raises(BadInput, match="pre: 0 points"):
        checked_nodes("pre", [], [])


@given(st.lists(st.floats(min_value=0.0, max_value=0.5), min_size=4, max_size=4))
def test_discount_factors_fall_along_positive_forwards(forwards: list[float]) -> None:
    tenors = np.array([21, 252, 756, 2520])
    growth = np.cumsum(np.log1p(forwards) * np.diff(tenors, prepend=0) / 252)
    zeros = np.expm1(growth * 252 / tenors)
    at = np.arange(21, 2521, 7)
    discount = pu(flat_forward(tenors, [zeros], at)[0], at, 1.0)
    assert (np.diff(discount) <= 1e-14).all()
