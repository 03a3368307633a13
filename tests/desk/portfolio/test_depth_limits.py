"""Open interest and volume cap positions: whole packages, at the day's NAV, and never with more risk than before."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio.depth_limits import hold_depth, limited_at, size_caps
from desk.portfolio.package_limits import DEPTH_LIMITS, SIZE_LIMITS, largest_use
from desk.portfolio.portfolio_pass import continue_book, open_book
from desk.portfolio.price_inputs import PriceInputs, all_current
from desk.transforms.market_depth import DEPTH_SCHEMA
from tests.desk.portfolio.panels import LONE, make_values, make_views, one_view
from tests.desk.portfolio.plans import plan_of

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
VALUES = make_values()
DAYS = VALUES["day"].to_list()[-40:]
NAV = PARAMETERS.portfolio.inception_nav_brl
LOTS = np.array([item.lot for item in PARAMETERS.instruments])


def market(depth: Sequence[tuple[str, float, float | None]], days: int = 40) -> PriceInputs:
    """Where the contracts named have this open interest and volume on the last days, and no other has any."""
    rows = [(day, *one) for day in DAYS[-days:] for one in depth]
    frame = pl.DataFrame(rows, schema=DEPTH_SCHEMA, orient="row")
    return dataclasses.replace(all_current(len(VALUES)), depth=frame)


def contract_of(frames: dict[str, pl.DataFrame], name: str) -> str:
    return str(frames["target_position"].filter(instrument_id=name)["contract_id"][-1])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_packages_end_within_the_caps_and_keep_their_legs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    book = rng.normal(0.0, 100.0, (6, 5)) * (rng.random((6, 5)) < 0.5)
    caps = rng.choice([0.0, 1.0, 30.0, 100.0, np.inf], (2, 5))
    held, cut, touched = hold_depth(book, caps)
    assert (np.abs(held.sum(axis=0)) <= caps.min(axis=0) + 0.01).all()
    np.testing.assert_allclose(held, book * np.exp(-cut.sum(axis=1))[:, None], atol=1e-9)
    within = np.abs(book.sum(axis=0)) <= caps.min(axis=0)
    if within.all():
        assert not touched.any()
        assert (held == book).all()


def test_a_cap_is_whole_lots_less_the_headroom() -> None:
    most = np.full((2, len(IDS)), 1_000.0)
    most[1] = 12.0
    caps = size_caps(most, PARAMETERS)
    np.testing.assert_allclose(caps[0], 900.0)
    np.testing.assert_allclose(caps[1], np.where(LOTS == 1, 10.8, np.floor(12.0 / LOTS) * LOTS))
    assert (size_caps(np.full((2, len(IDS)), 0.8), PARAMETERS) == 0.0).all(), "less than a lot is none"


def test_a_cut_of_a_hedge_leaves_the_rest_no_larger() -> None:
    """A long and a short line that move as one: the short one is capped, and the long one is not left alone."""
    plan = plan_of({"DI1_5Y": 0.9, "DI1_4Y": -0.9})
    legs = plan.limited.per_brl[0].sum(axis=0) * NAV
    at = IDS.index("DI1_4Y")
    most = np.full_like(plan.uses.most, np.inf)
    most[0, 0, at] = abs(legs[at]) / 4
    found = limited_at(dataclasses.replace(plan, uses=dataclasses.replace(plan.uses, most=most)), 0, NAV, PARAMETERS)
    before = plan.limited[0:1]
    after = found.per_brl[0].sum(axis=0) * NAV
    assert abs(after[at]) <= abs(legs[at]) / 4 + 1e-6
    assert abs(after[IDS.index("DI1_5Y")]) < abs(legs[IDS.index("DI1_5Y")])
    assert found.volatility[0] <= before.volatility[0] * (1 + 1e-9)
    assert largest_use(found.per_brl, plan.uses[0:1], PARAMETERS)[0] <= 1.0 + 1e-6
    assert found.taken[0, SIZE_LIMITS.index("open_interest")] >= 0.0


def books(prices: PriceInputs, views: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return open_book(VALUES, views, LONE, PARAMETERS, DAYS[0], prices).frames


@pytest.mark.parametrize("limit", DEPTH_LIMITS)
def test_the_book_holds_no_more_than_the_market_bears_and_says_what_took_it(limit: str) -> None:
    views = one_view("DI1_5Y", 0.9, VALUES)
    free = books(market([]), views)["target_position"].filter(instrument_id="DI1_5Y")
    unlimited = abs(free["contracts"][-1])
    interest = unlimited * 10.0
    stored = {"open_interest": (interest, interest * 5.0), "days_to_liquidate": (interest, None)}[limit]
    most = {"open_interest": unlimited * 0.5, "days_to_liquidate": unlimited * 10.0 * 0.04 * 0.10 * 5.0}[limit]
    frames = books(market([(free["contract_id"][-1], *stored)]), views)
    held = frames["target_position"].filter(instrument_id="DI1_5Y")["contracts"].abs()
    assert 0 < held[-1] == held.max() <= most < unlimited
    state = frames["portfolio_state"].row(-1, named=True)
    taken = {part["limit"]: part for part in json.loads(state["limits_bound"])}
    assert taken[limit]["subjects"] == ["DI1_5Y"]
    left = state["asked_volatility"] - sum(part["taken"] for part in taken.values())
    assert left == pytest.approx(state["target_volatility"], abs=1e-7)
    package = frames["package"].filter(strategy_id="DI1_5Y").row(-1, named=True)
    assert package["limit_bound"] == limit
    assert 0 < package["scale"] < 1


def test_no_market_stored_at_all_caps_nothing_and_one_of_its_root_makes_a_contract_wait() -> None:
    views = one_view("DI1_5Y", 0.9, VALUES)
    free = books(market([]), views)["target_position"]
    assert free.filter(instrument_id="DI1_5Y")["contracts"][-1] != 0
    elsewhere = books(market([("DOLN26", 1e6, None)]), views)["target_position"]
    assert elsewhere.equals(free), "of the root nothing is stored: as where there is no market"
    sibling = books(market([("DI1F99", 1e6, None)]), views)
    assert (sibling["target_position"]["contracts"] == 0).all()
    assert sibling["portfolio_state"]["sizing"].str.contains("without DI1_5Y").all()
    late = books(market([("DI1F99", 1e6, None)], days=5), views)
    lines = late["target_position"].filter(instrument_id="DI1_5Y").sort("as_of")["contracts"]
    assert lines[-6] != 0
    assert lines[-6:].n_unique() == 1, "what is held waits as it is"


def test_a_position_in_a_market_that_has_gone_waits_for_it() -> None:
    """The gate lets no order pass where none is open or traded: an order to sell would hold up all the others."""
    views = pl.concat([one_view("DI1_5Y", 0.9, VALUES), make_views(VALUES, ("DI1_1Y",))])
    name = contract_of(books(market([]), views), "DI1_5Y")
    frames = books(market([(name, 0.0, 0.0)], days=5), views)
    lines = frames["target_position"].filter(instrument_id="DI1_5Y")["contracts"]
    assert lines[-6] != 0
    assert lines[-6:].n_unique() == 1
    assert frames["action"].filter(contract_id=name, as_of=decision_time(DAYS[-1])).is_empty()


def test_a_continued_book_is_capped_as_one_pass_is() -> None:
    views = make_views(VALUES, IDS)
    free = books(market([]), views)["target_position"].filter(as_of=decision_time(DAYS[-1]))
    thin = [
        (str(row["contract_id"]), abs(row["contracts"]) * 8.0 + 40.0, None)
        for row in free.to_dicts()
        if row["contract_id"]
    ]
    prices = market(thin)
    whole = open_book(VALUES, views, LONE, PARAMETERS, DAYS[0], prices)
    assert whole.frames["portfolio_state"]["limits_bound"].str.contains("days_to_liquidate").any()
    upto = len(VALUES) - 7
    start = open_book(VALUES.head(upto), views, LONE, PARAMETERS, DAYS[0], prices[slice(upto)])
    state = start.states[max(start.states)]
    after = continue_book(VALUES, views, LONE, PARAMETERS, state, (), prices)
    for table in ("target_position", "portfolio_state", "package"):
        expected = whole.frames[table].filter(pl.col("as_of") > decision_time(max(start.states)))
        assert_frame_equal(after.frames[table], expected, rel_tol=1e-9)
    np.testing.assert_allclose(after.wanted, whole.wanted, rtol=1e-9)
