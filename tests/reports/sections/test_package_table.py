"""How far a package's sides are apart, and why there is no such number."""

from __future__ import annotations

from typing import Any

import pytest

from desk.gold import PACKAGE
from reports.tables.package_table import package_table


@pytest.mark.parametrize(
    ("row", "text", "reason"),
    [
        ({"neutrality": "dv01", "imbalance": 0.0, "state": "traded"}, "0.0%", ""),
        ({"neutrality": "dv01", "imbalance": 0.024, "state": "kept"}, "2.4%", ""),
        ({"neutrality": "outright", "state": "kept"}, "–", "an outright package"),
        ({"neutrality": "dv01", "state": "flat"}, "–", "no contracts"),
        ({"neutrality": "dv01", "state": "kept"}, "–", "an order that did not fill, or a leg without a price"),
    ],
)
def test_a_distance_that_is_zero_is_one_and_none_has_its_own_reason(
    row: dict[str, Any], text: str, reason: str
) -> None:
    blank = dict.fromkeys(PACKAGE.columns)
    legs = "{}" if row["state"] == "flat" else '{"DI1_2Y": 10.0, "DI1_5Y": -4.0}'
    table = package_table([{**blank, "strategy_id": "RATES_SLOPE_MEANREV", "legs": legs, **row}], "2026-11-20")
    cell = table.rows[0][[column.head for column in table.columns].index("Off by")]
    assert (cell.text, cell.title) == (text, reason)
