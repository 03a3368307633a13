"""Numbers as text: signs, units, thousands; an unknown value is printed as n/a."""

import datetime as dt
from collections.abc import Callable

import pytest

from reports.elements import formats


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formats.percent(0.1315), "13.15%"),
        (formats.percent(-0.004, 1, signed=True), "−0.4%"),
        (formats.percent(0.00001, 2, signed=True), "0.00%"),
        (formats.percent(-0.00001, 2, signed=True), "0.00%"),
        (formats.basis_points(0.0012), "+12\u00a0bp"),
        (formats.basis_points(-0.00125, 1), "−12.5\u00a0bp"),
        (formats.basis_points(0.0012, signed=False), "12\u00a0bp"),
        (formats.brl(18_400.4), "BRL\u00a018,400"),
        (formats.brl(-18_400.4, signed=True), "BRL\u00a0−18,400"),
        (formats.brl(101_234_567.0), "BRL\u00a0101.23\u00a0million"),
        (formats.brl(999_999.7), "BRL\u00a01.00\u00a0million"),
        (formats.thousands(1234567), "1,234,567"),
        (formats.significant(4_706_770.4), "4,706,770"),
        (formats.significant(-9.12e-05), "−9.12e−05"),
        (formats.significant(5.4321e9), "5.4321e+09"),
        (formats.tenor(21), "1m"),
        (formats.tenor(252), "1y"),
        (formats.tenor(378), "1.5y"),
        (formats.date(dt.date(2026, 3, 5)), "5 Mar 2026"),
        (formats.moment(dt.datetime(2026, 3, 5, 9, 0, tzinfo=dt.UTC)), "5 Mar 2026 06:00 BRT"),
        (formats.format_list(["a", "b", "c"]), "a, b and c"),
        (formats.format_list(["a", "b", "c"], 2), "a, b and 1 more"),
        (formats.capitalize_first("sell 20 DI1F29"), "Sell 20 DI1F29"),
    ],
)
def test_a_number_is_printed_with_its_unit(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "form", [formats.percent, formats.basis_points, formats.brl, formats.thousands, formats.number]
)
def test_an_unknown_value_is_never_printed_as_zero(form: Callable[[float | None], str], unknown: float | None) -> None:
    assert form(unknown) == "n/a"


def test_drivers_come_largest_first_and_without_unknown_parts() -> None:
    assert formats.parse_drivers('{"a": 0.1, "b": -0.5, "c": null, "d": NaN}') == {"b": -0.5, "a": 0.1}
    assert formats.parse_drivers(None) == {}
    with pytest.raises(ValueError, match="Expecting"):
        formats.parse_drivers("not json")
