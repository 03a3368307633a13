"""What orders would make of the book: the words, the sides, and the two books against the risk pass itself."""

from __future__ import annotations

import contextlib
import json
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvorada.cli.what_if_text import lines
from desk.errors import BadInput
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.market_levels import read_market
from desk.portfolio.pricing import quote
from desk.what_if import WhatIf, as_record, compare, parse, read_orders
from desk.what_if.result import DecidedBook
from tests.desk.risk.sample import DAYS, LAST, PARAMETERS, QUICK, VALUES, metric, risk_of, with_contracts

HELD = {"DI1_2Y": -35, "DOL": 20, "NTNB_2035": 100, "DAP_5Y": 10}
TARGETS = with_contracts(HELD)["target_position"].filter(as_of=LAST)
CONTRACT = dict(TARGETS.select("instrument_id", "contract_id").iter_rows())


@cache
def before() -> dict[str, pl.DataFrame]:
    return risk_of(HELD)


def what_if(text: str) -> WhatIf:
    orders = read_orders(parse(text), TARGETS, PARAMETERS, DAYS[-1])
    found = before()
    state = with_contracts(HELD)["portfolio_state"]
    book = DecidedBook(TARGETS, state, found["risk_limits_status"], found["risk_metrics_daily"], found["var_method"])
    return compare(VALUES, book, orders, PARAMETERS)


def figure(found: WhatIf, name: str) -> tuple[float | None, float | None]:
    one = next(item for item in found.figures if item.id == name)
    return one.before, one.after


def totals(frames: dict[str, pl.DataFrame]) -> dict[str, float | None]:
    rows = frames["stress_test_results"].filter(pl.col("instrument_id") == "TOTAL")
    return dict(rows.select("scenario_id", "pnl_brl").iter_rows())


def test_both_books_are_what_the_risk_pass_makes_of_them() -> None:
    found = what_if(f"receive 80 {CONTRACT['DI1_2Y']}; buy 50 DOL; pay 7 DI1_10Y")
    after = risk_of(HELD | {"DI1_2Y": 45, "DOL": 70, "DI1_10Y": -7})
    for name in ("var_95", "var_99", "es_95", "es_975"):
        was, is_now = (metric(frames, name, PARAMETERS.risk.headline) for frames in (before(), after))
        assert figure(found, name) == pytest.approx((was, is_now), rel=1e-12)
    for place, frames in enumerate((before(), after)):
        stress = totals(frames)
        made = {one.id: (one.before_brl, one.after_brl)[place] for one in found.scenarios}
        assert made == {
            name: pytest.approx(stress[name], rel=1e-9, abs=1e-6) if stress[name] is not None else None for name in made
        }
        limits = {row["limit_id"]: row for row in frames["risk_limits_status"].iter_rows(named=True)}
        for use in found.limits:
            if use.id in ("var_95", "var_99", "es_975", "instrument_risk_share", "class_risk_share"):
                assert (use.before, use.after)[place] == pytest.approx(limits[use.id]["value"], rel=1e-9)
                assert (use.status_before, use.status_after)[place] == limits[use.id]["status"]
    assert not found.notes
    assert {one.id for one in found.scenarios} == {*totals(before())} - {"worst_day"}


def test_margin_leverage_and_cost_are_those_of_the_book() -> None:
    """The decision's own margin column, and costs as the book charges them."""
    found = what_if("buy 50 DOL; sell 200 DI1_2Y")
    rows = {row["instrument_id"]: row for row in with_contracts(HELD)["target_position"].iter_rows(named=True)}
    margin = {item.id: item.margin_rate for item in PARAMETERS.instruments}

    market = read_market(VALUES)
    ends = np.array([[rows[name]["maturity"] for name in PARAMETERS.instrument_ids]], "datetime64[D]")
    quotes = quote(terms_of(PARAMETERS.instruments), market.levels[-1:], market.valuation[-1:], ends)
    value = dict(zip(PARAMETERS.instrument_ids, quotes.value[0], strict=True))
    dv01 = dict(zip(PARAMETERS.instrument_ids, quotes.dv01[0], strict=True))
    of = {name: abs(count * value[name]) * margin[name] for name, count in HELD.items()}
    then = of | {"DOL": 70 * value["DOL"] * margin["DOL"], "DI1_2Y": 165 * value["DI1_2Y"] * margin["DI1_2Y"]}
    assert figure(found, "margin") == pytest.approx((sum(of.values()), sum(then.values())))
    dol, di1 = (PARAMETERS.instrument(name) for name in ("DOL", "DI1_2Y"))
    assert found.orders[0].cost_brl == pytest.approx(50 * (dol.slip_ticks * dol.tick * 50 + dol.fee_brl))
    tick = di1.slip_ticks * di1.tick * 1e4 * dv01["DI1_2Y"]
    assert found.orders[1].cost_brl == pytest.approx(200 * (tick + di1.fee_brl), abs=0.01)
    assert found.cost_brl == pytest.approx(sum(one.cost_brl or 0 for one in found.orders))
    assert found.orders[1].dv01_brl == pytest.approx(200 * dv01["DI1_2Y"])
    assert found.orders[1].margin_brl == pytest.approx((165 - 35) * value["DI1_2Y"] * di1.margin_rate)


