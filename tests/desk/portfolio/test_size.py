"""Sizing: which orders repay their cost, whole lots, limits, and the plan that convictions make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadInput
from desk.portfolio.market_levels import read_market
from desk.portfolio.package_limits import class_index
from desk.portfolio.size import risk_contributions, round_to_lots, within_limits, worth_trading
from desk.portfolio.sizing_plan import SizingPlan, plan_book
from tests.desk.portfolio.panels import LONE, make_values

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
RULES = PARAMETERS.portfolio
AVERSION, NAV, HOLDING_DAYS = 0.5 / 0.08, 1e8, 63
PRICE = 0.5 * AVERSION / NAV * HOLDING_DAYS
NEVER = np.zeros(2, dtype=np.bool_)


def trades(
    change: IntArray | FloatArray, matrix: FloatArray, cost: FloatArray, mandatory: BoolArray = NEVER
) -> list[bool]:
    chosen: list[bool] = worth_trading(
        change.astype(np.float64), mandatory, matrix, cost, NAV, AVERSION, HOLDING_DAYS
    ).tolist()
    return chosen


def test_an_order_is_made_where_the_risk_that_it_removes_is_worth_its_cost() -> None:
    matrix = np.diag([200.0**2, 200.0**2])
    change = np.array([10, 2_000])
    assert trades(change, matrix, np.abs(change) * 7.0) == [False, True], "400,000 BRL of risk for a cost of 14,000"
    gain = PRICE * (2_000 * 200.0) ** 2
    assert trades(change, matrix, np.array([1e9, gain * 1.001])) == [False, False]
    assert trades(change, matrix, np.array([1e9, gain * 0.999])) == [False, True]
    free = np.array([10, 0])
    assert trades(free, matrix, np.zeros(2)) == [True, False], "a line without a change is no trade"


def test_legs_that_hedge_each_other_are_traded_together_or_not_at_all() -> None:
    hedged = 200.0**2 * np.array([[1.0, 0.999], [0.999, 1.0]])
    drift, spread = np.array([900, -900]), np.array([20_000, -20_000])
    assert trades(drift, hedged, np.abs(drift) * 7.0) == [False, False], (
        "both legs drifted, and the risk did not change"
    )
    assert trades(spread, hedged, np.abs(spread) * 0.5) == [True, True], "each leg alone would be a new risk"


def test_a_mandatory_line_is_traded_whatever_it_costs_and_the_others_hedge_it() -> None:
    hedged = 200.0**2 * np.array([[1.0, 0.999], [0.999, 1.0]])
    change, cost = np.array([900, -900]), np.array([1e9, 10.0])
    assert trades(change, hedged, cost, np.array([True, False])) == [True, True]
    assert trades(np.array([0, 1]), hedged, np.array([5.0, 1e9]), np.array([True, False])) == [True, False]


def objective(chosen: BoolArray, change: FloatArray, matrix: FloatArray, cost: FloatArray) -> float:
    rest = np.where(chosen, 0.0, change)
    return PRICE * float(change @ matrix @ change - rest @ matrix @ rest) - float(cost[chosen].sum())


def best_first(start: BoolArray, adding: bool, free: BoolArray, *book: FloatArray) -> BoolArray:
    """The search written out: the flip of one free line that raises the objective most, until none raises it."""
    chosen = start.copy()
    while True:
        gains = {}
        for line in np.flatnonzero(free & (chosen != adding)):
            flipped = chosen.copy()
            flipped[line] = adding
            gains[line] = objective(flipped, *book) - objective(chosen, *book)
        best = max(gains, key=gains.__getitem__, default=None)
        if best is None or gains[best] <= 0:
            return chosen
        chosen[best] = adding


def test_the_whole_order_is_the_better_of_the_two_searches_written_out() -> None:
    rng = np.random.default_rng(3)
    seen: dict[str, int] = {"forward": 0, "backward": 0, "partial": 0, "mandatory": 0}
    for _ in range(300):
        count = int(rng.integers(2, 7))
        factors = rng.normal(0, 1, (count, 2))
        scale = rng.uniform(20, 300, count)
        matrix = (factors @ factors.T + 0.1 * np.eye(count)) * scale[:, None] * scale[None, :]
        change = rng.integers(-3_000, 3_000, count) * (rng.random(count) < 0.85)
        mandatory = np.asarray(rng.random(count) < 0.15)
        cost = np.abs(change) * rng.uniform(0.5, 200.0, count)
        book = change.astype(np.float64), matrix, cost
        free = (change != 0) & ~mandatory
        forward = best_first(mandatory, True, free, *book)
        backward = best_first(mandatory | (change != 0), False, free, *book)
        is_backward = objective(backward, *book) > objective(forward, *book)
        expected = backward if is_backward else forward
        assert trades(change, matrix, cost, mandatory) == expected.tolist()
        seen["backward" if is_backward else "forward"] += 1
        seen["partial"] += bool(expected.any() and (free & ~expected).any())
        seen["mandatory"] += bool(mandatory.any())
    assert min(seen.values()) > 5, seen


def test_lots_round_halves_away_from_zero() -> None:
    lots = np.array([5, 5, 1, 1, 5])
    assert round_to_lots(np.array([12.5, -12.5, 0.49, -0.5, 12.4]), lots).tolist() == [15, -15, 0, -1, 10]


@pytest.mark.parametrize("nav", [0.0, -1e8, np.nan, np.inf])
def test_no_order_is_weighed_without_a_nav(nav: float) -> None:
    change, mandatory = np.array([5.0]), np.array([False])
    with pytest.raises(BadInput, match="at a NAV of"):
        worth_trading(change, mandatory, np.eye(1), np.ones(1), nav, 6.0, 63)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_contracts_that_are_no_number_are_named(value: float) -> None:
    with pytest.raises(BadInput, match="contracts of line 1 are"):
        round_to_lots(np.array([1.0, value]), np.array([1, 5]))
    with pytest.raises(BadInput, match="at least one contract"):
        round_to_lots(np.array([1.0]), np.array([0]))


def test_risk_contributions_add_up_to_the_deviation_of_the_book() -> None:
    matrix = np.array([[4.0, 1.0], [1.0, 9.0]])
    parts = risk_contributions(np.array([2, -1]), matrix)
    deviation = np.sqrt(4 * 4 - 2 * 2 + 9)
    np.testing.assert_allclose(parts, [2 * (2 * 4 - 1) / deviation, -1 * (2 - 9) / deviation])
    assert parts.sum() == pytest.approx(deviation)
    assert risk_contributions(np.array([0, 0]), matrix).tolist() == [0.0, 0.0]


def test_classes_are_numbered_in_order_of_first_use() -> None:
    names, index = class_index(PARAMETERS)
    assert len(set(names)) == len(names)
    assert [names[at] for at in index] == [item.asset_class for item in PARAMETERS.instruments]
    assert list(dict.fromkeys(index.tolist())) == list(range(len(names)))


MARKET = read_market(make_values(130))
FIRST = 127


def plan_of(views: dict[str, float]) -> SizingPlan:
    """The plan of the last three rows for the same views on every row, each of the instrument's own strategy."""
    conviction = np.full((len(MARKET), len(IDS)), np.nan)
    for name, view in views.items():
        conviction[:, IDS.index(name)] = view
    return plan_book(MARKET, conviction, LONE, PARAMETERS, FIRST)


