"""Numbers of facts and settings of rules: what is taken, shown and refused."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from desk.alerts.evaluate import finite_number, format_value
from desk.alerts.rules import PIPELINE
from desk.catalog.alert_rules import CHANGEABLE, checked, load_alerts
from desk.errors import BadInput

ALERTS = load_alerts()


@pytest.mark.parametrize(("raw", "value"), [(1, 1.0), (0.5, 0.5), (Decimal("0.25"), 0.25), (-3, -3.0)])
def test_numbers_are_numbers(raw: object, value: float) -> None:
    assert finite_number(raw) == (value, "")


def test_numbers_are_shown_with_their_unit() -> None:
    values = [format_value(0.0341, "fraction"), format_value(1.5, "ratio"), format_value(27.0, "hours")]
    assert values == ["3.41%", "1.50x", "27.0 h"]
    assert format_value(None, "fraction") == "no data"


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": math.nan},
        {"threshold": "0.03"},
        {"threshold": -1},
        {"threshold": None},
        {"threshold": True},
        {"severity": "loud"},
        {"cooldown_seconds": -1},
        {"cooldown_seconds": 1.5},
        {"for_seconds": 10**9},
        {"enabled": "yes"},
        {"rule_id": "OTHER"},
        {"surprise": 1},
    ],
)
def test_what_cannot_be_set_in_a_rule_is_refused_by_name(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=next(iter(change))):
        checked(ALERTS.rules["VAR_BREACH"], change)


def test_a_rule_without_a_threshold_takes_none() -> None:
    with pytest.raises(BadInput, match="has no threshold"):
        checked(ALERTS.rules[PIPELINE], {"threshold": 1.0})
    assert set(CHANGEABLE) >= {"enabled", "severity", "threshold", "cooldown_seconds", "for_seconds"}
