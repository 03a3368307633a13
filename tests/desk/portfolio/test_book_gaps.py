"""Holes in the market: what cannot be priced is held, not ordered, and said by name."""

import datetime as dt

import polars as pl
import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadInput, MissingInput
from desk.model import decision_time
from desk.portfolio import run_book
from desk.portfolio.market_levels import read_market
from tests.desk.portfolio.panels import LONE, make_values, make_views, one_view

PARAMETERS = load_desk_parameters()
VALUES = make_values(460)
VIEWS = make_views(VALUES, PARAMETERS.instrument_ids)
INCEPTION = VALUES["day"][300]
RECENT = VALUES.tail(180)


def test_a_line_without_a_price_is_held_and_marked_when_it_is_back() -> None:
    rows = slice(420, 430)
    blank = pl.Series([i in range(rows.start, rows.stop) for i in range(len(VALUES))])
    holed = VALUES.with_columns(ibovespa=pl.when(blank).then(None).otherwise("ibovespa"))
    view = one_view("IND", 0.8, VALUES)
    plain, book = (run_book(panel, view, LONE, PARAMETERS, INCEPTION) for panel in (VALUES, holed))
    days = [decision_time(VALUES["day"][i]) for i in range(rows.start, rows.stop)]
    hole = pl.col("as_of").is_in(days) & (pl.col("instrument_id") == "IND")
    target = book["target_position"].filter(hole)
    assert target["price"].null_count() == target["notional_brl"].null_count() == 10
    assert (target["contracts"] == target["contracts_before"]).all()
    assert target["contracts"].n_unique() == 1
    assert target["contracts"][0] != 0
    pnl = book["pnl_attribution"].filter(hole)
    assert pnl["price_pnl_brl"].null_count() == 10
    assert book["action"].filter(hole).is_empty()
    back = decision_time(VALUES["day"][rows.stop])
    caught_up = book["pnl_attribution"].filter((pl.col("as_of") == back) & (pl.col("instrument_id") == "IND"))
    same = plain["target_position"].filter(pl.col("instrument_id") == "IND", pl.col("as_of").is_in([days[0], back]))
    if same["contract_id"].n_unique() == 1:
        before = plain["target_position"].filter(
            pl.col("instrument_id") == "IND", pl.col("as_of") == decision_time(VALUES["day"][rows.start - 1])
        )
        after = book["target_position"].filter(pl.col("instrument_id") == "IND", pl.col("as_of") == back)
        gain = (after["price"][0] - before["price"][0]) * caught_up["contracts"][0]
        assert caught_up["pnl_brl"][0] + caught_up["cost_brl"][0] == pytest.approx(gain, abs=0.02)


def test_nobody_orders_out_of_a_contract_that_has_no_price() -> None:
    """The real curve loses its short end while DAP_2Y is to roll: the old contract is kept until it has a price."""
    rolls = run_book(VALUES, one_view("DAP_2Y", 0.9, VALUES), LONE, PARAMETERS, INCEPTION)["target_position"].filter(
        pl.col("instrument_id") == "DAP_2Y"
    )
    turn = next(i for i in range(1, len(rolls)) if rolls["contract_id"][i] != rolls["contract_id"][i - 1])
    rolling = rolls["as_of"][turn]
    row = VALUES["day"].to_list().index(rolling.astimezone(decision_time(VALUES["day"][0]).tzinfo).date())
    short = [name for name in VALUES.columns if name.startswith("real_") and int(name[5:]) < 504]
    blank = pl.Series([row - 1 <= i < row + 5 for i in range(len(VALUES))])
    holed = VALUES.with_columns(pl.when(~blank).then(name).alias(name) for name in short)
    book = run_book(holed, one_view("DAP_2Y", 0.9, VALUES), LONE, PARAMETERS, INCEPTION)
    days = [decision_time(day) for day in VALUES["day"][row : row + 5]]
    kept = book["target_position"].filter(pl.col("as_of").is_in(days), pl.col("instrument_id") == "DAP_2Y")
    assert kept["contract_id"].unique().to_list() == [rolls["contract_id"][turn - 1]]
    assert (kept["contracts"] == kept["contracts_before"]).all()
    assert book["action"].filter(pl.col("as_of").is_in(days)).is_empty()
    for name in ("cost_brl", "dv01_change_brl", "notional_change_brl"):
        assert book["action"][name].is_finite().all()
    after = book["target_position"].filter(
        pl.col("as_of") == decision_time(VALUES["day"][row + 6]), pl.col("instrument_id") == "DAP_2Y"
    )
    assert after["contract_id"].to_list() == [rolls["contract_id"][turn]]