def lines_of(plan: SizingPlan) -> FloatArray:
    """Contracts (R, N) per BRL of all packages."""
    return np.asarray(plan.packages.sum(axis=1))


def test_a_view_inside_the_dead_band_is_no_position() -> None:
    band = RULES.dead_band
    plan = plan_of({"DOL": band, "IND": -band * 1.5, "DI1_2Y": band * 0.999, "DAP_2Y": -band * 0.999})
    assert len(plan) == 3
    assert plan.market.days.tolist() == MARKET.days[FIRST:].tolist()
    signs = {name: np.sign(lines_of(plan)[:, IDS.index(name)]).tolist() for name in IDS}
    assert signs.pop("DOL") == [1.0] * 3
    assert signs.pop("IND") == [-1.0] * 3
    assert all(sign == [0.0] * 3 for sign in signs.values())
    np.testing.assert_array_equal(np.sign(plan.risk_weight), np.sign(lines_of(plan)))


def test_a_contract_without_a_price_or_without_a_volatility_has_no_package() -> None:
    values = make_values(130)
    gone, new = values["ibovespa"].to_list(), values["usdbrl"].to_list()
    gone[-1] = None
    new[:-3] = [None] * (len(new) - 3)
    holed = read_market(values.with_columns(ibovespa=np.array(gone, dtype=float), usdbrl=np.array(new, dtype=float)))
    conviction = np.full((len(holed), len(IDS)), 0.5)
    plan = plan_book(holed, conviction, LONE, PARAMETERS, FIRST)
    assert np.isnan(plan.packages[-1, [IDS.index("IND"), IDS.index("DOL")]]).all()
    assert np.isnan(plan.volatility[-1, IDS.index("DOL")])
    assert plan.packages[-1, IDS.index("DI1_2Y"), IDS.index("DI1_2Y")] > 0
    assert plan.sizing[-1].startswith("risk_budget, without DOL IND ")
    assert "IND" not in plan.sizing[-2]


