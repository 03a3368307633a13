"""Cupom cambial: B3's conventions by hand, and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import BadInput
from desk.transforms.cupom import cupom_dv01, discount_factor, forward_cupom

CUPOM = st.floats(min_value=-0.02, max_value=0.25)
DAYS = st.integers(min_value=1, max_value=3600)


def test_discount_factor_is_linear_over_360() -> None:
    assert float(discount_factor(0.06, 180)) == pytest.approx(1 / 1.03, rel=1e-15)
    assert float(discount_factor(0.06, 0)) == 1.0


def test_fra_de_cupom_by_hand() -> None:
    # 4% for 90 days is 1.01, 5% for 270 days is 1.0375: 1.0375 / 1.01 - 1 = 2.7228% in 180 days, 5.4455% a year
    assert float(forward_cupom(0.04, 90, 0.05, 270)) == pytest.approx((1.0375 / 1.01 - 1) * 2, rel=1e-13)
    assert round(float(forward_cupom(0.04, 90, 0.05, 270)) * 100, 4) == 5.4455
    assert np.isnan(forward_cupom(0.04, 90, 0.05, 90))


@given(CUPOM, DAYS, CUPOM, st.integers(min_value=1, max_value=720))
def test_forward_closes_the_circle(near: float, days: int, forward: float, span: int) -> None:
    growth = (1 + near * days / 360) * (1 + forward * span / 360)
    far = (growth - 1) * 360 / (days + span)
    assert float(forward_cupom(near, days, far, days + span)) == pytest.approx(forward, abs=1e-9)


@given(CUPOM, DAYS)
def test_dv01_by_formula_equals_the_bump(rate: float, days: int) -> None:
    bump = 1e-6
    fall = float(discount_factor(rate - bump, days) - discount_factor(rate + bump, days)) / (2 * bump) * 1e-4
    assert float(cupom_dv01(rate, days)) == pytest.approx(fall, rel=1e-6)
    assert float(cupom_dv01(rate, days)) > 0


def test_bad_input_is_named_and_unknown_stays_unknown() -> None:
    with pytest.raises(BadInput, match="before settlement"):
        discount_factor(0.05, -1)
    assert np.isnan(discount_factor([np.nan, 0.05], 30)).tolist() == [True, False]