def test_missing_inputs_are_named() -> None:
    first, later = VALUES["day"][310], VALUES["day"][400]
    holed = VALUES.with_columns(cdi=pl.when(pl.col("day") == first).then(None).otherwise("cdi"))
    with pytest.raises(MissingInput, match=f"cdi is unknown on {first}"):
        run_book(holed, VIEWS, LONE, PARAMETERS, INCEPTION)
    assert len(run_book(holed, VIEWS, LONE, PARAMETERS, later)["portfolio_state"]) == 60
    with pytest.raises(BadInput, match="after the panel's last day"):
        run_book(VALUES, VIEWS, LONE, PARAMETERS, dt.date(2030, 1, 2))
    with pytest.raises(MissingInput, match="signals lack conviction"):
        run_book(VALUES, VIEWS.drop("conviction"), LONE, PARAMETERS, INCEPTION)
    with pytest.raises(MissingInput, match="does not have"):
        run_book(VALUES, one_view("BUND_10Y", 1.0, VALUES), LONE, PARAMETERS, INCEPTION)
    with pytest.raises(BadInput, match="outside"):
        run_book(VALUES, one_view("DOL", 1.5, VALUES), LONE, PARAMETERS, INCEPTION)
    with pytest.raises(MissingInput, match="not ascending"):
        read_market(VALUES.reverse())


@pytest.mark.parametrize("how", ["absent", "infinite", "one point"])
def test_a_market_without_dollar_rates_trades_the_rest(how: str) -> None:
    """As in the imported history: no cupom, no Treasury curve. What needs them has no price and no contracts."""
    gone = [name for name in VALUES.columns if name.startswith(("cupom_", "ust_"))]
    if how == "one point":
        lone = pl.col("day") == RECENT["day"][-3]
        holed = RECENT.with_columns(pl.when(lone).then(name).alias(name) for name in gone)
    else:
        value = None if how == "absent" else float("inf")
        holed = RECENT.with_columns(pl.lit(value, dtype=pl.Float64).alias(name) for name in gone)
    book = run_book(holed, VIEWS, LONE, PARAMETERS, RECENT["day"][-5])
    last = book["target_position"].filter(pl.col("as_of") == decision_time(VALUES["day"][-1]))
    needs = pl.col("instrument_id").str.contains("^(DDI|UST|SOV)")
    assert (last.filter(needs)["contracts"] == 0).all()
    assert last.filter(needs)["price"].null_count() == 9
    assert (last.filter(~needs)["contracts"] != 0).sum() > 5
    assert book["portfolio_state"]["nav_brl"].is_finite().all()


def test_years_before_a_bond_was_issued_have_no_such_bond() -> None:
    early = make_values(140, last=dt.date(2009, 6, 30))
    views = make_views(early, ("NTNB_2030", "DI1_2Y")).with_columns(conviction=pl.lit(0.8))
    book = run_book(early, views, LONE, PARAMETERS, early["day"][-4])
    bond = book["target_position"].filter(pl.col("instrument_id") == "NTNB_2030")
    assert bond["maturity"].null_count() == len(bond)
    assert (bond["contracts"] == 0).all()
    assert (book["target_position"].filter(pl.col("instrument_id") == "DI1_2Y")["contracts"] > 0).all()
