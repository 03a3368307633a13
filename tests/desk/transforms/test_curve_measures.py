"""The curve tables against repricing one contract, rows by hand, and the curves that they were made from."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from desk.arrays import FloatArray
from desk.catalog.fallbacks import VERTICES
from desk.transforms.curve_measures import cupom_measures, di_measures, treasury_measures
from desk.transforms.curves import flat_forward
from tests.desk.transforms.test_nss import PRE_2024

TENORS = np.array(VERTICES)
RATES = PRE_2024.rates(TENORS / 252)
CDI = 0.1065


def history(days: int = 64) -> FloatArray:
    """Parallel moves of +-5 bp in turn, the curve itself last."""
    shifts = np.where(np.arange(days) % 2, 0.0, 5e-4)[::-1]
    return np.asarray(RATES + (shifts - shifts[-1])[:, None])


def test_a_di_contract_earns_what_repricing_it_a_month_later_on_the_same_curve_earns() -> None:
    rows = {row["tenor_bd"]: row for row in di_measures(TENORS, history(), CDI).iter_rows(named=True)}
    later = float(flat_forward(TENORS, [RATES], [504 - 21])[0, 0])
    bought, sold = 1e5 / (1 + RATES[6]) ** 2, 1e5 / (1 + later) ** (483 / 252)
    gain = sold - bought * (1 + CDI) ** (21 / 252)
    assert rows[504]["carry_brl"] + rows[504]["roll_down_brl"] == pytest.approx(gain, abs=1e-8)
    bump = (1e5 / (1 + RATES[6] - 1e-6) ** 2 - 1e5 / (1 + RATES[6] + 1e-6) ** 2) / 2e-6 * 1e-4
    assert rows[504]["dv01_brl"] == pytest.approx(bump, rel=1e-6)
    moves = np.diff(history()[:, 6])
    assert rows[504]["in_daily_volatility"] == pytest.approx(gain / (np.std(moves, ddof=1) * 1e4 * bump), rel=1e-6)
    assert rows[21]["carry_brl"] is None  # it is due within the month


def test_forwards_compound_to_the_curve() -> None:
    table = di_measures(TENORS, RATES, CDI)
    steps = np.diff(TENORS, prepend=0) / 252
    forwards = table["forward"].fill_null(RATES[0]).to_numpy()
    np.testing.assert_allclose(np.cumprod((1 + forwards) ** steps), (1 + RATES) ** (TENORS / 252), rtol=1e-12)
    assert table["in_daily_volatility"].null_count() == len(TENORS)  # one day has no volatility


def test_a_vertex_that_is_dear_stands_below_the_fitted_curve() -> None:
    dear = RATES.copy()
    dear[7] -= 20e-4
    assert np.abs(di_measures(TENORS, RATES, CDI)["fit_gap"].to_numpy()).max() < 1e-8
    gaps = di_measures(TENORS, dear, CDI)["fit_gap"].to_numpy()
    assert int(np.argmin(gaps)) == 7
    assert gaps[7] < -5e-4


@pytest.mark.parametrize(("known", "fitted"), [(12, True), (6, True), (5, True), (4, True), (3, False), (1, False)])
def test_a_short_curve_is_fitted_by_fewer_parameters_or_not_at_all(known: int, fitted: bool) -> None:
    rates = np.where(np.arange(len(TENORS)) < known, RATES, np.nan)
    table = di_measures(TENORS, rates, CDI)
    assert table.height == known
    assert (table["fit_gap"].null_count() == 0) is fitted
    if fitted:
        assert np.abs(table["fit_gap"].to_numpy()).max() < 1e-3


def test_without_cdi_or_a_rate_only_what_needs_it_is_unknown() -> None:
    table = di_measures(TENORS, RATES, float("nan"))
    assert table["carry_brl"].null_count() == len(TENORS)
    assert table["roll_down_brl"].null_count() == 1
    for empty in (
        di_measures(TENORS, np.full(12, np.nan), CDI),
        cupom_measures(TENORS, np.full(12, np.nan), dt.date(2026, 1, 5)),
        treasury_measures(TENORS / 252, np.full(12, np.nan)),
    ):
        assert empty.is_empty()


def test_cupom_by_hand() -> None:
    """From Friday 9 January 2026: 21 business days are 9 February (31 days), 42 are 12 March (62; Carnival between)."""
    table = cupom_measures([21, 42], [0.04, 0.05], dt.date(2026, 1, 9))
    assert table["calendar_days"].to_list() == [31, 62]
    near, far = 1 + 0.04 * 31 / 360, 1 + 0.05 * 62 / 360
    assert table["forward"].to_list() == [None, pytest.approx((far / near - 1) * 360 / 31, rel=1e-12)]
    assert table["dv01_usd"][1] == pytest.approx(1e5 / far**2 * 62 / 360 * 1e-4, rel=1e-12)


def test_a_flat_treasury_curve_is_its_own_zero_and_forward_and_par_bonds_cost_par() -> None:
    table = treasury_measures([1 / 12, 0.5, 1, 2, 5, 10], [0.04] * 6)
    assert table["years"].to_list() == [0.5, 1, 2, 5, 10]  # a bill has no coupon
    np.testing.assert_allclose(table["zero"].to_numpy(), 0.04, atol=1e-12)
    np.testing.assert_allclose(table["forward"].to_numpy()[1:], 0.04, atol=1e-12)
    ten_years = sum(0.02 / 1.02**k * k / 2 for k in range(1, 21)) + 10 / 1.02**20
    assert table["duration"][4] == pytest.approx(ten_years / 1.02, rel=1e-9)
    assert table["dv01_usd"][4] == pytest.approx(1e5 * ten_years / 1.02 * 1e-4, rel=1e-9)
