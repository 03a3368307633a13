"""What a held contract earns while nothing moves, what a coupon day does, and how a bond ends."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.calendars import Days
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import run_book
from desk.portfolio.contract_terms import coupons_paid, remaining_payments, terms_of
from desk.portfolio.contracts import map_contracts
from desk.portfolio.fill_prices import funding_growth
from desk.portfolio.market_levels import Market, read_market
from desk.portfolio.pnl_explain import PRICE_FACTORS, ContractMove, contract_moves
from tests.desk.portfolio.panels import LONE, make_values, one_view

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
TERMS = terms_of(PARAMETERS.instruments)
RATES = {"pre": 0.12, "real": 0.06, "cupom": 0.05, "ust": 0.04}


def still_market(count: int, last: dt.date) -> Market:
    """Every rate flat and every price the same, day after day."""
    values = make_values(count, last=last)
    flat = {name: RATES[name.split("_")[0]] for name in values.columns if name.split("_")[0] in RATES}
    flat |= {"usdbrl": 5.0, "ibovespa": 130_000.0, "ipca_index_pro_rata": 7_000.0, "usd_short_rate": 0.03}
    flat |= {"usd_overnight": 0.025, "cdi": 0.10}
    return read_market(values.with_columns(pl.lit(value).alias(name) for name, value in flat.items()))


def one_move(market: Market, row: int) -> tuple[ContractMove, Days]:
    growth = funding_growth(TERMS, market)
    maturity = map_contracts(PARAMETERS.instruments, market.days).maturity[[row - 1]]
    return contract_moves(TERMS, market, np.array([row - 1]), np.array([row]), maturity, growth), maturity


def earned(name: str, market: Market, row: int = 3) -> float:
    move, _ = one_move(market, row)
    assert move.price[0, IDS.index(name)] == pytest.approx(0.0, abs=1e-6)
    return float(move.carry[0, IDS.index(name)])


def test_carry_of_rates_that_stay() -> None:
    """A day's excess over the money that it ties up: by hand, per contract in BRL."""
    market = still_market(10, dt.date(2026, 6, 30))
    days = float((market.valuation[3] - market.valuation[2]).astype(int))
    assert earned("UST_10Y", market) / 5 == pytest.approx(
        100_000 * (1.02 ** (2 * days / 365.25) - 1 - 0.025 * days / 360)
    ), "financed overnight"
    assert earned("SOV_BR_5Y", market) / 5 == pytest.approx(1e6 * 0.01 * days / 360)
    one_day = 1.12 ** (1 / 252) - 1.10 ** (1 / 252)
    left = remaining_payments(TERMS, market.valuation[[2]], one_move(market, 3)[1])
    years = left.bd[0, IDS.index("DI1_5Y")] / 252
    assert earned("DI1_5Y", market) == pytest.approx(1e5 / 1.12**years * one_day, rel=1e-6)
    assert earned("DDI_2Y", market) > 0, "cupom above the short dollar rate"
    assert earned("NTNB_2035", market) < 0, "6% without inflation against CDI at 10%"


def test_a_coupon_day_earns_like_any_other() -> None:
    """15 May 2026 is a Friday: the price falls by the coupon, the holder has it, and the day's carry is as usual."""
    market = still_market(40, dt.date(2026, 6, 10))
    row = int(np.flatnonzero(market.valuation == np.datetime64("2026-05-15"))[0])
    bond, span = IDS.index("NTNB_2035"), slice(row - 1, row + 1)
    paid = coupons_paid(TERMS, market.valuation[span][:1], market.valuation[span][1:])[0]
    assert paid[bond] == pytest.approx(1.06**0.5 - 1)
    assert paid[IDS.index("NTNB_2030")] == 0
    usual, coupon = earned("NTNB_2035", market, row - 3), earned("NTNB_2035", market, row)
    assert coupon == pytest.approx(usual, rel=0.05)


def test_factors_are_parts_of_the_price_and_inflation_of_the_carry() -> None:
    market = read_market(make_values(12))
    move, _ = one_move(market, 5)
    rest = move.price[0] - move.factors[0].sum(axis=0)
    assert (np.abs(rest) <= 0.02 * np.abs(move.factors[0]).sum(axis=0) + 1e-6).all()
    own = {"DI1_5Y": "DI", "DAP_5Y": "REAL", "DDI_5Y": "CUPOM", "UST_5Y": "UST", "DOL": "FX", "IND": "EQUITY"}
    for name, factor in own.items():
        sizes = np.abs(move.factors[0][:, IDS.index(name)])
        assert PRICE_FACTORS[int(sizes.argmax())] == factor
    grown = market.levels.spots[5, 3] / market.levels.spots[4, 3] - 1
    assert move.inflation[0, IDS.index("NTNB_2035")] == pytest.approx(grown * 4_000, rel=0.2)
    assert move.inflation[0, IDS.index("DI1_5Y")] == 0


def test_a_bond_is_redeemed_and_leaves_the_book() -> None:
    """NTN-B 2030, paid on 15 August 2030: held to the end, it pays what it is worth and costs nothing to leave."""
    values = make_values(170, last=dt.date(2030, 8, 27))
    view = one_view("NTNB_2030", 0.9, values)
    book = run_book(values, view, LONE, PARAMETERS, values["day"][-20])
    line = book["target_position"].filter(pl.col("instrument_id") == "NTNB_2030")
    assert line["contracts"][0] > 0
    assert line["contracts"][-1] == line["contracts_before"][-1] == 0
    pnl = book["pnl_attribution"].filter(pl.col("instrument_id") == "NTNB_2030")
    on = line["as_of"].to_list().index(decision_time(dt.date(2030, 8, 16)))
    held, price = pnl["contracts"][on], line["notional_brl"][on - 2] / line["contracts"][on - 2]
    assert held > 0
    assert abs(pnl["pnl_brl"][on]) < 0.005 * held * price, "worth its redemption the day before"
    assert pnl["cost_brl"][on:].sum() == 0
