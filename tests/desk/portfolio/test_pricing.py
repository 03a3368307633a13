"""Pricing against ANBIMA's and B3's published numbers, DV01 two ways, and signs."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.catalog.desk_parameters import InstrumentKind, load_desk_parameters
from desk.errors import MissingInput
from desk.portfolio.contract_terms import RemainingPayments, remaining_payments, terms_of
from desk.portfolio.contracts import map_contracts
from desk.portfolio.market_levels import (
    CURVE_COLUMNS,
    CURVE_KEYS,
    CURVE_VERTICES,
    IBOVESPA,
    USDBRL,
    Levels,
    curve_slice,
    no_moves,
    read_market,
)
from desk.portfolio.pricing import contract_value, quote
from desk.portfolio.scenario_pnl import scenario_pnl
from desk.transforms.curves import flat_forward
from tests.desk.portfolio.panels import make_values

PARAMETERS = load_desk_parameters()
TERMS = terms_of(PARAMETERS.instruments)
IDS = PARAMETERS.instrument_ids
MARKET = read_market(make_values(60))
MATURITY = map_contracts(PARAMETERS.instruments, MARKET.days).maturity


def flat_levels(pre: float, real: float = 0.06, cupom: float = 0.05, ust: float = 0.04) -> Levels:
    levels = {"pre": pre, "real": real, "cupom": cupom, "ust": ust}
    curve = np.array([levels[name] for name, _ in CURVE_KEYS])
    return Levels(curve[None, :], np.array([[1.0, 5.0, 130_000.0, 7_000.0]]), np.array([0.04]))


def left_of(bd: float, cd: float) -> RemainingPayments:
    """So many days left of every contract, valued on 31 May 2024."""
    left = remaining_payments(TERMS, np.array(["2024-05-31"], dtype="datetime64[D]"), MATURITY[:1])
    return dataclasses.replace(left, bd=np.full_like(left.bd, bd), cd=np.full_like(left.cd, cd))


def test_a_unit_price_is_anbimas() -> None:
    """LTN of 5 Jul 2024 to 1 Jan 2030: 1,374 business days at 12.145% is 535.279902 per 1,000 (ANBIMA, truncated)."""
    value = contract_value(TERMS, flat_levels(0.12145), left_of(1374.0, 1374.0))
    assert value[0, IDS.index("DI1_5Y")] / 100 == pytest.approx(535.279902, abs=1e-6)


def test_values_by_hand() -> None:
    value = dict(zip(IDS, contract_value(TERMS, flat_levels(0.21, 0.1025), left_of(126.0, 180.0))[0], strict=True))
    assert value["DI1_1Y"] == pytest.approx(100_000 / 1.1)
    assert value["DAP_2Y"] == pytest.approx(100_000 / 1.05 * 0.00025 * 7_000)
    assert value["DOL"] == pytest.approx(50_000 * 5 * 1.1 / 1.02)
    assert value["IND"] == pytest.approx(130_000 * 1.1)
    assert value["DDI_1Y"] == pytest.approx(50_000 / 1.025, rel=1e-4), "USD; the cupom is flat but linear"
    assert value["UST_10Y"] == 100_000.0, "at its strike a par bond is worth its face"
    assert value["SOV_BR_5Y"] == 1_000_000.0


def test_an_ntnb_quotation_is_anbimas() -> None:
    """31 May 2024, 15 May 2035, 6.149%: 99.3651 (ANBIMA, truncated). On a flat real curve the yield is its rate."""
    valuation, maturity = np.array(["2024-05-31"], dtype="datetime64[D]"), MATURITY[:1]
    quotes = quote(TERMS, flat_levels(0.11, 0.06149), valuation, maturity)
    bond = IDS.index("NTNB_2035")
    assert int(quotes.price[0, bond] * 1e4) / 1e4 == 99.3651
    assert quotes.rate[0, bond] == pytest.approx(0.06149, abs=1e-12)
    assert quotes.value[0, bond] == pytest.approx(1_000 * 7_000 / 1614.62 * quotes.price[0, bond] / 100)


def test_a_known_treasury() -> None:
    """A ten-year par bond at 4%: modified duration 8.1757 (BKM's table of par bonds: 8.18), USD 81.76 a bp per 100k."""
    quotes = quote(TERMS, flat_levels(0.11), np.array(["2024-05-31"], dtype="datetime64[D]"), MATURITY[:1])
    assert quotes.dv01[0, IDS.index("UST_10Y")] / 5.0 == pytest.approx(81.757, abs=1e-3)
    assert quotes.dv01[0, IDS.index("SOV_BR_5Y")] / 5.0 == pytest.approx(450.0)
    assert quotes.rate[0, IDS.index("SOV_BR_5Y")] == pytest.approx(0.01)


def test_rates_are_the_curves_flat_forward() -> None:
    left = remaining_payments(TERMS, MARKET.valuation, MATURITY)
    quotes = quote(TERMS, MARKET.levels, MARKET.valuation, MATURITY)
    kinds: tuple[tuple[str, InstrumentKind, float], ...] = (("pre", "pre_pu", 1.06), ("real", "real_pu", 1.0))
    for curve, kind, above in kinds:
        columns = TERMS.columns(kind)
        levels = MARKET.levels.curves[:, curve_slice(curve)]
        expected = flat_forward(
            CURVE_VERTICES[curve], levels, left.bd[:, columns], flat_below=True, forward_above=above
        )
        np.testing.assert_allclose(quotes.rate[:, columns], expected, rtol=0, atol=1e-14)
    assert np.isfinite(quotes.value).all()


RATE_CURVES = {"NTNB": "real", "UST": "ust", "SOV": "cupom"}


def curve_move(curve: str, size: float) -> Levels:
    moves = no_moves(1)
    moves.curves[..., curve_slice(curve)] = size
    return moves


@pytest.mark.parametrize("name", [name for name in IDS if name not in ("DOL", "IND")])
def test_dv01_by_formula_is_dv01_by_bump(name: str) -> None:
    """A zero's own rate for DI1, DAP and DDI, which sit between vertices; else the curve in parallel, repriced."""
    quotes = quote(TERMS, MARKET.levels, MARKET.valuation, MATURITY)
    left = remaining_payments(TERMS, MARKET.valuation, MATURITY)
    column, bump, kind = IDS.index(name), 1e-6, TERMS.kinds[IDS.index(name)]
    rate, years, days = quotes.rate[:, column], left.bd[:, column] / 252, left.cd[:, column]
    if kind in ("pre_pu", "real_pu"):
        scale = TERMS.par_value[column] * MARKET.levels.spots[:, TERMS.spot[column]]
        down, up = (scale / (1 + rate + h) ** years for h in (-bump, bump))
    elif kind == "cupom_pu":
        scale = 50_000 * MARKET.levels.spots[:, USDBRL]
        down, up = (scale / (1 + (rate + h) * days / 360) for h in (-bump, bump))
    else:
        own = RATE_CURVES[name.split("_")[0]]
        moved = [
            scenario_pnl(TERMS, MARKET.levels, curve_move(own, h), MARKET.valuation, MATURITY) for h in (-bump, bump)
        ]
        down, up = (pnl[:, 0, column] for pnl in moved)
    np.testing.assert_allclose((down - up) / 2 / bump * 1e-4, quotes.dv01[:, column], rtol=1e-6)


def test_a_known_dv01() -> None:
    """LTN 1 Jan 2032 at 15.097% on 26 Mar 2025: 0.226906 per bond of 1,000 (B3 Tesouro material), 1,703 business days.

    One basis point as a finite move of the price, so within the curvature of half a bp."""
    valuation = np.array(["2025-03-26"], dtype="datetime64[D]")
    maturity = np.full((1, len(IDS)), np.datetime64("2032-01-01"))
    dv01 = quote(TERMS, flat_levels(0.15097), valuation, maturity).dv01[0, IDS.index("DI1_5Y")] / 100
    assert dv01 == pytest.approx(0.226906, abs=2e-4)


LOSERS = {
    "pre": ("DI1",),
    "real": ("DAP", "NTNB"),
    "cupom": ("DDI", "SOV"),
    "ust": ("UST",),
}


@pytest.mark.parametrize("kind", ["pre", "real", "cupom", "ust", "usdbrl", "ibovespa"])
def test_signs_follow_from_the_value(kind: str) -> None:
    """A receiver loses when its own rates rise; protection sold gains when Treasuries rise against the cupom."""
    if kind in CURVE_VERTICES:
        moves = curve_move(kind, 0.01)
    else:
        moves = no_moves(1)
        moves.spots[..., USDBRL if kind == "usdbrl" else IBOVESPA] = 1.01
    pnl = dict(zip(IDS, scenario_pnl(TERMS, MARKET.levels, moves, MARKET.valuation, MATURITY)[-1, 0], strict=True))
    expected = {name: -int(name.startswith(LOSERS.get(kind, ("-",)))) for name in IDS}
    if kind == "pre":
        expected |= {"DOL": 1, "IND": 1}
    elif kind == "ust":
        expected |= {"SOV_BR_5Y": 1}
    elif kind in ("usdbrl", "ibovespa"):
        expected |= {"DOL" if kind == "usdbrl" else "IND": 1}
    assert {name: int(np.sign(value)) for name, value in pnl.items()} == expected


def test_gains_in_dollars_settle_at_the_days_ptax() -> None:
    """The same fall of the cupom earns 10% more when the dollar is worth 10% more; alone, the dollar earns nothing."""
    plain, dearer = curve_move("cupom", -0.01), curve_move("cupom", -0.01)
    dearer.spots[..., USDBRL] = 1.10
    gains = [scenario_pnl(TERMS, MARKET.levels, m, MARKET.valuation, MATURITY)[-1, 0] for m in (plain, dearer)]
    column = IDS.index("DDI_2Y")
    assert gains[0][column] > 0
    assert gains[1][column] == pytest.approx(1.10 * gains[0][column])


@given(st.floats(-0.02, 0.02), st.floats(-0.2, 0.2))
def test_no_move_no_pnl_and_a_move_back_undoes_it(rate: float, fx: float) -> None:
    """Of what settles in BRL; a gain in dollars is another number of BRL at another PTAX."""
    moves = no_moves(2)
    moves.curves[:, 0] = rate
    moves.spots[:, 0, 1] = 1 + fx
    rows = slice(-1, None)
    pnl = scenario_pnl(TERMS, MARKET.levels[rows], moves, MARKET.valuation[rows], MATURITY[rows])
    np.testing.assert_allclose(pnl[:, 1], 0, atol=1e-8)
    there = MARKET.levels[rows].shocked(moves)
    there = Levels(there.curves[:, 0], there.spots[:, 0], there.usd_short[:, 0])
    back = no_moves(1)
    back.curves[:] = -rate
    back.spots[..., 1] = 1 / (1 + fx)
    returned = scenario_pnl(TERMS, there, back, MARKET.valuation[rows], MATURITY[rows])
    np.testing.assert_allclose((pnl[:, 0] + returned[:, 0])[:, ~TERMS.in_dollars], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("lost", "unknown"),
    [
        ("pre_2520", {"DI1_10Y", "IND"}),
        ("real_5040", {"NTNB_2045", "IND"}),
        ("cupom_1260", {"DDI_5Y", "SOV_BR_5Y", "IND"}),
        ("ust_2520", {"UST_10Y", "IND"}),
    ],
)
def test_an_unknown_level_makes_only_its_contracts_unknown(lost: str, unknown: set[str]) -> None:
    levels = dataclasses.replace(MARKET.levels, curves=MARKET.levels.curves.copy(), spots=MARKET.levels.spots.copy())
    levels.curves[:, CURVE_COLUMNS.index(lost)] = np.nan
    levels.spots[:, 2] = np.nan
    value = quote(TERMS, levels, MARKET.valuation, MATURITY).value[-1]
    assert {name for name, v in zip(IDS, value, strict=True) if np.isnan(v)} == unknown


def test_a_coupon_before_the_first_known_real_rate_is_discounted_at_it() -> None:
    """The bond keeps its price (ANBIMA's curve begins at half a year); what cannot be priced is a DAP that short."""
    levels = dataclasses.replace(MARKET.levels, curves=MARKET.levels.curves.copy())
    levels.curves[:, CURVE_COLUMNS.index("real_21")] = np.nan
    levels.curves[:, CURVE_COLUMNS.index("real_42")] = np.nan
    known, plain = (quote(TERMS, some, MARKET.valuation, MATURITY).value for some in (levels, MARKET.levels))
    bond = IDS.index("NTNB_2030")
    np.testing.assert_allclose(known[:, bond], plain[:, bond], rtol=1e-3)
    assert np.isfinite(known[:, bond]).all()


def test_a_panel_without_a_column_is_refused_by_name() -> None:
    with pytest.raises(MissingInput, match=r"lacks pre_252, usdbrl"):
        read_market(make_values(10).drop("usdbrl", "pre_252"))
