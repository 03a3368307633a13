"""The split of every change adds up, in contracts, in DV01 and in BRL of risk, over sixty days of the sandbox."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.model import decision_time
from desk.portfolio import BookRun, continue_book, open_book, package_terms
from desk.portfolio.change_frames import position_changes
from desk.portfolio.change_split import (
    MARKET,
    PARTS,
    ChangeSplit,
    Record,
    SizingDecision,
    convictions_of,
    in_whole_contracts,
    split_change,
)
from desk.strategies import STRATEGIES, compute_signals
from desk.transforms.panel import Panel
from tests.desk.conftest import LATE_DAYS

PARAMETERS = load_desk_parameters()
TERMS = package_terms(STRATEGIES)


@dataclass(frozen=True)
class Walk:
    """Every decision of the late panel, made one after the other as daily runs make them."""

    values: pl.DataFrame
    signals: pl.DataFrame
    runs: list[BookRun]
    sized: list[SizingDecision]
    splits: list[ChangeSplit]

    def until(self, place: int) -> pl.DataFrame:
        return self.values.filter(pl.col("day") <= self.sized[place].day)

    def split(self, place: int, **given: object) -> ChangeSplit:
        """Of the decision at `place` against the one before, with what the record gives unless it is given."""
        last = self.sized[place - 1]
        given.setdefault("record", Record(self.splits[place - 2].layers, self.splits[place - 2].deviation))
        return split_change(self.until(place), TERMS, PARAMETERS, last, self.sized[place], **given)  # type: ignore[arg-type]


def sized(run: BookRun, day: dt.date, signals: pl.DataFrame) -> SizingDecision:
    book = run.states[day].guarded
    conviction = convictions_of(signals, decision_time(day), TERMS)
    return SizingDecision(
        day, conviction, book.nav, book.risk_multiplier, book.target.contracts, book.before.contracts, run.wanted
    )


@pytest.fixture(scope="module")
def walk(late_panel: Panel) -> Walk:
    signals = compute_signals(late_panel)
    days: list[dt.date] = late_panel.values["day"].to_list()[-LATE_DAYS - 1 :]
    count = len(late_panel.values)

    def upto(day: dt.date) -> Panel:
        return late_panel.head(count - LATE_DAYS - 1 + days.index(day) + 1)

    start = upto(days[0])
    run = open_book(start.values, signals.filter(pl.col("as_of") <= decision_time(days[0])), TERMS, PARAMETERS, days[0])
    made = Walk(late_panel.values, signals, [run], [sized(run, days[0], signals)], [])
    for day in days[1:]:
        part = upto(day)
        state = made.runs[-1].states[max(made.runs[-1].states)]
        known = signals.filter(pl.col("as_of") <= decision_time(day))
        run = continue_book(part.values, known, TERMS, PARAMETERS, state)
        made.runs.append(run)
        made.sized.append(sized(run, day, signals))
        record = None
        if made.splits:
            record = Record(made.splits[-1].layers, made.splits[-1].deviation)
        made.splits.append(split_change(part.values, TERMS, PARAMETERS, made.sized[-2], made.sized[-1], record=record))
    return made


def test_the_parts_of_every_change_add_up_on_sixty_days(walk: Walk) -> None:
    assert len(walk.splits) == LATE_DAYS
    for found, now, run in zip(walk.splits, walk.sized[1:], walk.runs[1:], strict=True):
        order = now.contracts - now.before
        total = np.sum([found.parts[name] for name in PARTS], axis=0)
        np.testing.assert_array_equal(total, order)
        assert found.deviation_before + sum(found.risk.values()) == pytest.approx(found.deviation, abs=1e-6)
        state = run.frames["portfolio_state"].row(-1, named=True)
        daily = state["expected_volatility"] * state["nav_brl"] / np.sqrt(252)
        assert found.deviation == pytest.approx(daily, rel=1e-9), "it ends at the risk that the page shows"


def test_the_dv01_of_the_parts_is_that_of_the_orders_on_sixty_days(walk: Walk) -> None:
    known = 0
    for place, (found, run) in enumerate(zip(walk.splits, walk.runs[1:], strict=True), 1):
        now = walk.sized[place]
        at = pl.col("as_of") == decision_time(now.day)
        book = run.frames["target_position"].filter(at), run.frames["action"].filter(at)
        rows = position_changes(decision_time(now.day), found, walk.sized[place - 1], now, book, TERMS, PARAMETERS)
        dealt = dict(book[1].group_by("instrument_id").agg(pl.col("dv01_change_brl").sum()).iter_rows())
        assert set(dealt) <= set(rows["instrument_id"])
        for row in rows.iter_rows(named=True):
            parts = json.loads(row["parts_dv01_brl"])
            if parts:
                expected = dealt.get(row["instrument_id"], 0.0)
                scale = max(abs(part) for part in parts.values())
                assert sum(parts.values()) == pytest.approx(expected, abs=1e-9 * scale + 1e-9)
                known += row["instrument_id"] in dealt
    assert known > 50


def test_nothing_is_said_of_data_code_and_parameters_that_did_not_change(walk: Walk) -> None:
    for found in walk.splits:
        for name in ("data", "code", "data_or_code", "parameters"):
            assert not found.parts[name].any()
            assert found.risk.get(name, 0.0) == pytest.approx(0.0, abs=1e-6)


def test_most_kinds_of_change_occur_on_the_way(walk: Walk) -> None:
    seen = {name for found in walk.splits for name in PARTS if found.parts[name].any()}
    assert {"roll", "volatility", "view", "limit", "band"} <= seen
    assert any(abs(found.risk[MARKET]) > 1.0 for found in walk.splits)


def test_the_part_of_the_views_is_that_of_the_strategies(walk: Walk) -> None:
    for found in walk.splits:
        np.testing.assert_allclose(found.views.sum(axis=0), found.parts["view"], atol=1.0)


def test_changed_parameters_have_their_own_part(walk: Walk) -> None:
    """The last decision was made at half the risk: what doubling it does is the parameters', and nothing else's."""
    place = next(row for row in range(LATE_DAYS, 1, -1) if walk.sized[row - 1].contracts.any())
    rules = dataclasses.replace(PARAMETERS.portfolio, target_volatility=PARAMETERS.portfolio.target_volatility / 2.0)
    halved: DeskParameters = dataclasses.replace(PARAMETERS, portfolio=rules)
    earlier = split_change(walk.until(place - 1), TERMS, halved, walk.sized[place - 2], walk.sized[place - 1])
    record = Record(earlier.layers, earlier.deviation, halved, "code")
    found, plain = walk.split(place, record=record), walk.split(place)
    assert found.parts["parameters"].any()
    assert np.abs(found.parts["code"]).max() <= 1
    for name in ("roll", "volatility", "view", "nav", "breaker"):
        np.testing.assert_allclose(found.parts[name], plain.parts[name], atol=1)  # whole contracts
    now = walk.sized[place]
    np.testing.assert_array_equal(np.sum([found.parts[name] for name in PARTS], axis=0), now.contracts - now.before)


def test_a_revised_past_has_its_own_part_and_says_what_it_cannot_tell(walk: Walk) -> None:
    """Yesterday's views come out otherwise today: the difference is the data's, or has no owner where code changed."""
    place = next(row for row in range(LATE_DAYS, 1, -1) if walk.splits[row - 1].parts["view"].any())
    layers, deviation = walk.splits[place - 2].layers, walk.splits[place - 2].deviation
    revised = np.nan_to_num(walk.sized[place].conviction)
    for cause in ("data", "code", "data_or_code"):
        found = walk.split(place, record=Record(layers, deviation, None, cause), revised=revised)
        assert not found.parts["view"].any(), "yesterday's view is today's already"
        assert found.parts[cause].any()
        assert sum(found.risk.values()) + deviation == pytest.approx(found.deviation, abs=1e-6)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=12))
def test_whole_parts_add_up_and_are_nearer_than_one_contract(parts: list[float]) -> None:
    """Whatever the parts: their whole numbers add up to the whole change, and each is within one of what it is."""
    exact: FloatArray = np.array([*parts, 0.0])[:, None]
    total = np.array([round(sum(parts))])
    exact[-1] = total - exact.sum(axis=0)
    whole = in_whole_contracts(exact, total)
    assert whole.sum(axis=0) == total
    assert (np.abs(whole - exact) <= 1.0 + 1e-6).all()