@pytest.mark.parametrize(
    ("text", "change", "action"),
    [
        ("receive 10 DI1_2Y", 10, "receive"),
        ("aplicar 10 DI1_2Y", 10, "receive"),
        ("pay 10 DI1_2Y", -10, "pay"),
        ("Tomar 10 di1_2y", -10, "pay"),
        ("sell 10 DI1_2Y", 10, "receive"),
        ("buy 10 DI1_2Y", -10, "pay"),
        ("sell 10 DAP_5Y", 10, "receive"),
        ("buy 10 DDI_1Y", -10, "pay"),
        ("buy 10 DOL", 10, "buy"),
        ("vender 10 DOL", -10, "sell"),
        ("buy 5 IND", 5, "buy"),
        ("sell 4 UST_10Y", -4, "sell"),
        ("sell 100 NTNB_2035", -100, "sell"),
    ],
)
def test_words_are_the_sides_of_the_tickets(text: str, change: int, action: str) -> None:
    order = read_orders(parse(text), TARGETS, PARAMETERS, DAYS[-1])[0]
    assert (order.change, order.action) == (change, action)
    by_rate = order.instrument.dealt_in == "rate" and text.split()[0] in ("buy", "sell")
    assert (order.note is not None) == by_rate


def test_the_venues_word_for_a_rate_is_explained_and_gains_as_it_says() -> None:
    found = what_if("sell 200 DI1_2Y")
    assert "the desk receives, and gains when rates fall; to pay write pay 200 DI1_2Y" in found.notes[0]
    was, is_now = figure(found, "dv01_pre")
    assert was is not None
    assert is_now is not None
    assert is_now > was
    shock = next(one for one in found.scenarios if one.id == "parallel_up_100")
    assert shock.after_brl is not None
    assert shock.before_brl is not None
    assert shock.after_brl < shock.before_brl, "a receiver loses when rates rise"
    assert "the desk pays, and gains when rates rise" in what_if("buy 200 DI1_2Y").notes[0]


def test_a_listed_contract_that_no_line_is_in_is_a_line_of_its_own() -> None:
    known = set(CONTRACT.values())
    name = next(f"DI1{letter}{year}" for year in range(27, 32) for letter in "FN" if f"DI1{letter}{year}" not in known)
    year = int(name[-2:])
    if name[3] == "N" and year > 28:
        pytest.skip("every January of the curve is a line's")
    found = what_if(f"receive 100 {name}")
    assert found.orders[0].order.contract_id == name
    assert (found.orders[0].contracts_before, found.orders[0].contracts_after) == (0, 100)
    assert figure(found, "dv01_pre")[1] > figure(found, "dv01_pre")[0]  # type: ignore[operator]
    same = what_if(f"receive 100 {CONTRACT['DI1_2Y']}; pay 100 {CONTRACT['DI1_2Y']}")
    assert figure(same, "var_99")[0] == pytest.approx(figure(same, "var_99")[1])


