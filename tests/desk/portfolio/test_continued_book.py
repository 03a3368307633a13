"""A book that goes on from its stored state is the book of one pass, to the cent, wherever it is cut and whatever days
have no decision."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadInput
from desk.model import decision_time
from desk.portfolio.book_state import BookState, with_stored_rows
from desk.portfolio.book_state_json import from_json, to_json
from desk.portfolio.portfolio_pass import continue_book, open_book
from tests.desk.portfolio.panels import LONE, make_values, make_views
from tests.desk.portfolio.test_guarded_book import receive_everything, storm

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
LONE_IDS = [terms.id for terms in LONE]
STORM = storm().with_columns(
    # the dollar has no price for three days: its line is held unmarked over a cut
    pl.when(pl.int_range(pl.len()).is_between(227, 229)).then(None).otherwise(pl.col("usdbrl")).alias("usdbrl")
)
INCEPTION = STORM["day"][222]
DAYS: list[dt.date] = STORM["day"].to_list()[223:250]
"""The breaker cuts on several of them, and the shadow book parts from the guarded one."""


@cache
def views() -> pl.DataFrame:
    mixed = make_views(STORM, IDS)
    received = receive_everything()
    return pl.concat([received, mixed.filter(~pl.col("strategy_id").is_in(received["strategy_id"].unique().to_list()))])


def until(day: dt.date, values: pl.DataFrame = STORM) -> pl.DataFrame:
    return values.filter(pl.col("day") <= day)


@cache
def opened() -> BookState:
    """The book on its first day."""
    return open_book(until(INCEPTION), views(), LONE, PARAMETERS, INCEPTION).states[INCEPTION]


def cut(days: Collection[dt.date], held: Collection[dt.date]) -> tuple[Mapping[str, pl.DataFrame], BookState]:
    """The frames of a book that is stored at each of `days` and goes on from its JSON text, and its last state."""
    state, parts = opened(), list[Mapping[str, pl.DataFrame]]()
    for day in sorted(days):
        run = continue_book(
            until(day), views(), LONE, PARAMETERS, from_json(to_json(state, IDS, LONE_IDS), IDS, LONE_IDS), held
        )
        parts.append(run.frames)
        state = run.states[day]
    return {name: pl.concat([part[name] for part in parts]) for name in parts[0]}, state


def assert_adds_up(frames: Mapping[str, pl.DataFrame], nav_before: float) -> None:
    state = frames["portfolio_state"].sort("as_of")
    chain = np.concatenate([[nav_before], state["nav_brl"].to_numpy()])
    np.testing.assert_allclose(np.diff(chain), state["pnl_brl"].to_numpy(), atol=0.005)
    for name in ("pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
        total = frames[name].group_by("as_of").agg(pl.col("pnl_brl").sum()).sort("as_of")["pnl_brl"]
        np.testing.assert_allclose(total.to_numpy(), state["pnl_brl"].to_numpy(), atol=0.005, err_msg=name)


def test_day_by_day_is_the_book_of_one_pass() -> None:
    whole = open_book(until(DAYS[-1]), views(), LONE, PARAMETERS, INCEPTION)
    frames, state = cut(DAYS, ())
    multiplier = whole.frames["portfolio_state"]["risk_multiplier"]
    assert (multiplier < 1.0).any(), "the breaker cuts on the way"
    assert state.shadow is not None
    assert len(whole.frames["pnl_attribution"].filter(pl.col("price_pnl_brl").is_null())) > 0, "a line is unmarked"
    for name, frame in whole.frames.items():
        expected = frame.filter(pl.col("as_of") > decision_time(INCEPTION))
        assert_frame_equal(frames[name], expected, check_exact=False, abs_tol=1e-9, rel_tol=1e-9)
    assert whole.states[DAYS[-1]].guarded.nav == state.guarded.nav


@settings(max_examples=10, deadline=None)
@given(st.sets(st.sampled_from(DAYS[:-1])), st.sets(st.sampled_from(DAYS)))
def test_any_cuts_with_any_held_days_make_the_same_book(cuts: set[dt.date], held: set[dt.date]) -> None:
    whole, last = cut([DAYS[-1]], held)
    frames, state = cut({*cuts, DAYS[-1]}, held)
    for name, frame in whole.items():
        assert_frame_equal(frames[name], frame, check_exact=False, abs_tol=1e-9, rel_tol=1e-9)
    assert to_json(state, IDS, LONE_IDS) == to_json(last, IDS, LONE_IDS)
    assert_adds_up(frames, opened().guarded.nav)
    orders = frames["action"].filter(pl.col("as_of").is_in([decision_time(day) for day in held]))
    assert orders.is_empty(), "no decision, no order"


def test_a_held_day_fills_the_orders_before_it_and_keeps_what_is_held() -> None:
    day, after = DAYS[3], DAYS[4]
    frames, _ = cut([after], [day])
    lines = {name: frames["target_position"].filter(as_of=decision_time(at)) for name, at in (("h", day), ("a", after))}
    assert (lines["h"]["contracts"] == lines["h"]["contracts_before"]).all()
    assert lines["h"]["contracts"].to_list() == lines["a"]["contracts_before"].to_list()
    decided = frames["target_position"].filter(as_of=decision_time(DAYS[2]))
    assert lines["h"]["contracts_before"].to_list() == decided["contracts"].to_list(), "all of them have a price"
    state = frames["portfolio_state"].filter(as_of=decision_time(day)).row(0, named=True)
    assert state["pnl_brl"] != 0.0
    assert state["target_volatility"] is None


def test_a_later_correction_of_a_past_day_is_in_the_next_days_result() -> None:
    """The dollar of the stored day is corrected by 10%: the move is counted once, from the level that was booked."""
    day, after = DAYS[3], DAYS[4]
    _, state = cut([day], ())
    at_day = pl.col("day") == day
    corrected = STORM.with_columns(pl.when(at_day).then(pl.col("usdbrl") * 1.1).otherwise("usdbrl").alias("usdbrl"))
    plain, other = (
        continue_book(until(after, values), views(), LONE, PARAMETERS, state).frames["pnl_attribution"]
        for values in (STORM, corrected)
    )
    held = pl.col("instrument_id").is_in(["DOL", "DDI_6M", "DDI_1Y"])
    assert plain.filter(held)["contracts"].abs().sum() > 0
    assert_frame_equal(plain.drop("cost_brl", "pnl_brl"), other.drop("cost_brl", "pnl_brl"))


def test_a_contract_held_past_its_last_day_is_settled_and_the_book_goes_on() -> None:
    values = make_values(330)
    day = values["day"][260]
    run = open_book(until(day, values), make_views(values, IDS), LONE, PARAMETERS, values["day"][255])
    later = values["day"].to_list()[261:]
    frames = continue_book(values, make_views(values, IDS), LONE, PARAMETERS, run.states[day], later[:-1]).frames
    line = frames["target_position"].filter(instrument_id="UST_2Y").sort("as_of")
    assert line["contracts"][1] != 0
    expiry = line["maturity"][1]
    gone = line.filter(pl.col("as_of").dt.date() > expiry + dt.timedelta(days=1))[:-1]
    assert len(gone) > 5
    assert (gone["contracts"] == 0).all()
    assert line["contracts"][-1] != 0, "the next decision opens the contract of its day"
    assert_adds_up(frames, run.frames["portfolio_state"]["nav_brl"][-1])


def test_what_cannot_go_on_is_refused_by_name() -> None:
    _, state = cut([DAYS[5]], ())
    with pytest.raises(BadInput, match=f"the panel has no {state.first_day}"):
        continue_book(STORM.filter(pl.col("day") > DAYS[5]), views(), LONE, PARAMETERS, state)
    held = [name for name, c in zip(IDS, state.guarded.before.contracts, strict=True) if c != 0]
    with pytest.raises(BadInput, match=f"holds {held[0]}"):
        from_json(to_json(state, IDS, LONE_IDS), [name for name in IDS if name != held[0]], LONE_IDS)


def test_a_state_computed_anew_takes_what_is_stored() -> None:
    """A database of an earlier release has rows and no state. What follows from both is the same."""
    frames, state = cut([DAYS[12]], ())
    day = pl.col("as_of") == decision_time(DAYS[12])
    rows = frames["target_position"].filter(day), frames["portfolio_state"].filter(day)
    assert to_json(with_stored_rows(state, *rows, IDS), IDS, LONE_IDS) == to_json(state, IDS, LONE_IDS)
    unknown = rows[1].with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("risk_multiplier", "shadow_nav_brl")
    )
    oldest = with_stored_rows(state, rows[0], unknown, IDS)  # of the release before the breaker
    assert to_json(oldest, IDS, LONE_IDS) == to_json(state, IDS, LONE_IDS)
    moved = rows[1].with_columns(pl.col("nav_brl", "shadow_nav_brl") + 1e6)
    other = with_stored_rows(state, rows[0].with_columns(pl.col("contracts") + 5), moved, IDS)
    assert other.guarded.nav == state.guarded.nav + 1e6
    assert (other.guarded.target.contracts == state.guarded.target.contracts + 5).all()
    after = continue_book(until(DAYS[13]), views(), LONE, PARAMETERS, other).frames["portfolio_state"]
    assert after["nav_brl"][0] == pytest.approx(other.guarded.nav + after["pnl_brl"][0], abs=0.005)


def as_an_earlier_release_wrote_it(state: BookState) -> str:
    """Parts of each line's conviction in the place of packages: two strategies for it and one against."""
    stored = json.loads(to_json(state, IDS, LONE_IDS))
    for book in ("guarded", "shadow"):
        if stored[book]:
            del stored[book]["packages"]
    del stored["packages_before"]
    reasons: list[dict[str, dict[str, float]]] = [{}, {}]
    for name, line in stored["guarded"]["lines"].items():
        for parts, place in zip(reasons, ("before", "target"), strict=True):
            side = float(np.sign(line[place][0]))
            if side:
                parts[name] = {"DOL": 0.5 * side, "IND": 0.4 * side, "DI1_2Y": -0.2 * side}
    return json.dumps({**stored, "reasons": reasons})


