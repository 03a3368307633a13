"""A price that is old, or that comes from another source, against the same book whose sources were never cut.

Both books hold the same contracts: no decision is made while the source is away. Sandbox silver, where the bonds of
Tesouro Direto stand in for the swap file from the sixth day on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cache

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.model import decision_time
from desk.portfolio.book_state_json import from_json, to_json
from desk.portfolio.market_levels import read_market
from desk.portfolio.portfolio_pass import BookRun, continue_book, open_book
from desk.portfolio.price_inputs import line_needs, price_columns, read_price_inputs
from desk.transforms.panel import Panel, build_panel
from sandbox.silver import silver
from sandbox.world import SimulatedWorld
from tests.desk.portfolio.panels import FREE, LONE, make_views

PARAMETERS, CATALOG = FREE, load_catalog()
IDS = PARAMETERS.instrument_ids
NAMES = [terms.id for terms in LONE]
UNTIL = dt.date(2019, 3, 29)
DAYS = calendars.b3().days(calendars.b3().offset(UNTIL, -340), UNTIL)
INCEPTION, AWAY = DAYS[-60], 30
"""AWAY: place from the end of the last decision that knows the source as it was."""
CUT = {"short": 3, "long": 12}
"""Sessions that are cut: fewer than the patience for a stand-in, and more."""


@cache
def source_rows() -> dict[str, pl.DataFrame]:
    return silver(SimulatedWorld(7, CATALOG), UNTIL)


@cache
def panel(cut: int, what: str = "PRE") -> Panel:
    """The panel without the sessions that the `cut` decisions after AWAY would have been the first to know."""
    frames = dict(source_rows())
    gone = DAYS[len(DAYS) - AWAY - 1 : len(DAYS) - AWAY - 1 + cut]
    for table, name in (("curve_point", "curve_id"), ("observation", "series_id")):
        lost = pl.col(name).str.starts_with(what) & pl.col("obs_date").is_in(gone)
        frames[table] = frames[table].filter(~lost)
    return build_panel(frames, DAYS, CATALOG)


def window(cut: int) -> list[dt.date]:
    """The decisions from the first that misses the source to the one that has it back."""
    return DAYS[len(DAYS) - AWAY : len(DAYS) - AWAY + cut + 1]


def still(cut: int) -> list[dt.date]:
    """The window and the day before it: without a decision on these, both books hold the same."""
    return DAYS[len(DAYS) - AWAY - 1 : len(DAYS) - AWAY + cut + 1] if cut else []


@cache
def views() -> pl.DataFrame:
    return make_views(panel(0).values, IDS)


@cache
def book(cut: int, held_days: int, what: str = "PRE") -> BookRun:
    seen = panel(cut, what)
    return open_book(seen.values, views(), LONE, PARAMETERS, INCEPTION, read_price_inputs(seen), still(held_days))


def lines(run: BookRun, days: Collection[dt.date], table: str = "pnl_attribution") -> pl.DataFrame:
    return run.frames[table].filter(pl.col("as_of").is_in([decision_time(day) for day in days]))


def touched(what: str = "PRE") -> list[str]:
    """Instruments that a curve prices."""
    return [item.id for item in PARAMETERS.instruments if f"{what.lower()}_252" in price_columns(item, DAYS[-1])]


def carried(cut: int, what: str = "PRE") -> tuple[dict[str, float], float]:
    """Of the book never cut: by line its P&L over the window, each day of a line funded at CDI carried to the return at
    CDI; and the interest that its cash has earned on the gains of the other lines."""
    days = window(cut)
    market = read_market(panel(0).values)
    growth = market.cdi_growth()
    rows = [DAYS.index(day) for day in days]
    carry = np.exp(growth[rows[-1]] - growth[rows])
    factor = dict(zip(map(decision_time, days), carry.tolist(), strict=True))
    total, missed = dict.fromkeys(touched(what), 0.0), 0.0
    for row in lines(book(0, cut), days).iter_rows(named=True):
        name = row["instrument_id"]
        if name in total:
            day, scale = row["price_pnl_brl"] + row["carry_pnl_brl"], factor[row["as_of"]]
            is_funded = name.startswith(("DI1", "DAP", "NTNB"))
            total[name] += day * scale if is_funded else day
            missed += 0.0 if is_funded else day * (scale - 1.0)
    return total, missed


def test_while_the_price_is_old_the_lines_pnl_is_unknown_and_nothing_is_ordered() -> None:
    cut, days = CUT["short"], window(CUT["short"])[:-1]
    run = book(cut, 0)  # decisions are made, and withheld
    gone = lines(run, days).filter(pl.col("instrument_id").is_in(touched()), pl.col("contracts") != 0)
    assert gone.height >= 10
    assert gone["mark"].unique().to_list() == ["unknown"]
    for name in ("price_pnl_brl", "carry_pnl_brl", "source_pnl_brl", "pnl_brl"):
        assert gone[name].null_count() == gone.height, name
    targets = lines(run, days, "target_position").filter(pl.col("instrument_id").is_in(touched()))
    assert (targets["contracts"] == targets["contracts_before"]).all()
    held = targets.filter(pl.col("contracts") != 0)
    assert held["price"].is_not_null().all(), "the last good mark is shown"
    assert lines(run, days, "action").filter(pl.col("instrument_id").is_in(touched())).is_empty()
    withheld = lines(run, days, "withheld_order")
    assert withheld.height > 0
    assert set(withheld["instrument_id"]) <= set(touched())
    assert set(withheld["cause"]) == {"price_old"}
    assert set(withheld["input_id"]) == {"PRE"}
    assert (withheld["age_bd"] > withheld["limit_bd"]).all()
    others = lines(run, days).filter(~pl.col("instrument_id").is_in(touched()), pl.col("contracts") != 0)
    assert set(others["mark"]) == {"marked"}


def test_the_catch_up_is_the_sum_of_the_days_of_the_book_never_cut() -> None:
    cut = CUT["short"]
    expected, missed = carried(cut)
    back = lines(book(cut, cut), window(cut)[-1:]).filter(pl.col("instrument_id").is_in(touched()))
    caught = {row["instrument_id"]: row for row in back.iter_rows(named=True) if row["contracts"]}
    assert len(caught) >= 4
    for name, row in caught.items():
        assert row["mark"] == "catch_up"
        assert row["marked_from"] == DAYS[len(DAYS) - AWAY - 1]
        assert row["source_pnl_brl"] == 0.0
        assert row["price_pnl_brl"] + row["carry_pnl_brl"] == pytest.approx(expected[name], abs=0.01 * (cut + 2)), name
    nav = [lines(run, window(cut)[-1:], "portfolio_state")["nav_brl"][0] for run in (book(0, cut), book(cut, cut))]
    assert abs(missed) > 1.0
    assert nav[0] - nav[1] == pytest.approx(missed, abs=0.5), "the two agree but for the interest on unfunded gains"
    factors = lines(book(cut, cut), window(cut)[-1:], "pnl_by_factor")
    late = factors.filter(pl.col("factor") == "CATCH_UP")["pnl_brl"].to_list()
    assert late == [pytest.approx(sum(r["price_pnl_brl"] + r["carry_pnl_brl"] for r in caught.values()), abs=0.01)]


def test_a_stand_in_that_comes_and_goes_is_a_change_of_source_and_no_move_of_the_market() -> None:
    """The real curve of B3 is away for twelve sessions; from the fourth on the bonds stand in."""
    cut = CUT["long"]
    run, twin = book(cut, cut, "REAL"), book(0, cut)
    expected, _ = carried(cut, "REAL")
    rows = lines(run, window(cut)).filter(pl.col("instrument_id").is_in(touched("REAL")), pl.col("contracts") != 0)
    changed = rows.filter(pl.col("source_pnl_brl") != 0.0)
    assert changed["as_of"].n_unique() == 2, "in once, out once"
    assert changed["as_of"].max() == decision_time(window(cut)[-1])
    assert rows.filter(pl.col("mark") == "catch_up")["as_of"].unique().to_list() == [changed["as_of"].min()]
    whole = rows.group_by("instrument_id").agg(pl.sum("price_pnl_brl", "carry_pnl_brl", "source_pnl_brl"))
    for row in whole.iter_rows(named=True):
        name, booked = row["instrument_id"], row["price_pnl_brl"] + row["carry_pnl_brl"] + row["source_pnl_brl"]
        # What the stand-in books day by day carries its interest in cash, not in the line.
        assert booked == pytest.approx(expected[name], rel=0.01, abs=1_000.0), name
    back = window(cut)[-1]
    own, true = (
        lines(one, [back]).filter(pl.col("instrument_id").is_in(touched("REAL")), pl.col("contracts") != 0)
        for one in (run, twin)
    )
    moved = own.join(true, on="instrument_id", suffix="_twin")
    jump = float(moved["source_pnl_brl"].abs().sum())
    assert jump > 5_000.0
    assert (moved["price_pnl_brl"] - moved["price_pnl_brl_twin"]).abs().sum() < 0.4 * jump
    for table in ("pnl_by_factor", "pnl_by_strategy"):
        key = run.frames[table].columns[1]
        by_day = lines(run, window(cut), table).filter(pl.col(key) == "SOURCE_CHANGE").sort("as_of")
        from_lines = changed.group_by("as_of").agg(pl.col("source_pnl_brl").sum()).sort("as_of")
        assert by_day["pnl_brl"].to_list() == pytest.approx(from_lines["source_pnl_brl"].to_list(), abs=0.005)


HOLES = [(CUT["short"], "PRE"), (CUT["long"], "PRE"), (CUT["long"], "REAL")]
"""The second is longer than the last curve known may be used: the lines have no price at all."""


@pytest.mark.parametrize(("cut", "what"), HOLES)
def test_the_chain_of_nav_adds_up_to_the_cent(cut: int, what: str) -> None:
    frames = book(cut, 0, what).frames
    state = frames["portfolio_state"]
    np.testing.assert_allclose(np.diff(state["nav_brl"]), state["pnl_brl"][1:], atol=0.005)
    for name in ("pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
        total = frames[name].group_by("as_of").agg(pl.col("pnl_brl").sum()).sort("as_of")["pnl_brl"]
        np.testing.assert_allclose(total.to_numpy(), state["pnl_brl"].to_numpy(), atol=0.005, err_msg=name)


@pytest.mark.parametrize(("cut", "what"), HOLES)
def test_a_book_that_goes_on_from_its_stored_state_books_the_same(cut: int, what: str) -> None:
    """Cut in the middle of the hole: the sources and sessions of the last marks are part of the state."""
    whole = book(cut, 0, what)
    middle = window(cut)[cut // 2]
    seen = panel(cut, what).head(DAYS.index(middle) + 1)
    first = open_book(seen.values, views(), LONE, PARAMETERS, INCEPTION, read_price_inputs(seen))
    state = from_json(to_json(first.states[middle], IDS, NAMES), IDS, NAMES)
    after = continue_book(
        panel(cut, what).values, views(), LONE, PARAMETERS, state, (), read_price_inputs(panel(cut, what))
    )
    for name in ("pnl_attribution", "pnl_by_factor", "withheld_order", "portfolio_state"):
        expected = whole.frames[name].filter(pl.col("as_of") > decision_time(middle))
        numbers = [column for column, kind in expected.schema.items() if kind == pl.Float64]
        assert after.frames[name].drop(numbers).equals(expected.drop(numbers)), name
        for column in numbers:
            left, right = after.frames[name][column], expected[column]
            assert left.is_null().equals(right.is_null()), column
            np.testing.assert_allclose(left.drop_nulls().to_numpy(), right.drop_nulls().to_numpy(), atol=1e-6)


def test_the_dollar_from_another_source_is_a_change_of_source() -> None:
    """PTAX is away for eight sessions: SGS has the same rate for the same session, so the change is nothing at all."""
    run = book(8, 8, "usdbrl_ptax")
    rows = lines(run, window(8)).filter(pl.col("instrument_id") == "DOL")
    assert rows["mark"].to_list().count("unknown") >= 2
    assert "catch_up" in rows["mark"].to_list()
    assert (rows["source_pnl_brl"].drop_nulls().abs().to_numpy() <= 0.01).all()


def test_every_kind_of_instrument_needs_what_its_price_reads() -> None:
    """Blanking a column that is not declared leaves the price as it is, for every instrument of the catalogue."""
    needs = line_needs(PARAMETERS.instruments, np.array(DAYS[-1:], dtype="datetime64[D]"))[0]
    assert needs.any(axis=1).all()
    values = panel(0).values.tail(400)
    views_ = views().filter(pl.col("as_of") >= decision_time(DAYS[-3]))
    plain = open_book(values, views_, LONE, PARAMETERS, DAYS[-2]).frames["target_position"]
    last = pl.col("as_of") == decision_time(DAYS[-1])
    every = {name for item in PARAMETERS.instruments for name in price_columns(item, DAYS[-1])}
    for item in PARAMETERS.instruments:
        own = price_columns(item, DAYS[-1])
        bare = values.with_columns(
            pl.when(pl.col("day") == DAYS[-1]).then(None).otherwise(name).alias(name) for name in every - set(own)
        )
        found = open_book(bare, views_, LONE, PARAMETERS, DAYS[-2]).frames["target_position"]
        line = pl.col("instrument_id") == item.id
        assert found.filter(last, line)["price"].to_list() == plain.filter(last, line)["price"].to_list(), item.id
