"""A line that could not roll is measured in the contract that it is in, and so are the packages on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from functools import cache

import numpy as np
import polars as pl
import pytest

from desk.catalog.defence import PRICE_GROUPS
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import package_terms
from desk.portfolio.contracts import business_days, valuation_days
from desk.portfolio.portfolio_pass import Frames, open_book
from desk.portfolio.price_inputs import all_current
from desk.strategies import STRATEGIES
from tests.desk.portfolio.panels import make_values, views_of

PARAMETERS = load_desk_parameters()
VALUES = make_values(520)
BEGIN = 260
INCEPTION = VALUES["day"][BEGIN]
SLOPE = package_terms([one for one in STRATEGIES if one.id == "RATES_SLOPE_MEANREV"])
OLD_DAYS = 3


def book(old_from: int | None = None, held: Collection[int] = ()) -> Frames:
    """A slope at half conviction; the prices of the PRE curve are old on OLD_DAYS rows from `old_from` on, and no
    decision is made on the rows of `held`."""
    prices = all_current(len(VALUES))
    if old_from is not None:
        current = prices.current.copy()
        current[old_from : old_from + OLD_DAYS, PRICE_GROUPS.index("pre")] = False
        prices = dataclasses.replace(prices, current=current)
    views = views_of(VALUES, {SLOPE[0].id: np.full(len(VALUES), 0.5)})
    days = [VALUES["day"][row] for row in held]
    return open_book(VALUES, views, SLOPE, PARAMETERS, INCEPTION, prices, days).frames


@cache
def around_a_roll() -> tuple[Frames, list[int], str, str]:
    """The book whose DI1_2Y cannot roll on the rows, and the names of the contract that it is in and of the next."""
    lines = book()["target_position"].filter(instrument_id="DI1_2Y").sort("as_of")
    turn = next(at for at in range(5, len(lines)) if lines["contract_id"][at] != lines["contract_id"][at - 1])
    row = BEGIN + turn
    names = lines["contract_id"][turn - 1], lines["contract_id"][turn]
    return book(row), list(range(row, row + OLD_DAYS)), *names


def test_the_line_has_price_and_risk_of_its_own_contract() -> None:
    frames, rows, own, _ = around_a_roll()
    days = [decision_time(VALUES["day"][row]) for row in rows]
    lines = frames["target_position"].filter(pl.col("as_of").is_in(days), instrument_id="DI1_2Y").sort("as_of")
    assert lines["contract_id"].to_list() == [own] * OLD_DAYS
    assert (lines["contracts"] != 0).all()
    sessions = valuation_days(VALUES["day"].to_numpy().astype("datetime64[D]")[rows])
    left = business_days(sessions, lines["maturity"].to_numpy().astype("datetime64[D]"))
    expected = 100_000.0 / (1.0 + lines["rate"].to_numpy()) ** (left / 252.0)
    np.testing.assert_allclose(lines["price"].to_numpy(), expected, rtol=1e-9)
    dv01 = lines["contracts"].to_numpy() * expected * left / 252.0 / (1.0 + lines["rate"].to_numpy()) * 1e-4
    np.testing.assert_allclose(lines["dv01_brl"].to_numpy(), dv01, rtol=1e-3)
    state = frames["portfolio_state"].filter(pl.col("as_of").is_in(days))
    assert state["gross_leverage"].is_finite().all()
    assert state["expected_volatility"].is_finite().all()
    held = frames["target_position"].filter(pl.col("as_of").is_in(days), pl.col("contracts") != 0)
    years = business_days(np.repeat(sessions, 2), held["maturity"].to_numpy().astype("datetime64[D]")) / 252.0
    equivalents = pl.Series(held["notional_brl"].abs().to_numpy() * years / 10.0)
    gross = held.select("as_of", gross=equivalents).group_by("as_of", maintain_order=True).sum()["gross"]
    np.testing.assert_allclose(gross.to_numpy(), (state["gross_leverage"] * state["nav_brl"]).to_numpy(), rtol=1e-9)


def test_a_package_that_waits_keeps_its_neutrality() -> None:
    """No decision is made on the day before the roll and on the next ones, so that no order is left: measured at the
    next contract the sides of the slope would be as far apart as the two contracts' DV01."""
    _, rows, own, _ = around_a_roll()
    frames = book(held=range(rows[0] - 1, rows[0] + OLD_DAYS))
    days = pl.col("as_of").is_in([decision_time(VALUES["day"][row]) for row in rows])
    assert frames["target_position"].filter(days, contract_id=own).height == OLD_DAYS
    packages = frames["package"].filter(days)
    assert packages["imbalance"].null_count() == 0
    assert packages["imbalance"].to_list() == pytest.approx([0.0] * OLD_DAYS, abs=0.03)


def test_legs_whose_orders_did_not_fill_have_no_neutrality() -> None:
    """What was ordered on the day before the roll was in contracts that are the day's no more, and is not held."""
    frames, rows, _, _ = around_a_roll()
    days = pl.col("as_of").is_in([decision_time(VALUES["day"][row]) for row in rows])
    assert not frames["action"].filter(as_of=decision_time(VALUES["day"][rows[0] - 1])).is_empty()
    packages = frames["package"].filter(days)
    assert (packages["legs"] != "{}").all()
    assert packages["imbalance"].null_count() == OLD_DAYS
    assert (packages["leg_dv01_brl"] == "{}").all()


def test_the_deviation_of_a_line_that_waits_does_not_jump() -> None:
    """The gate reads it of the same contract day by day."""
    frames, rows, own, _ = around_a_roll()
    lines = frames["target_position"].filter(instrument_id="DI1_2Y", contract_id=own).sort("as_of")
    upto = lines.filter(pl.col("as_of") <= decision_time(VALUES["day"][rows[-1]]))
    last = upto["unit_vol_brl"].tail(OLD_DAYS + 1).to_numpy()
    assert last.max() < 1.1 * last.min()
