"""Sizing: how much of a change repays its cost, whole lots, limits, and the plan that convictions make."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadInput
from desk.portfolio.market_levels import read_market
from desk.portfolio.package_limits import class_index
from desk.portfolio.size import (
    no_trade_width,
    risk_contributions,
    round_to_lots,
    shares_worth_trading,
)
from desk.portfolio.sizing_plan import SizingPlan, plan_book
from tests.desk.portfolio.panels import LONE, make_values
from tests.desk.portfolio.plans import FIRST, MARKET, plan_of

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
RULES = PARAMETERS.portfolio
AVERSION, NAV, DAYS = 0.5 / 0.08, 1e8, 63.0
PRICE = 0.5 * AVERSION / NAV
NEVER = np.zeros(2, dtype=np.bool_)


def shares(
    matrix: FloatArray, cost: FloatArray, mandatory: BoolArray = NEVER, days: FloatArray | None = None
) -> FloatArray:
    return shares_worth_trading(
        matrix, mandatory, cost, NAV, AVERSION, np.full(len(cost), DAYS) if days is None else days
    )


def test_a_change_is_made_as_far_as_the_next_bit_is_worth_its_cost() -> None:
    """One change alone: of a risk of d BRL a day it leaves the part r at which 2 price d^2 r days = cost."""
    loss = PRICE * DAYS * 400_000.0**2
    matrix = np.diag([400_000.0**2, 2_000.0**2])
    done = shares(matrix, np.array([loss / 2.0, 1e4]))
    assert done == pytest.approx([0.75, 0.0])
    assert shares(matrix, np.array([2.0 * loss, 0.0])) == pytest.approx([0.0, 1.0])
    assert shares(np.zeros((2, 2)), np.array([5.0, 0.0])) == pytest.approx([0.0, 1.0]), "no risk is worth no cost"


def test_a_view_that_fades_sooner_is_chased_less() -> None:
    matrix, cost = np.diag([400_000.0**2, 400_000.0**2]), np.full(2, PRICE * 400_000.0**2 * 10.0)
    done = shares(matrix, cost, days=np.array([63.0, 10.0]))
    assert done == pytest.approx([1.0 - 10.0 / 126.0, 0.5])
    assert shares(matrix, cost, days=np.array([5.0, 4.0])) == pytest.approx([0.0, 0.0])


def test_changes_that_hedge_each_other_are_made_together_or_not_at_all() -> None:
    hedged = np.array([[1.0, -0.99], [-0.99, 1.0]])
    drift, spread = hedged * (900 * 200.0) ** 2, hedged * (20_000 * 200.0) ** 2
    assert shares(drift, np.full(2, 900 * 7.0)) == pytest.approx([0.0, 0.0], abs=1e-2), "the risk did not change"
    together = shares(spread, np.full(2, 1e4))
    assert together[0] == pytest.approx(together[1], abs=1e-3)
    assert together[0] > 0.9, "each alone would be a new risk"


def test_a_mandatory_change_is_made_whatever_it_costs_and_the_others_hedge_it() -> None:
    hedged = np.array([[1.0, -0.99], [-0.99, 1.0]]) * (20_000 * 200.0) ** 2
    done = shares(hedged, np.array([1e9, 10.0]), np.array([True, False]))
    assert done[0] == 1.0
    assert done[1] > 0.99
    alone = shares(hedged, np.array([1e9, 10.0]))
    assert alone.max() < 0.05, "without it the hedge stays too"


def test_the_shares_are_those_of_another_optimiser() -> None:
    """SciPy's L-BFGS-B on the same convex problem, with its bounds."""
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(60):
        count = int(rng.integers(2, 9))
        factors = rng.normal(0, 1, (count, 3))
        scale = rng.uniform(2e4, 3e5, count)
        matrix = (factors @ factors.T + 0.5 * np.eye(count)) * scale[:, None] * scale[None, :]
        days, cost = rng.uniform(2.0, 63.0, count), rng.uniform(0.0, 4e4, count)
        mandatory = np.asarray(rng.random(count) < 0.15)
        loss = PRICE * matrix * np.sqrt(np.outer(days, days))

        def value(undone: FloatArray, loss: FloatArray = loss, cost: FloatArray = cost) -> float:
            return float(undone @ loss @ undone + (1.0 - undone) @ cost)

        bounds = [(0.0, 0.0 if fixed else 1.0) for fixed in mandatory]
        best = minimize(lambda r, v=value: v(r) / 1e4, np.zeros(count), bounds=bounds, method="L-BFGS-B", tol=1e-12)
        found = shares(matrix, cost, mandatory, days)
        assert value(1.0 - found) <= value(best.x) + 1e-3 * cost.sum()
        assert (found[mandatory] == 1.0).all()
        inside += int(((found > 0.0) & (found < 1.0)).sum())
    assert inside > 100


def test_the_distance_from_the_aim_is_the_cube_root_law() -> None:
    """By hand: (1.5 x 0.03 x 20,000^2 x 1e8 / 6.25)^(1/3) = (2.88e14)^(1/3) = 66,039 BRL."""
    assert no_trade_width(np.array([0.03]), np.array([20_000.0**2]), AVERSION, NAV) == pytest.approx(
        [66_038.5], rel=1e-5
    )
    free = no_trade_width(np.array([0.0, 0.03]), np.array([1.0, 0.0]), AVERSION, NAV)
    assert free.tolist() == [0.0, 0.0], "what costs nothing, or aims at one size, is traded at once"


def test_no_other_distance_costs_less() -> None:
    """An aim that wanders, left alone within a distance and traded to its edge: loss and costs of a long path."""
    moves = np.random.default_rng(1).normal(0.0, 20_000.0, 200_000)
    best = float(no_trade_width(np.array([0.03]), np.array([20_000.0**2]), AVERSION, NAV)[0])

    def loss(width: float) -> float:
        off, total = 0.0, 0.0
        for move in moves.tolist():
            off += move
            traded = max(abs(off) - width, 0.0)
            off = off - traded if off > 0 else off + traded
            total += 0.03 * traded + 0.5 * AVERSION / NAV * off * off
        return total

    at_best = loss(best)
    assert loss(best * 0.5) > at_best * 1.05
    assert loss(best * 2.0) > at_best * 1.05


def test_lots_round_halves_away_from_zero() -> None:
    lots = np.array([5, 5, 1, 1, 5])
    assert round_to_lots(np.array([12.5, -12.5, 0.49, -0.5, 12.4]), lots).tolist() == [15, -15, 0, -1, 10]


@pytest.mark.parametrize("nav", [0.0, -1e8, np.nan, np.inf])
def test_no_order_is_weighed_without_a_nav(nav: float) -> None:
    with pytest.raises(BadInput, match="at a NAV of"):
        no_trade_width(np.ones(1), np.ones(1), 6.0, nav)


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
