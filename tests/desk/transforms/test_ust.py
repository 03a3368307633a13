"""US Treasuries: a published bootstrap, par bonds that price at par, and risk by formula against repricing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.errors import BadInput
from desk.transforms.ust import bond_price, dv01, modified_duration, zero_curve

# Fabozzi, "Bond Markets, Analysis and Strategies": twenty half-yearly par Treasuries and their spot rates, percent
PAR = [5.25, 5.50, 5.75, 6.00, 6.25, 6.50, 6.75, 6.80, 7.00, 7.10]
PAR += [7.15, 7.20, 7.30, 7.35, 7.40, 7.50, 7.60, 7.60, 7.70, 7.80]
SPOT = [5.25, 5.50, 5.76, 6.02, 6.28, 6.55, 6.82, 6.87, 7.09, 7.20]
SPOT += [7.26, 7.31, 7.43, 7.48, 7.54, 7.67, 7.80, 7.79, 7.93, 8.07]
HALVES = np.arange(1, 21) / 2
TREASURY_YEARS = np.array([1 / 12, 2 / 12, 0.25, 0.5, 1, 2, 3, 5, 7, 10, 20, 30])


def test_published_spot_rates() -> None:
    curve = zero_curve(HALVES, np.array(PAR) / 100)
    assert np.round(curve.zero_rate(HALVES)[0] * 100, 2).tolist() == SPOT


def test_par_bonds_are_worth_their_face_on_the_zero_curve() -> None:
    par = np.array([[3.9, 3.95, 4.0, 4.1, 3.8, 3.6, 3.6, 3.7, 3.9, 4.1, 4.6, 4.7]]) / 100
    curve = zero_curve(TREASURY_YEARS, par)
    for place, years in enumerate(TREASURY_YEARS[3:], start=3):
        times = np.arange(1, round(2 * years) + 1) / 2
        worth = (par[0, place] / 2 * curve.discount_at(times)).sum() + curve.discount_at([years])[0, 0]
        assert worth == pytest.approx(1.0, abs=1e-13)


@given(st.floats(min_value=0.0, max_value=0.15))
def test_a_flat_par_curve_is_a_flat_zero_curve(level: float) -> None:
    curve = zero_curve(TREASURY_YEARS, np.full(12, level))
    np.testing.assert_allclose(curve.zero_rate([0.5, 1.25, 7, 30]), level, atol=1e-12)
    np.testing.assert_allclose(curve.forward_rate([0.5, 5], [2, 10]), level, atol=1e-12)


def test_forwards_come_from_discount_factors() -> None:
    """Eight years from two, by hand from the discount factors; (r2 t2 - r1 t1) on the rates is off by basis points."""
    curve = zero_curve([0.5, 2, 10], [[0.01, 0.01, 0.09]])
    near, far = curve.discount_at([2.0])[0, 0], curve.discount_at([10.0])[0, 0]
    expected = 2 * ((near / far) ** (1 / 16) - 1)
    assert float(curve.forward_rate([2.0], [10.0])[0, 0]) == pytest.approx(expected, rel=1e-14)
    zeros = curve.zero_rate([2.0, 10.0])[0]
    assert abs((zeros[1] * 10 - zeros[0] * 2) / 8 - expected) > 1e-4


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(min_value=0.001, max_value=0.02), min_size=4, max_size=4))
def test_discount_factors_fall_where_par_yields_do_not(steps: list[float]) -> None:
    curve = zero_curve([0.5, 2, 5, 10], [np.cumsum(steps)])
    assert (np.diff(curve.discount[0]) < 0).all()
    assert (curve.forward_rate(np.arange(0, 10, 0.5), np.arange(0.5, 10.5, 0.5)) > 0).all()


def test_what_is_longer_than_an_unknown_yield_is_unknown() -> None:
    curve = zero_curve([0.5, 1, 2], [[0.04, np.nan, 0.04], [0.04, 0.04, 0.04]])
    assert np.isfinite(curve.discount[1]).all()
    assert np.isnan(zero_curve([1, 2], [[0.04, 0.04]]).discount).all()  # the yield of the first half-year is unknown
    assert np.isfinite(curve.discount_at([0.3])[0, 0])
    assert np.isnan(curve.discount_at([5.0])).all()


def test_a_par_bond_is_worth_100_and_its_duration_is_the_annuity() -> None:
    years, rate = np.array([2.0, 5.0, 10.0, 30.0]), np.array([0.038, 0.037, 0.041, 0.047])
    np.testing.assert_allclose(bond_price(rate, rate, years), 100.0, atol=1e-11)
    closed = (1 - (1 + rate / 2) ** (-2 * years)) / rate
    np.testing.assert_allclose(modified_duration(rate, rate, years), closed, rtol=1e-12)
    # a ten-year note at 4.1%: about USD 815 per bp and million
    assert float(dv01(0.041, 0.041, 10.0, face=1e6)) == pytest.approx(814, abs=2)


def test_a_day_later_at_the_same_yield_the_bond_has_earned_its_yield() -> None:
    later = float(bond_price(0.04, 0.04, 10.0 - 1 / 365))
    assert later == pytest.approx(100 * 1.02 ** (2 / 365), rel=1e-12)


def test_the_coupon_of_the_day_is_the_seller_s() -> None:
    assert float(bond_price(0.04, 0.04, 9.5)) == pytest.approx(100.0, abs=1e-11)
    assert float(bond_price(0.04, 0.04, 9.5 + 1e-6)) == pytest.approx(102.0, abs=1e-4)


RATE = st.floats(min_value=-0.01, max_value=0.2)


@settings(max_examples=60, deadline=None)
@given(RATE, RATE, st.floats(min_value=0.02, max_value=30.0))
def test_dv01_by_formula_equals_the_bump(coupon: float, rate: float, years: float) -> None:
    coupon = abs(coupon)
    bump = 1e-5
    fall = float(bond_price(coupon, rate - bump, years) - bond_price(coupon, rate + bump, years)) / (2 * bump) * 1e-4
    assert float(dv01(coupon, rate, years)) == pytest.approx(fall, rel=1e-6)
    assert fall > 0


def test_shapes_broadcast_and_unknown_stays_unknown() -> None:
    prices = bond_price(np.array([[0.04], [np.nan]]), np.array([0.03, 0.05]), np.array([2.0, 10.0]))
    assert prices.shape == (2, 2)
    assert np.isnan(prices[1]).all()
    assert prices[0, 0] > 100 > prices[0, 1]


@pytest.mark.parametrize(
    ("years", "par", "named"),
    [
        ([], [[]], "no maturities"),
        ([1, 1], [[0.04, 0.04]], "not positive and different"),
        ([0, 1], [[0.04, 0.04]], "not positive and different"),
        ([1, 2], [[0.04, np.inf]], "an infinite yield"),
        ([1, 2], [[0.04]], "2 maturities and 1 yields"),
    ],
)
def test_bad_curves_are_named(years: list[float], par: list[list[float]], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        zero_curve(years, par)


def test_bad_bonds_are_named() -> None:
    with pytest.raises(BadInput, match="0 years to maturity"):
        bond_price(0.04, 0.04, 0.0)
    with pytest.raises(BadInput, match="not a rate"):
        bond_price(0.04, np.inf, 1.0)
