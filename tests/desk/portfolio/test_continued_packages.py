"""The desk's own packages, of several legs, over days on which inputs are old, prices are missing, views flip or end,
and no decision is made: cut anywhere, the book is that of one pass, and what is traded is a whole package."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk.catalog.defence import PRICE_GROUPS
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio.book_state_json import from_json, to_json
from desk.portfolio.packages import NEUTRALITY_TOLERANCE, package_terms
from desk.portfolio.portfolio_pass import BookRun, continue_book, open_book
from desk.portfolio.price_inputs import PriceInputs, all_current, line_needs
from desk.strategies import STRATEGIES
from tests.desk.portfolio.panels import make_values, views_of

PARAMETERS, PACKAGES = load_desk_parameters(), package_terms(STRATEGIES)
IDS, NAMES = PARAMETERS.instrument_ids, [terms.id for terms in PACKAGES]
COUNT, BOOK_DAYS = 290, 25
SEEDS = (1, 2)


class Case:
    """Everything by one seed."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.values = make_values(COUNT, seed, dt.date(2024, 6, 28))
        self.days: list[dt.date] = self.values["day"].to_list()[-BOOK_DAYS:]
        for name in ("usdbrl", "pre_504", "cupom_252"):
            start = COUNT - int(rng.integers(4, BOOK_DAYS))
            gone = pl.int_range(pl.len()).is_between(start, start + 2)
            self.values = self.values.with_columns(pl.when(gone).then(None).otherwise(name).alias(name))
        paths = {name: np.tanh(np.cumsum(rng.normal(0, 0.3, COUNT))) for name in NAMES}
        for path in paths.values():
            flips, none = rng.random(COUNT) < 0.05, rng.random(COUNT) < 0.05
            path[:] = np.where(none, np.nan, np.where(flips, -path, path))
        signals = views_of(self.values, paths)
        self.signals = signals.with_columns(age_bd=pl.Series(np.where(rng.random(len(signals)) < 0.05, 3, 0)))
        self.prices = all_current(COUNT)
        for group in rng.choice(len(PRICE_GROUPS), 3, replace=False).tolist():
            start = COUNT - int(rng.integers(4, BOOK_DAYS))
            self.prices.current[start : start + 3, group] = False
            self.prices.ages[start : start + 3, group] = 9
        self.held = {self.days[place] for place in rng.choice(np.arange(3, BOOK_DAYS - 3), 3, replace=False).tolist()}
        self.cuts = sorted({day for day in self.days[1:] if rng.random() < 0.4} | {self.days[-1]})

    def known_on(self, day: dt.date) -> tuple[pl.DataFrame, PriceInputs]:
        count = int((self.values["day"] <= day).sum())
        return self.values.head(count), self.prices[:count]

    def usable(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        needs = line_needs(PARAMETERS.instruments, self.values["day"].to_numpy().astype("datetime64[D]"))
        return np.asarray((self.prices.current[:, None, :] | ~needs).all(axis=2))


@cache
def case(seed: int) -> Case:
    return Case(seed)


@cache
def one_pass(seed: int) -> BookRun:
    of = case(seed)
    return open_book(of.values, of.signals, PACKAGES, PARAMETERS, of.days[0], of.prices, of.held)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_book_of_packages_that_goes_on_is_that_of_one_pass(seed: int) -> None:
    of, whole = case(seed), one_pass(seed)
    values, prices = of.known_on(of.days[0])
    run = open_book(values, of.signals, PACKAGES, PARAMETERS, of.days[0], prices)
    parts, state = [run.frames], run.states[of.days[0]]
    for day in of.cuts:
        values, prices = of.known_on(day)
        stored = from_json(to_json(state, IDS, NAMES), IDS, NAMES)
        run = continue_book(values, of.signals, PACKAGES, PARAMETERS, stored, of.held, prices)
        parts.append(run.frames)
        state = run.states[day]
    for name, frame in whole.frames.items():
        mended = pl.concat([part[name] for part in parts])
        assert_frame_equal(mended, frame, check_exact=False, abs_tol=1e-7, rel_tol=1e-9)
    assert state.guarded.nav == whole.states[of.days[-1]].guarded.nav


@pytest.mark.parametrize("seed", SEEDS)
def test_packages_are_traded_whole_neutral_and_at_prices_that_are_known(seed: int) -> None:
    of, frames = case(seed), one_pass(seed).frames
    assert frames["withheld_order"].height > 0
    assert frames["pnl_attribution"].filter(pl.col("mark") == "catch_up").height > 0
    for row in frames["package"].filter(pl.col("legs") != "{}").iter_rows(named=True):
        assert len(json.loads(row["legs"])) == len(PACKAGES[NAMES.index(row["strategy_id"])].legs), row
        assert row["state"] != "traded" or (row["imbalance"] or 0.0) < NEUTRALITY_TOLERANCE, row
    usable = of.usable()
    places = {decision_time(day): place for place, day in enumerate(of.values["day"].to_list())}
    for row in frames["action"].iter_rows(named=True):
        assert usable[places[row["as_of"]], IDS.index(row["instrument_id"])], row
    state = frames["portfolio_state"].sort("as_of")
    for name in ("pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
        total = frames[name].group_by("as_of").agg(pl.col("pnl_brl").sum()).sort("as_of")["pnl_brl"]
        np.testing.assert_allclose(total.to_numpy(), state["pnl_brl"].to_numpy(), atol=0.005, err_msg=name)
    np.testing.assert_allclose(np.diff(state["nav_brl"].to_numpy()), state["pnl_brl"].to_numpy()[1:], atol=0.005)


def test_a_day_without_a_decision_has_no_limit_that_bound() -> None:
    of = case(SEEDS[0])
    no_decision = pl.col("as_of").is_in([decision_time(day) for day in of.held])
    state = one_pass(SEEDS[0]).frames["portfolio_state"]
    assert (state.filter(no_decision)["limits_bound"] == "[]").all()
    assert (state.filter(~no_decision)["limits_bound"] != "[]").any()