def test_the_risk_aversion_is_the_assumed_sharpe_ratio_over_the_volatility_that_is_left() -> None:
    plan = plan_of({"DOL": 0.9, "IND": 0.3})
    assert (plan.limited.volatility < plan.requested).all(), "the dollar's share is limited"
    kept = plan.limited.volatility / plan.requested
    np.testing.assert_allclose(plan.aversion, RULES.sharpe_assumed / RULES.target_volatility / kept)
    idle = plan_of({"DOL": 0.0})
    np.testing.assert_allclose(idle.aversion, RULES.sharpe_assumed / RULES.target_volatility)
    assert (idle.packages == 0.0).all()


def test_a_conviction_that_cannot_be_is_named() -> None:
    with pytest.raises(BadInput, match="outside"):
        plan_of({"DOL": 1.01})


def test_the_cost_of_a_contract_is_part_of_the_plan() -> None:
    plan = plan_of({"DOL": 0.5})
    dol = PARAMETERS.instrument("DOL")
    np.testing.assert_allclose(
        plan.unit_cost[:, IDS.index("DOL")], dol.slip_ticks * dol.tick * dol.multiplier + dol.fee_brl
    )
    ust = PARAMETERS.instrument("UST_10Y")
    expected = ust.slip_ticks * ust.tick * ust.multiplier * MARKET.levels.spots[FIRST:, 1] + ust.fee_brl
    np.testing.assert_allclose(plan.unit_cost[:, IDS.index("UST_10Y")], expected)


def book_in(
    contracts: dict[str, int], covariance: FloatArray, exposure: dict[str, float]
) -> tuple[IntArray, SizingPlan]:
    """Contracts (N,) and a plan whose first row has the covariance and the exposure (BRL a contract) of those lines."""
    plan = plan_of({"DOL": 0.5})
    at = [IDS.index(name) for name in contracts]
    lines, matrix, gross = (
        np.zeros(len(IDS), dtype=np.int64),
        np.zeros_like(plan.matrix),
        np.full_like(plan.volatility, np.nan),
    )
    lines[at] = list(contracts.values())
    matrix[0][np.ix_(at, at)] = covariance
    gross[0, [IDS.index(name) for name in exposure]] = list(exposure.values())
    return lines, replace(plan, matrix=matrix, quotes=replace(plan.quotes, exposure=gross))


def nav_for(budget: float) -> float:
    """The NAV whose target risk of one day is `budget` BRL."""
    return float(budget * np.sqrt(252) / RULES.target_volatility)


def test_one_lines_share_of_the_risk_is_limited() -> None:
    lines, plan = book_in({"DOL": -3}, np.array([[100.0]]), {"DOL": 1.0})
    most = PARAMETERS.limits.threshold("instrument_risk_share")
    assert within_limits(lines, plan, 0, nav_for(30.0 / most * 1.0001), PARAMETERS)
    assert not within_limits(lines, plan, 0, nav_for(30.0 / most * 0.9999), PARAMETERS)


def test_a_hedges_share_of_the_risk_is_limited_by_its_size() -> None:
    """Four lines of four classes at 21% of the risk each, and a hedge of all at -31%."""
    names = ["DI1_2Y", "IND", "DDI_2Y", "SOV_BR_5Y", "DOL"]
    covariance = np.eye(5)
    covariance[4, :4] = covariance[:4, 4] = 0.45
    lines, plan = book_in(dict(zip(names, [1, 1, 1, 1, -1], strict=True)), covariance, {})
    shares = risk_contributions(lines, plan.matrix[0]) / 2.2
    assert shares.max() < PARAMETERS.limits.threshold("instrument_risk_share") < -shares.min()
    assert not within_limits(lines, plan, 0, nav_for(2.2), PARAMETERS)
    assert within_limits(lines, plan, 0, nav_for(2.8), PARAMETERS)


def test_a_classs_share_of_the_risk_is_limited() -> None:
    lines, plan = book_in({"DI1_1Y": 1, "DI1_2Y": 1, "DI1_5Y": -1}, np.eye(3), {})
    most = PARAMETERS.limits.threshold("class_risk_share")
    assert within_limits(lines, plan, 0, nav_for(np.sqrt(3.0) / most * 1.0001), PARAMETERS)
    assert not within_limits(lines, plan, 0, nav_for(np.sqrt(3.0) / most * 0.9999), PARAMETERS)


def test_gross_leverage_counts_both_sides() -> None:
    most = PARAMETERS.limits.threshold("gross_leverage")
    nav = nav_for(1e6)
    exposure = {"DOL": most * nav / 4, "IND": most * nav / 4}
    for scale, inside in ((0.9999, True), (1.0001, False)):
        scaled = {name: value * scale for name, value in exposure.items()}
        lines, plan = book_in({"DOL": 2, "IND": -2}, np.eye(2), scaled)
        assert within_limits(lines, plan, 0, nav, PARAMETERS) is inside
