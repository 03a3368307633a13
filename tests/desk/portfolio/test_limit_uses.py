"""What lots use of the limits on sizes: shares of risk by line and class, and what the whole book uses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desk.arrays import FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.portfolio.package_limits import ContractUses
from desk.portfolio.size import limit_uses, risk_contributions
from desk.portfolio.sizing_plan import SizingPlan
from tests.desk.portfolio.plans import plan_of

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
RULES = PARAMETERS.portfolio


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
    nothing, losses = np.zeros_like(gross), np.zeros((len(gross), 1, len(IDS)))
    return lines, replace(plan, uses=ContractUses(matrix, gross, nothing, nothing, losses, plan.uses.most))


def nav_for(budget: float) -> float:
    """The NAV whose target risk of one day is `budget` BRL."""
    return float(budget * np.sqrt(252) / RULES.target_volatility)


def inside_limits(lines: IntArray, plan: SizingPlan, row: int, nav: float, parameters: DeskParameters) -> bool:
    return bool(limit_uses(lines, plan, row, nav, parameters).max() <= 1.0)


def test_the_lines_that_pass_a_limit_are_named() -> None:
    """A line for its own share, every line of a class for the class's, all for the gross exposure."""
    own, plan = book_in({"DOL": -30, "DI1_2Y": 1}, np.diag([100.0, 1.0]), {})
    over = limit_uses(own, plan, 0, nav_for(400.0), PARAMETERS) > 1.0
    assert [name for name, is_over in zip(IDS, over, strict=True) if is_over] == ["DOL"]
    many, plan = book_in({"DI1_1Y": 1, "DI1_2Y": 1, "DI1_5Y": 1, "DOL": 1}, np.eye(4), {})
    over = limit_uses(many, plan, 0, nav_for(2.5), PARAMETERS) > 1.0
    rates = {item.id for item in PARAMETERS.instruments if item.asset_class == "Rates"}
    assert {name for name, is_over in zip(IDS, over, strict=True) if is_over} == rates
    nav = nav_for(1e6)
    gross, plan = book_in({"DOL": 1}, np.eye(1), {"DOL": nav * 10.0})
    assert (limit_uses(gross, plan, 0, nav, PARAMETERS) > 1.0).all()


def test_one_lines_share_of_the_risk_is_limited() -> None:
    lines, plan = book_in({"DOL": -3}, np.array([[100.0]]), {"DOL": 1.0})
    most = PARAMETERS.limits.threshold("instrument_risk_share")
    assert inside_limits(lines, plan, 0, nav_for(30.0 / most * 1.0001), PARAMETERS)
    assert not inside_limits(lines, plan, 0, nav_for(30.0 / most * 0.9999), PARAMETERS)


def test_a_hedges_share_of_the_risk_is_limited_by_its_size() -> None:
    """Four lines of four classes at 21% of the risk each, and a hedge of all at -31%."""
    names = ["DI1_2Y", "IND", "DDI_2Y", "SOV_BR_5Y", "DOL"]
    covariance = np.eye(5)
    covariance[4, :4] = covariance[:4, 4] = 0.45
    lines, plan = book_in(dict(zip(names, [1, 1, 1, 1, -1], strict=True)), covariance, {})
    shares = risk_contributions(lines, plan.matrix[0]) / 2.2
    assert shares.max() < PARAMETERS.limits.threshold("instrument_risk_share") < -shares.min()
    assert not inside_limits(lines, plan, 0, nav_for(2.2), PARAMETERS)
    assert inside_limits(lines, plan, 0, nav_for(2.8), PARAMETERS)


def test_a_classs_share_of_the_risk_is_limited() -> None:
    lines, plan = book_in({"DI1_1Y": 1, "DI1_2Y": 1, "DI1_5Y": -1}, np.eye(3), {})
    most = PARAMETERS.limits.threshold("class_risk_share")
    assert inside_limits(lines, plan, 0, nav_for(np.sqrt(3.0) / most * 1.0001), PARAMETERS)
    assert not inside_limits(lines, plan, 0, nav_for(np.sqrt(3.0) / most * 0.9999), PARAMETERS)


def test_gross_leverage_counts_both_sides() -> None:
    most = PARAMETERS.limits.threshold("gross_leverage")
    nav = nav_for(1e6)
    exposure = {"DOL": most * nav / 4, "IND": most * nav / 4}
    for scale, inside in ((0.9999, True), (1.0001, False)):
        scaled = {name: value * scale for name, value in exposure.items()}
        lines, plan = book_in({"DOL": 2, "IND": -2}, np.eye(2), scaled)
        assert inside_limits(lines, plan, 0, nav, PARAMETERS) is inside


def used_by(contracts: dict[str, int], plan: SizingPlan, nav: float, **uses: FloatArray) -> float:
    lines = np.zeros(len(IDS), dtype=np.int64)
    lines[[IDS.index(name) for name in contracts]] = list(contracts.values())
    return float(limit_uses(lines, replace(plan, uses=replace(plan.uses, **uses)), 0, nav, PARAMETERS).max())


def test_face_margin_and_the_worst_scenario_are_limited_for_the_whole_book() -> None:
    """100 DOL of 3 BRL each in a book of 10,000: face 3%; margin the same; 300 BRL lost in the second scenario."""
    _, plan = book_in({}, np.zeros((0, 0)), {})
    thresholds = {
        name: PARAMETERS.limits.threshold(name) for name in ("gross_face", "stressed_margin", "worst_scenario")
    }
    three = np.full_like(plan.volatility, 3.0)
    assert used_by({"DOL": -100}, plan, 1e4, face=three) == pytest.approx(0.03 / thresholds["gross_face"])
    assert used_by({"DOL": 100}, plan, 1e4, margin=three) == pytest.approx(0.03 / thresholds["stressed_margin"])
    losses = np.stack([-three, three], axis=1)
    assert used_by({"DOL": 100}, plan, 1e4, losses=losses) == pytest.approx(0.03 / thresholds["worst_scenario"])
    both = used_by({"DOL": 100}, plan, 1e4, losses=losses, margin=three * 20.0)
    assert both == pytest.approx((0.6 + 0.03) / thresholds["stressed_margin"])
    only_gains = used_by({"DOL": 100}, plan, 1e4, losses=-np.stack([three, three], axis=1))
    assert only_gains == 0.0
