"""Numbers as text: the sources' own formats, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.units import bp, decimal_point, pct, scaled


@pytest.mark.parametrize(
    ("text", "number"),
    [("-0.32", "-0.32"), (" 5.4272 ", "5.4272"), (".5", "0.5"), ("1e3", "1000"), ("15", "15"), ("+2.", "2")],
)
def test_point_decimals(text: str, number: str) -> None:
    assert decimal_point(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "-", ".", "1,5", "1.008,65", "n/d", "1 000", "..", "1.2.3", "NaN"])
def test_what_is_not_a_point_decimal(text: str) -> None:
    with pytest.raises(ValueError, match="not a point-decimal"):
        decimal_point(text)


def test_scale_is_exact_before_the_float() -> None:
    assert scaled(Decimal("13.15"), Decimal("0.01")) == 0.1315
    assert scaled(Decimal("0.1"), Decimal("3")) == 0.3  # 0.1 * 3 in floats is 0.30000000000000004


def test_the_rim() -> None:
    assert pct(0.1315) == pytest.approx(13.15)
    assert bp(0.0025) == pytest.approx(25.0)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_a_decimal_survives_its_text(number: Decimal) -> None:
    assert decimal_point(f"{number:f}") == number
