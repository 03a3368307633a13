"""No order is larger than the gate lets pass; packages that are held back by it go a part of their way, whole."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.arrays import FloatArray, IntArray
from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio.order_limits import largest_orders, within_orders
from desk.portfolio.portfolio_pass import open_book
from desk.portfolio.price_inputs import all_current
from desk.portfolio.size import round_to_lots
from desk.risk.gate_basis import GateInput
from desk.risk.gate_sizes import market_share
from desk.transforms.market_depth import DEPTH_SCHEMA, Depth
from tests.desk.portfolio.panels import FREE, LONE, make_values, views_of

PARAMETERS = load_desk_parameters()
RULES = load_defence().gate
VALUES = make_values()
DAYS = VALUES["day"].to_list()[-40:]
FIRST = decision_time(DAYS[0])
LOTS = np.array([1, 1, 5, 1], dtype=np.int64)


def in_lots(legs: FloatArray) -> IntArray:
    return round_to_lots(legs.sum(axis=0), LOTS)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000))
def test_orders_end_within_what_passes_and_each_package_on_its_own_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held, chosen = (rng.normal(0.0, 80.0, (5, 4)) * (rng.random((5, 4)) < 0.6) for _ in range(2))
    most = rng.choice([0.0, 5.0, 40.0, 100.0, np.inf], 4)
    rolls = rng.random(4) < 0.2
    before = in_lots(held)
    start = np.where(rolls & (np.abs(before) <= most), 0, before)
    found, lines = within_orders(held, chosen, start, most, in_lots)
    assert (np.abs(lines - start) <= most).all()
    assert (lines == in_lots(found))[np.abs(in_lots(found) - start) <= most].all()
    for own, before_it, aim in zip(found, held, chosen, strict=True):
        if (np.sign(before_it) == np.sign(aim)).all() and aim.any():
            part = (own[aim != 0] / aim[aim != 0]).max()
            np.testing.assert_allclose(own, part * aim, atol=1e-9)  # in the proportions of what was chosen
            continue
        begins = before_it
        way = aim - begins
        share = float(way @ (own - begins) / (way @ way)) if way.any() else 0.0
        assert -1e-12 <= share <= 1.0 + 1e-12
        np.testing.assert_allclose(own, begins + share * way, atol=1e-9)
    if (np.abs(in_lots(chosen) - start) <= most).all():
        np.testing.assert_array_equal(found, chosen)


def test_a_package_that_is_cut_is_as_neutral_as_the_one_that_was_chosen() -> None:
    """What is held was neutral in contracts that its lines are no more in: half of the way from it is half as wrong."""
    held, chosen = np.array([[200.0, -100.0, 0.0, 0.0]]), np.array([[300.0, -190.0, 0.0, 0.0]])
    before = np.array([200, -100, 0, 0])
    most = np.array([np.inf, 20.0, np.inf, np.inf])
    found, lines = within_orders(held, chosen, before, most, in_lots)
    assert abs(lines[1] - before[1]) <= 20
    np.testing.assert_allclose(found[0, :2] / chosen[0, :2], found[0, 0] / chosen[0, 0])
    for closing in (np.zeros((1, 4)), -chosen):
        ended, _ = within_orders(held, closing, before, most, in_lots)
        way = (ended - held) / np.where(closing != held, closing - held, 1.0)
        np.testing.assert_allclose(way[0, :2], way[0, 0])


def test_what_passes_is_whole_lots_of_the_stored_market_and_no_market_passes_all() -> None:
    interest = np.array([[1_000.0, 1_000.0, 1_030.0, np.nan]])
    stored = np.array([[np.nan, 100.0, np.nan, np.nan]])
    depth = Depth(interest, interest * 0.04, stored, np.zeros((1, 4), dtype=np.bool_))
    most = largest_orders(depth, RULES, LOTS)
    np.testing.assert_array_equal(most[0], [[50.0, 50.0, 50.0, np.inf], [np.inf, 20.0, np.inf, np.inf]])


def test_a_view_that_turns_in_a_thin_market_is_carried_out_by_orders_that_the_gate_passes() -> None:
    """From full to the opposite in a contract whose market is small: the sizes may hold 4.5 days at a tenth of the
    volume, of which the gate lets a fifth of one day be an order."""
    turn = len(VALUES) - 20
    views = views_of(VALUES, {"DI1_5Y": np.where(np.arange(len(VALUES)) < turn, 0.9, -0.9)})
    free = open_book(VALUES, views, LONE, PARAMETERS, DAYS[0]).frames["target_position"].filter(instrument_id="DI1_5Y")
    wanted, name = abs(free["contracts"][-1]), free["contract_id"][-1]
    depth = pl.DataFrame([(day, name, wanted * 20.0, wanted * 2.0) for day in DAYS], schema=DEPTH_SCHEMA, orient="row")
    prices = dataclasses.replace(all_current(len(VALUES)), depth=depth)
    frames = open_book(VALUES, views, LONE, PARAMETERS, DAYS[0], prices).frames
    threshold, days = RULES["volume"].threshold, frames["portfolio_state"]["as_of"].to_list()
    shares = []
    for day in days:
        today = {"action": frames["action"].filter(as_of=day)}
        listed = depth.filter(pl.col("day") == DAYS[days.index(day)]).drop("day")
        shares.append(market_share(GateInput(today, {}, listed, "", 0.08), "volume").value or 0.0)
    assert max(shares) <= threshold
    assert sum(share > 0.9 * threshold for share in shares) >= 3, "the turn takes several days at what passes"
    lines = frames["target_position"].filter(instrument_id="DI1_5Y")["contracts"]
    assert lines[-21] * lines[-1] < 0
    assert abs(lines[-1]) >= 0.8 * abs(lines[-21])


def test_a_hedge_that_is_held_back_holds_back_what_it_hedges() -> None:
    """Two lines that move nearly as one, on opposite sides; the market of one lets less than half of it pass a day. The
    other goes no further than the limit on one line's risk, a tenth here, allows beside it."""
    tight = dataclasses.replace(FREE.limits.limits["instrument_risk_share"], threshold=0.10)
    limits = dataclasses.replace(FREE.limits, limits={**FREE.limits.limits, "instrument_risk_share": tight})
    parameters = dataclasses.replace(FREE, limits=limits)
    views = views_of(VALUES, {"DI1_5Y": np.full(len(VALUES), 0.9), "DI1_4Y": np.full(len(VALUES), -0.9)})
    free = open_book(VALUES, views, LONE, parameters, DAYS[0]).frames["target_position"].filter(as_of=FIRST)
    sizes = {row["instrument_id"]: (row["contract_id"], abs(row["contracts"])) for row in free.to_dicts()}
    (thin, size), (deep, _) = sizes["DI1_4Y"], sizes["DI1_5Y"]
    markets = [(day, thin, size * 100.0, size * 2.3) for day in DAYS] + [(day, deep, 1e9, 1e8) for day in DAYS]
    depth = pl.DataFrame(markets, schema=DEPTH_SCHEMA, orient="row")
    prices = dataclasses.replace(all_current(len(VALUES)), depth=depth)
    book = open_book(VALUES, views, LONE, parameters, DAYS[0], prices).frames
    risk = pl.col("contracts") * pl.col("unit_vol_brl")
    net = book["target_position"].group_by("as_of", maintain_order=True).agg(risk.sum().abs())
    daily = PARAMETERS.portfolio.target_volatility / np.sqrt(252.0) * book["portfolio_state"]["nav_brl"]
    both = book["target_position"].filter(pl.col("contracts") != 0).group_by("as_of").len()
    assert (both["len"] == 2).sum() > 20
    assert float((net["contracts"] / daily).to_numpy().max()) < 0.105