def test_contracts_with_a_settlement_are_the_listed_ones() -> None:
    settled = ["DI1F27", "DI1V27", *CONTRACT.values()]
    order = read_orders(parse("receive 1 DI1V27"), TARGETS, PARAMETERS, DAYS[-1], settled)[0]
    assert str(order.maturity) == "2027-10-01"
    with pytest.raises(BadInput, match=r'order 1, "receive 1 DI1G28": DI1G28 has no settlement of'):
        read_orders(parse("receive 1 DI1G28"), TARGETS, PARAMETERS, DAYS[-1], settled)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no order is written"),
        (" ; \n ;", "no order is written"),
        ("DI1F29 200 sell", "order 1, \"DI1F29 200 sell\": 'DI1F29' is no side"),
        ("buy 50 DOL; hold 3 IND", "order 2, \"hold 3 IND\": 'hold' is no side"),
        ("buy 5O DOL", "order 1, \"buy 5O DOL\": '5O' is no number of contracts"),
        ("buy -5 DOL", "'-5' is no number of contracts"),
        ("buy 1.5 DOL", "'1.5' is no number of contracts"),
        ("buy 1,000 DOL", "digits alone, like 200"),
        ("buy ² DOL", "is no number of contracts"),
        ("buy 0 DOL", "are not between 1 and"),
        ("buy " + "9" * 5000 + " DOL", "are not between 1 and"),
        ("buy DOL", "after the side come how many contracts"),
        ("buy 5 DOL now", "after the side come how many contracts"),
        ("receive protection 2 SOV_BR_5Y", "protection is bought or sold"),
        ("buy 2 SOV_BR_5Y", "SOV_BR_5Y is no contract: deal its two legs"),
        ("buy protection 5 DOL", "is dealt in price: buy or sell it, not buy protection"),
        ("receive 5 DOL", "is dealt in price: buy or sell it, not receive"),
        ("buy 3 DOL", "is dealt in lots of 5"),
        ("buy 5 XYZ", "'XYZ' is no contract or instrument of the desk; roots: DAP, DI1"),
        ("receive 5 DI1", "DI1 is not listed on"),
        ("receive 5 DI1Q99", "is not listed on"),
        ("receive 5 DI1F20", "is not listed on"),
        ("receive 5 DDIF28", "DDIF28 carries its dollars; the desk deals the cupom as FRCF28"),
        ("buy 5 ZNH99", "name the instrument, UST_10Y"),
        ("sell 200 NTNB_2035", "it would leave -100 of NTNB_2035"),
        ("; ".join(["buy 5 DOL"] * 51), "51 orders are written"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, says: str) -> None:
    with pytest.raises(BadInput) as error:
        read_orders(parse(text), TARGETS, PARAMETERS, DAYS[-1])
    assert says in str(error.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    with contextlib.suppress(BadInput):
        read_orders(parse(text), TARGETS, PARAMETERS, DAYS[-1])


def test_the_page_and_the_record_say_the_same() -> None:
    found = what_if("sell 200 DI1_2Y; buy 50 DOL")
    page = list(lines(found, DAYS[-1]))
    assert page[0].startswith(f"The book of {DAYS[-1]} with its orders done, before and after; NAV BRL ")
    assert page[2].startswith(f"receive 200 {CONTRACT['DI1_2Y']} at ")
    assert "from -35 to +165; cost BRL " in page[2]
    assert page[3].startswith(f"buy 50 {CONTRACT['DOL']} at ")
    assert any(line.startswith("Note: ") for line in page)
    record = json.loads(json.dumps(as_record(found), allow_nan=False))
    assert [one["venue_side"] for one in record["orders"]] == ["SELL", "BUY"]
    assert {one["id"] for one in record["limits"]} == set(PARAMETERS.limits.limits)
    assert len(record["scenarios"]) == sum(
        line.startswith(tuple(s["name"] for s in record["scenarios"])) for line in page
    )


def test_a_book_that_the_decision_measured_otherwise_is_said() -> None:
    found = before()
    other = found["risk_metrics_daily"].with_columns(pl.col("value") * 1.1)
    book = DecidedBook(
        TARGETS, with_contracts(HELD)["portfolio_state"], found["risk_limits_status"], other, found["var_method"]
    )
    orders = read_orders(parse("buy 5 DOL"), TARGETS, PARAMETERS, DAYS[-1])
    notes = compare(VALUES, book, orders, QUICK).notes
    assert [note for note in notes if note.startswith("VaR 95% of the decision is stored as")] == list(notes)
