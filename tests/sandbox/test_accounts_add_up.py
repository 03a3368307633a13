"""Accounting identities hold in the sandbox to the last digit; peers move with the markets that they follow."""

from __future__ import annotations

import numpy as np
import pytest

from desk.catalog import load_catalog
from sandbox.economy import Economy, simulate
from sandbox.releases.brazil_accounts import gdp_months, twelve_month_sum
from sandbox.releases.brazil_prices import ADMINISTERED, TRADABLE
from sandbox.world import series_factories

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def economy() -> Economy:
    return simulate(7, 2026)


def released(economy: Economy, name: str, *, first: bool = False) -> np.ndarray:
    numbers = series_factories()[name](economy)
    values = numbers.first if first else numbers.values
    assert values is not None
    return values


@pytest.mark.parametrize("first", [False, True])
def test_exports_less_imports_is_the_trade_balance(economy: Economy, first: bool) -> None:
    exports = released(economy, "exports_bop")
    imports, trade = (released(economy, name, first=first) for name in ("imports_bop", "trade_balance"))
    np.testing.assert_allclose(exports - imports, trade, atol=0.051)


def test_the_current_account_is_its_parts(economy: Economy) -> None:
    parts = sum(released(economy, name) for name in ("trade_balance", "services_balance", "primary_income"))
    np.testing.assert_allclose(released(economy, "current_account") - parts, 250.0, atol=0.2)


def test_the_nominal_need_is_the_primary_need_and_interest(economy: Economy) -> None:
    parts = released(economy, "primary_need_12m_gdp") + released(economy, "interest_12m_gdp")
    np.testing.assert_allclose(released(economy, "nominal_need_12m_gdp"), parts, atol=0.006)


def test_twelve_primary_flows_are_the_twelve_month_need(economy: Economy) -> None:
    share = 100.0 * twelve_month_sum(released(economy, "primary_need_month")) / twelve_month_sum(gdp_months(economy))
    np.testing.assert_allclose(share, released(economy, "primary_need_12m_gdp")[11:], atol=0.001)


def test_the_cuts_of_the_ipca_make_the_ipca(economy: Economy) -> None:
    administered, free = released(economy, "ipca_administered_mom"), released(economy, "ipca_free_mom")
    headline = ADMINISTERED * administered + (1.0 - ADMINISTERED) * free
    np.testing.assert_allclose(headline, released(economy, "ipca_mom"), atol=0.011)
    tradables, others = released(economy, "ipca_tradables_mom"), released(economy, "ipca_nontradables_mom")
    np.testing.assert_allclose(TRADABLE * tradables + (1.0 - TRADABLE) * others, free, atol=0.011)


def test_the_igp_di_is_its_three_parts(economy: Economy) -> None:
    parts = sum(
        share * released(economy, name) for name, share in (("ipa_mom", 0.6), ("ipc_br_mom", 0.3), ("incc_mom", 0.1))
    )
    np.testing.assert_allclose(parts, released(economy, "igpdi_mom"), atol=0.011)


def test_slopes_and_ranges_are_those_of_the_rates(economy: Economy) -> None:
    slope = released(economy, "dgs10") - released(economy, "dgs2")
    np.testing.assert_allclose(released(economy, "us_curve_10y2y"), slope, atol=1e-9)
    upper, lower = released(economy, "fed_target_upper"), released(economy, "fed_target_lower")
    np.testing.assert_allclose(upper - lower, 0.25, atol=1e-9)
    effective = released(economy, "fed_funds_effective")
    assert ((lower - 0.02 <= effective) & (effective <= upper + 0.02)).mean() > 0.99


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ("eem", "spx", 0.4, 0.95),
        ("eww", "mxn", -0.95, -0.3),
        ("ewz", "eem", 0.2, 0.95),
        ("emlc", "brl", -0.95, -0.2),
        ("petrobras", "ibov", 0.4, 0.95),
        ("petrobras", "brent", 0.1, 0.9),
        ("dba", "soybean", 0.3, 0.95),
        ("silver", "gold", 0.1, 0.9),
        ("russell", "spx", 0.6, 0.99),
        ("ust_10y", "tlt", 0.5, 1.0),
    ],
)
def test_peers_are_correlated_with_their_reference_market(
    economy: Economy, one: str, other: str, low: float, high: float
) -> None:
    moves = [np.diff(np.log(economy.assets[name])) for name in (one, other)]
    assert low < np.corrcoef(np.stack(moves))[0, 1] < high


def test_the_catalogue_holds_at_least_250_complete_series() -> None:
    assert len(CATALOG.series) >= 250
    for series in CATALOG.series.values():
        assert series.name, series.id
        assert series.unit, series.id
        assert series.owner != "desk", f"{series.id} has no owner"
        assert not series.verified, f"{series.id}: only a live catalogue check may say so"
        oldest = {"D": 25, "W": 35, "M": 160, "Q": 260}[series.frequency]
        assert series.max_age_days <= oldest, f"{series.id} would be shown as fresh for too long"