def test_a_book_of_an_earlier_release_goes_on_without_a_jump_of_its_nav() -> None:
    """Its first morning: the NAV moves by the marks of what was held and the fills that were ordered, to the cent as if
    it had packages; they belong to the strategies of the day that they were decided on; the next decision is one of
    packages, and the limits hold."""
    _, state = cut([DAYS[12]], ())
    old = from_json(as_an_earlier_release_wrote_it(state), IDS, LONE_IDS)
    assert old.guarded.nav == state.guarded.nav
    for held, packages in ((old.guarded.before, old.packages_before), (old.guarded.target, old.guarded.packages)):
        np.testing.assert_allclose(packages.sum(axis=0), held.contracts, atol=1e-9)
    plain, moved = (continue_book(until(DAYS[16]), views(), LONE, PARAMETERS, one).frames for one in (state, old))
    first = pl.col("as_of") == decision_time(DAYS[13])
    for name in ("pnl_attribution", "pnl_by_factor"):
        assert_frame_equal(plain[name].filter(first), moved[name].filter(first))
    nav = [frames["portfolio_state"].filter(first)["nav_brl"][0] for frames in (plain, moved)]
    assert nav[0] == nav[1]
    assert_adds_up(moved, state.guarded.nav)
    earned = dict(moved["pnl_by_strategy"].filter(first).select("strategy_id", "pnl_brl").iter_rows())
    assert set(earned) <= {"DOL", "IND", "DI1_2Y", "CASH", "COST", "UNATTRIBUTED"}
    assert earned["IND"] == pytest.approx(0.8 * earned["DOL"], rel=1e-6)
    made = moved["package"].filter(first, pl.col("legs") != "{}")
    assert (made["state"] == "traded").all(), "no leg of the parts is kept: they were no packages"
