"""Sizing at its borders: a NAV that is none, changes too small to make, and what a lot is."""

from __future__ import annotations

import re

import numpy as np
import pytest

from desk.errors import BadInput
from desk.portfolio.size import no_trade_width, risk_contributions, round_to_lots, shares_worth_trading
from tests.desk.portfolio.test_size import AVERSION, DAYS, NEVER, PRICE, shares


@pytest.mark.parametrize("nav", [0.0, -1e8, np.nan, np.inf])
def test_nothing_is_weighed_at_a_nav_that_is_no_positive_number(nav: float) -> None:
    one, words = np.ones(1), re.escape(f"orders cannot be weighed at a NAV of {nav}")
    with pytest.raises(BadInput, match=words):
        shares_worth_trading(np.eye(1), NEVER[:1], one, nav, AVERSION, one)
    with pytest.raises(BadInput, match=words):
        no_trade_width(one, one, AVERSION, nav)
    assert shares_worth_trading(np.eye(1), NEVER[:1], 0.0 * one, 0.5, AVERSION, one) == pytest.approx([1.0])
    assert np.isfinite(no_trade_width(one, one, AVERSION, 0.5)).all()


def test_a_change_that_is_worth_less_than_a_ten_thousandth_of_itself_is_not_made() -> None:
    own = PRICE * DAYS * 400_000.0**2
    assert shares(np.diag([400_000.0**2]), np.array([2.0 * own * 0.99995]), NEVER[:1]).tolist() == [0.0]
    assert shares(np.diag([400_000.0**2]), np.array([2.0 * own * 0.999]), NEVER[:1]) == pytest.approx([0.001])


def test_lots_are_whole_numbers_of_64_bits() -> None:
    assert round_to_lots(np.array([2.4]), np.array([1])).dtype == np.int64
    with pytest.raises(BadInput, match=r"^lots: a lot is at least one contract$"):
        round_to_lots(np.array([2.4]), np.array([0]))
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(BadInput, match=rf"^lots: the desired contracts of line 1 are {bad}$"):
            round_to_lots(np.array([2.4, bad]), np.array([1, 1]))


def test_risks_and_costs_of_less_than_a_real_count_as_any_other() -> None:
    assert risk_contributions(np.array([1.0]), np.array([[0.04]])) == pytest.approx([0.2])
    assert shares(np.eye(1), np.array([PRICE * DAYS]), NEVER[:1]) == pytest.approx([0.5])
    assert shares(np.zeros((1, 1)), np.array([0.5]), NEVER[:1]).tolist() == [0.0]
