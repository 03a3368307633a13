"""Pricing against ANBIMA's and B3's published numbers, DV01 two ways, and signs."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import MissingInput
from desk.portfolio.contracts import map_contracts
from desk.portfolio.market import Levels, no_moves, read_market
from desk.portfolio.pricing import contract_value, quote, remaining, scenario_pnl, terms_of
from desk.transforms.curves import VERTICES, flat_forward
from tests.desk.portfolio.panels import make_values

PARAMETERS = load_desk_parameters()
TERMS = terms_of(PARAMETERS.instruments)
IDS = PARAMETERS.instrument_ids
MARKET = read_market(make_values(60))
MATURITY = map_contracts(PARAMETERS.instruments, MARKET.days).maturity


def flat_levels(pre: float, real: float = 0.06) -> Levels:
    curve = np.concatenate([np.full(len(VERTICES), pre), np.full(len(VERTICES), real)])
    return Levels(curve[None, :], np.array([[1.0, 5.0, 130_000.0, 7_000.0]]), np.array([0.04]))


def test_a_unit_price_is_anbimas() -> None:
    """LTN of 5 Jul 2024 to 1 Jan 2030: 1,374 business days at 12.145% is 535.279902 per 1,000 (ANBIMA, truncated)."""
    bd = np.full((1, len(IDS)), 1374.0)
    value = contract_value(TERMS, flat_levels(0.12145), bd, bd)
    assert value[0, IDS.index("DI1_5Y")] / 100 == pytest.approx(535.279902, abs=1e-6)


def test_values_by_hand() -> None:
    bd, cd = np.full((1, len(IDS)), 126.0), np.full((1, len(IDS)), 180.0)
    value = dict(zip(IDS, contract_value(TERMS, flat_levels(0.21, 0.1025), bd, cd)[0], strict=True))
    assert value["DI1_1Y"] == pytest.approx(100_000 / 1.1)
    assert value["DAP_2Y"] == pytest.approx(100_000 / 1.05 * 0.00025 * 7_000)
    assert value["DOL"] == pytest.approx(50_000 * 5 * 1.1 / 1.02)
    assert value["IND"] == pytest.approx(130_000 * 1.1)


def test_rates_are_the_curves_flat_forward() -> None:
    bd, _ = remaining(MARKET.valuation, MATURITY)
    quotes = quote(TERMS, MARKET.levels, MARKET.valuation, MATURITY)
    pre = flat_forward(VERTICES, MARKET.levels.curves[:, : len(VERTICES)], bd, flat_below=True, forward_above=1.06)
    real = flat_forward(VERTICES, MARKET.levels.curves[:, len(VERTICES) :], bd)
    expected = np.where(TERMS.curve_offset > 0, real, pre)
    np.testing.assert_allclose(quotes.rate, expected, rtol=0, atol=1e-14)
    assert np.isfinite(quotes.value).all()


def test_dv01_by_formula_is_dv01_by_bump() -> None:
    quotes = quote(TERMS, MARKET.levels, MARKET.valuation, MATURITY)
    bd, _ = remaining(MARKET.valuation, MATURITY)
    bump = 1e-4
    for column in np.flatnonzero(TERMS.funded):
        years, rate, par = bd[:, column] / 252, quotes.rate[:, column], TERMS.par_value[column]
        spot = MARKET.levels.spots[:, TERMS.spot[column]]
        down, up = (par * spot / (1 + rate + h) ** years for h in (-bump, bump))
        np.testing.assert_allclose((down - up) / 2, quotes.dv01[:, column], rtol=1e-6)


def test_a_known_dv01() -> None:
    """LTN 1 Jan 2032 at 15.097% on 26 Mar 2025: 0.226906 per bond of 1,000 (B3 Tesouro material), 1,703 business days.

    One basis point as a finite move of the price, so within the curvature of half a bp."""
    valuation = np.array(["2025-03-26"], dtype="datetime64[D]")
    maturity = np.full((1, len(IDS)), np.datetime64("2032-01-01"))
    dv01 = quote(TERMS, flat_levels(0.15097), valuation, maturity).dv01[0, IDS.index("DI1_5Y")] / 100
    assert dv01 == pytest.approx(0.226906, abs=2e-4)


@pytest.mark.parametrize("kind", ["pre", "real", "usdbrl", "ibovespa"])
def test_signs_follow_from_the_value(kind: str) -> None:
    moves = no_moves(1)
    half = len(VERTICES)
    if kind == "pre":
        moves.curves[..., :half] = 0.01
    elif kind == "real":
        moves.curves[..., half:] = 0.01
    else:
        moves.spots[..., 1 if kind == "usdbrl" else 2] = 1.01
    pnl = dict(zip(IDS, scenario_pnl(TERMS, MARKET.levels, moves, MARKET.valuation, MATURITY)[-1, 0], strict=True))
    expected = {
        "pre": {name: -1 if name.startswith("DI1") else 0 if name.startswith("DAP") else 1 for name in IDS},
        "real": {name: -1 if name.startswith("DAP") else 0 for name in IDS},
        "usdbrl": {name: int(name == "DOL") for name in IDS},
        "ibovespa": {name: int(name == "IND") for name in IDS},
    }[kind]
    assert {name: int(np.sign(value)) for name, value in pnl.items()} == expected


@given(st.floats(-0.02, 0.02), st.floats(-0.2, 0.2))
def test_no_move_no_pnl_and_a_move_back_undoes_it(rate: float, fx: float) -> None:
    moves = no_moves(2)
    moves.curves[:, 0] = rate
    moves.spots[:, 0, 1] = 1 + fx
    rows = slice(-1, None)
    pnl = scenario_pnl(TERMS, MARKET.levels[rows], moves, MARKET.valuation[rows], MATURITY[rows])
    assert (pnl[:, 1] == 0).all()
    there = MARKET.levels[rows].shocked(moves)
    there = Levels(there.curves[:, 0], there.spots[:, 0], there.usd_short[:, 0])
    back = no_moves(1)
    back.curves[:] = -rate
    back.spots[..., 1] = 1 / (1 + fx)
    returned = scenario_pnl(TERMS, there, back, MARKET.valuation[rows], MATURITY[rows])
    np.testing.assert_allclose(pnl[:, 0] + returned[:, 0], 0, atol=1e-6)


def test_an_unknown_level_makes_only_its_contracts_unknown() -> None:
    levels = dataclasses.replace(MARKET.levels, curves=MARKET.levels.curves.copy(), spots=MARKET.levels.spots.copy())
    levels.curves[:, len(VERTICES) - 1] = np.nan  # PRE at 2,520
    levels.spots[:, 2] = np.nan
    value = quote(TERMS, levels, MARKET.valuation, MATURITY).value[-1]
    assert {name for name, v in zip(IDS, value, strict=True) if np.isnan(v)} == {"DI1_10Y", "IND"}


def test_a_panel_without_a_column_is_refused_by_name() -> None:
    with pytest.raises(MissingInput, match=r"lacks pre_252, usdbrl"):
        read_market(make_values(10).drop("usdbrl", "pre_252"))
