"""A strategy's package: neutral as declared, of unit risk, whole or not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadCatalog
from desk.portfolio.covariance import quadratic_form
from desk.portfolio.market_levels import read_market
from desk.portfolio.packages import PackageTerms, imbalance, legs_on_side, measure_of, package_terms, unit_packages
from desk.portfolio.sizing_plan import plan_book
from desk.strategies import STRATEGIES
from desk.strategies.base import Leg
from tests.desk.portfolio.panels import make_values

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
TERMS = package_terms(STRATEGIES)
MARKET = read_market(make_values(150))
PLAN = plan_book(MARKET, np.full((len(MARKET), len(TERMS)), np.nan), TERMS, PARAMETERS, 147)
FLATTENER = (Leg("DI1_5Y", 1.0), Leg("DI1_2Y", -1.0))


def units(terms: tuple[PackageTerms, ...], side: float = 1.0, volatility: FloatArray = PLAN.volatility) -> FloatArray:
    sides = np.full((len(PLAN), len(terms)), side)
    return unit_packages(terms, sides, PLAN.quotes, volatility, PLAN.matrix, PARAMETERS)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_every_strategys_package_has_unit_risk_its_sides_and_its_neutrality(side: float) -> None:
    found = units(TERMS, side)
    for place, terms in enumerate(TERMS):
        legs = found[:, place]
        np.testing.assert_allclose(quadratic_form(legs, PLAN.matrix), 1.0)
        requested = {leg.instrument: np.sign(leg.sign) for leg in legs_on_side(terms, side, PARAMETERS)}
        assert {IDS[column]: np.sign(legs[0, column]) for column in np.flatnonzero(legs[0])} == requested
        if terms.neutrality == "dv01":
            dv01 = (legs * np.nan_to_num(PLAN.quotes.dv01)).sum(axis=1)
            np.testing.assert_allclose(dv01, 0.0, atol=1e-9)
        else:
            risks = np.abs(legs * np.nan_to_num(PLAN.volatility))
            shares = risks[:, np.flatnonzero(legs[0])]
            np.testing.assert_allclose(shares, shares[:, :1] * np.ones(shares.shape[1]), err_msg="equal volatility")
    assert sum(terms.neutrality == "dv01" for terms in TERMS) == 8


def test_a_breakeven_is_no_bet_on_the_level_of_rates() -> None:
    """One basis point more on both curves costs a DV01-neutral package nothing: what the main leg loses the hedge
    gains."""
    (legs,) = units((TERMS[[terms.id for terms in TERMS].index("INF_IPCA_SURPRISE")],)).transpose(1, 0, 2)
    dv01 = legs[0] * np.nan_to_num(PLAN.quotes.dv01[0])
    main, hedge = dv01[IDS.index("DAP_2Y")], dv01[IDS.index("DI1_2Y")]
    assert main > 0 > hedge
    assert -hedge / main == pytest.approx(1.0)


def test_a_beta_neutral_package_does_not_move_with_its_short_side() -> None:
    (legs,) = units((PackageTerms("P", "Rates", "beta", FLATTENER),)).transpose(1, 0, 2)
    short = np.minimum(legs, 0.0)
    covariance = np.einsum("rn,rnm,rm->r", legs, PLAN.matrix, short)
    np.testing.assert_allclose(covariance, 0.0, atol=1e-9)
    assert (short.sum(axis=1) < 0).all()


def test_a_cash_neutral_package_has_the_same_money_on_both_sides() -> None:
    (legs,) = units((PackageTerms("P", "Rates", "cash", (Leg("DAP_5Y", 1.0), Leg("DI1_5Y", -1.0))),)).transpose(1, 0, 2)
    money = legs * np.nan_to_num(PLAN.quotes.value)
    np.testing.assert_allclose(money.sum(axis=1), 0.0, atol=1e-6)
    assert np.abs(money).max() > 1.0


def test_a_package_with_a_leg_that_cannot_be_sized_is_not_formed() -> None:
    spread, lone = PackageTerms("P", "Rates", "dv01", FLATTENER), PackageTerms("Q", "Rates", "outright", FLATTENER[:1])
    for volatility in (np.nan, 0.0, 1e-9):
        frozen = PLAN.volatility.copy()
        frozen[1, IDS.index("DI1_2Y")] = volatility
        found = units((spread, lone), volatility=frozen)
        assert np.isnan(found[1, 0]).all(), "never one leg"
        assert np.isfinite(found[[0, 2], 0]).all()
        assert np.isfinite(found[:, 1]).all(), "the other package does not need it"


def test_imbalance_is_the_difference_over_the_mean_of_the_sides() -> None:
    terms = PackageTerms("P", "Rates", "dv01", FLATTENER)
    legs = units((terms,))[:, 0]
    measure = measure_of(terms, legs, PLAN.quotes, PLAN.matrix)
    assert measure is not None
    np.testing.assert_allclose(imbalance(legs, measure), 0.0, atol=1e-12)
    np.testing.assert_allclose(imbalance(np.where(legs < 0, legs * 1.1, legs), measure), 0.1 / 1.05)
    np.testing.assert_allclose(imbalance(np.maximum(legs, 0.0), measure), 2.0)
    assert imbalance(np.zeros_like(legs), measure).tolist() == [0.0] * 3
    assert measure_of(replace(terms, neutrality="outright"), legs, PLAN.quotes, PLAN.matrix) is None


def test_a_neutral_package_needs_both_sides() -> None:
    class Lone(type(STRATEGIES[0])):  # type: ignore[misc]
        neutrality = "dv01"

    with pytest.raises(BadCatalog, match="needs legs on both sides"):
        package_terms([Lone()])


def test_a_short_cash_bond_is_its_future() -> None:
    terms = TERMS[[terms.id for terms in TERMS].index("INF_BREAKEVEN_FOCUS")]
    assert [leg.instrument for leg in legs_on_side(terms, 1.0, PARAMETERS)] == ["NTNB_2030", "DI1_4Y"]
    assert legs_on_side(terms, -1.0, PARAMETERS) == (Leg("DAP_5Y", -1.0), Leg("DI1_4Y", 1.0))
