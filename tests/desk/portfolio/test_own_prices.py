"""Positions are marked at what their contract was settled at: P&L recomputed by hand from the settlements alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog.defence import PRICE_GROUPS
from desk.model import SILVER, decision_time
from desk.point_in_time.as_of_grid import Grid
from desk.portfolio.contracts import valuation_day
from desk.portfolio.own_prices import ANBIMA, MARK_SOURCES, SETTLEMENT, TESOURO_DIRETO, read_own_prices
from desk.portfolio.portfolio_pass import open_book
from desk.transforms.settled_prices import SETTLED_SCHEMA, settled_prices
from tests.desk.portfolio.panels import FREE, LONE, views_of
from tests.desk.portfolio.settlements import (
    AWAY,
    COUNT,
    DAYS,
    FLAT,
    HELD,
    INCEPTION,
    VALUES,
    between,
    book,
    by_hand,
    cdi_growth,
    inputs,
    lines,
    prices_of,
    settled,
)


def test_each_lines_pnl_is_that_of_its_settlements_to_the_cent() -> None:
    frame, run = settled(), book(settled())
    held = lines(run, "target_position").select("as_of", "instrument_id", "contract_id")
    compared: dict[str, int] = {}
    for before, after in zip(DAYS[-8:-1], DAYS[-7:], strict=True):  # no decision is made on these: nothing rolls
        names = dict(held.filter(as_of=decision_time(before)).select("instrument_id", "contract_id").iter_rows())
        for row in lines(run).filter(as_of=decision_time(after)).iter_rows(named=True):
            name = row["instrument_id"]
            if not row["contracts"] or not name.startswith(("DI1", "DAP", "DOL", "IND", "NTNB")):
                continue
            own = by_hand(name, names[name], before, after, frame) * int(row["contracts"])
            assert row["price_pnl_brl"] + row["carry_pnl_brl"] == pytest.approx(float(own), abs=0.011), (name, after)
            assert row["source_pnl_brl"] == 0.0
            compared[name] = compared.get(name, 0) + 1
    assert compared == dict.fromkeys(("DI1_2Y", "DAP_3Y", "DOL", "IND", "NTNB_2035"), 7)


def test_the_parts_add_up_and_only_cross_terms_are_left_over() -> None:
    run = book(settled())
    state = run.frames["portfolio_state"]
    np.testing.assert_allclose(np.diff(state["nav_brl"]), state["pnl_brl"][1:], atol=0.005)
    for name in ("pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
        total = run.frames[name].group_by("as_of").agg(pl.col("pnl_brl").sum()).sort("as_of")["pnl_brl"]
        np.testing.assert_allclose(total.to_numpy(), state["pnl_brl"].to_numpy(), atol=0.005, err_msg=name)
    factors = run.frames["pnl_by_factor"]
    moved = factors.filter(pl.col("factor").is_in(["DI", "REAL", "FX", "EQUITY"]))
    left = factors.filter(factor="RESIDUAL")
    assert np.abs(left["pnl_brl"].to_numpy()).sum() < 0.02 * np.abs(moved["pnl_brl"].to_numpy()).sum()
    assert not factors["factor"].is_in(["SOURCE_CHANGE"]).any()


def test_a_position_says_what_it_is_marked_at() -> None:
    frame = settled().filter(~((pl.col("day") == AWAY) & pl.col("contract_id").str.starts_with("DOL")))
    rows = lines(book(frame), "target_position").filter(pl.col("contracts") != 0)
    found = {(row["instrument_id"], row["as_of"]): row["marked_at"] for row in rows.iter_rows(named=True)}
    last, away = decision_time(DAYS[-1]), decision_time(AWAY)
    assert {name: mark for (name, as_of), mark in found.items() if as_of == last} == {
        "DI1_2Y": "settlement", "DAP_3Y": "settlement", "DOL": "settlement", "IND": "settlement",
        "NTNB_2035": "anbima", "UST_5Y": "curve", "DDI_1Y": "curve",
    }  # fmt: skip
    assert found["DOL", away] == "curve"
    price = rows.filter(as_of=last, instrument_id="DI1_2Y").row(0, named=True)
    assert price["price"] == prices_of(frame)[DAYS[-1], price["contract_id"]][0]
    years = between(valuation_day(DAYS[-1]), price["maturity"]) / 252
    assert price["rate"] == pytest.approx((100_000 / price["price"]) ** (1 / years) - 1, abs=1e-12)
    assert price["notional_brl"] == pytest.approx(price["contracts"] * price["price"], abs=0.005)


def test_what_the_curve_and_the_settlement_differ_by_is_a_change_of_source() -> None:
    """The settlement of one session is not there: its line goes to the curve for a day, and back."""
    frame = settled().filter(pl.col("day") != AWAY)
    run = book(frame, FLAT)
    before, after = DAYS[DAYS.index(AWAY) - 1], DAYS[DAYS.index(AWAY) + 1]
    position = (
        lines(run, "target_position").filter(as_of=decision_time(before), instrument_id="DI1_2Y").row(0, named=True)
    )
    contract, size = position["contract_id"], position["contracts"]

    def curve(day: dt.date) -> Decimal:
        return Decimal(100_000) / Decimal("1.13") ** (Decimal(between(valuation_day(day), position["maturity"])) / 252)

    def own(day: dt.date) -> Decimal:
        return Decimal(str(prices_of(frame)[day, contract][0]))

    out = (curve(before) - own(before)) * cdi_growth(before, AWAY) * size
    back = (own(after) - curve(after)) * size
    market = (curve(AWAY) - curve(before) * cdi_growth(before, AWAY)) * size
    found = {
        row["as_of"]: row for row in lines(run).filter(instrument_id="DI1_2Y").iter_rows(named=True) if row["contracts"]
    }
    gone, returned = found[decision_time(AWAY)], found[decision_time(after)]
    assert gone["source_pnl_brl"] == pytest.approx(float(out), abs=0.011)
    assert gone["price_pnl_brl"] == 0.0, "the flat curve has not moved"
    assert gone["price_pnl_brl"] + gone["carry_pnl_brl"] == pytest.approx(float(market), abs=0.011)
    assert returned["source_pnl_brl"] == pytest.approx(float(back), abs=0.011)
    assert min(abs(out), abs(back)) > 100
    whole = lines(run).filter(pl.col("source_pnl_brl") != 0.0).group_by("as_of").agg(pl.col("source_pnl_brl").sum())
    assert whole["as_of"].sort().to_list() == [decision_time(AWAY), decision_time(after)]
    for table in ("pnl_by_factor", "pnl_by_strategy"):
        key = run.frames[table].columns[1]
        booked = run.frames[table].filter(pl.col(key) == "SOURCE_CHANGE").sort("as_of")["pnl_brl"].to_list()
        assert booked == pytest.approx(whole.sort("as_of")["source_pnl_brl"].to_list(), abs=0.005)


def test_no_settlement_of_another_session_and_none_known_later_is_used() -> None:
    days = DAYS[-4:]
    sessions = [valuation_day(day) for day in days]
    knows = [decision_time(day) for day in days]
    minute = dt.timedelta(minutes=1)
    rows = [
        ("DI1F28", sessions[0], knows[0] - minute, 90_000.0),
        ("DI1F28", sessions[0], knows[0] + minute, 90_001.0),  # a revision of a session that is past by then
        ("DI1F28", sessions[1], knows[1] + minute, 91_000.0),  # too late for its decision
        ("DI1F28", sessions[2], knows[2] - 3 * minute, 92_000.0),
        ("DI1F28", sessions[2], knows[2], 92_001.0),  # a revision in time
        ("DI1F28", days[3], knows[3] - minute, 95_000.0),  # of the day itself
    ]
    frame = pl.DataFrame(
        [(name, day, known, price, None, None, None) for name, day, known, price in rows],
        schema={name: kind for name, kind in SILVER["settlement"].stored_schema.items() if name in ROW},
        orient="row",
    )
    found = settled_prices(frame, Grid.of(days))
    assert found.select("day", "price").rows() == [(days[0], 90_000.0), (days[2], 92_001.0)]
    cut = settled_prices(frame.filter(pl.col("knowledge_time") <= knows[1]), Grid.of(days))
    assert cut.filter(pl.col("day") <= days[1]).equals(found.filter(pl.col("day") <= days[1]))


ROW = ("contract_id", "obs_date", "knowledge_time", "price", "rate", "open_interest", "volume")


def test_a_bond_has_anbimas_rate_before_tesouro_diretos_and_the_published_quotation() -> None:
    """31 May 2024, NTN-B 15 May 2035 at 6.149%: 99.3651 (published)."""
    day = calendars.b3().offset(dt.date(2024, 5, 31), 1)
    next_day = calendars.b3().offset(day, 1)
    frame = pl.DataFrame(
        [
            (day, "TD:NTN-B_2035-05-15", 4_100.0, 0.0622),
            (day, "ANBIMA:NTN-B_2035-05-15", None, 0.06149),
            (next_day, "TD:NTN-B_2035-05-15", 4_100.0, 0.0622),
            (day, "TD:NTN-B-P_2035-05-15", 4_100.0, 0.05),
            (day, "TD:NTN-B_2050-08-15", 4_100.0, 0.05),
            (day, "AUCTION:LTN_2027-07-01", 700.0, 0.1),
        ],
        schema=SETTLED_SCHEMA,
        orient="row",
    )
    own = read_own_prices(frame, np.array([day, next_day], dtype="datetime64[D]"), FREE.instruments)
    maturity = np.array([["2035-05-15"], ["2035-05-15"]], dtype="datetime64[D]")
    price, source = own.best(np.array([0, 1]), ("NTN-B",), maturity)
    assert price[0, 0] == pytest.approx(0.993651, abs=1e-12)
    assert source[:, 0].tolist() == [ANBIMA, TESOURO_DIRETO]
    assert len(own.keys) == 3
    assert MARK_SOURCES[SETTLEMENT] == "settlement"


def test_an_old_curve_leaves_a_settled_line_its_mark_and_takes_its_orders() -> None:
    known = inputs(settled())
    current = known.current.copy()
    current[DAYS.index(AWAY), PRICE_GROUPS.index("pre")] = False
    views = views_of(VALUES, {name: np.full(COUNT, side) for name, side in HELD.items()})
    run = open_book(VALUES, views, LONE, FREE, INCEPTION, dataclasses.replace(known, current=current))
    away = lines(run).filter(as_of=decision_time(AWAY))
    marks = dict(away.select("instrument_id", "mark").iter_rows())
    assert (marks["DI1_2Y"], marks["DOL"], marks["IND"]) == ("marked", "marked", "marked")
    ordered = run.frames["action"].filter(as_of=decision_time(AWAY))["instrument_id"].to_list()
    assert not {"DI1_2Y", "DOL", "IND"} & set(ordered)
    whole = open_book(VALUES, views, LONE, FREE, INCEPTION, known)
    same = [
        one.frames["pnl_attribution"].filter(as_of=decision_time(AWAY), instrument_id="DI1_2Y")["pnl_brl"][0]
        for one in (run, whole)
    ]
    assert same[0] == pytest.approx(same[1], abs=0.005)
