"""A line that cannot roll is traded where it is; a roll that is too large for its markets is made in parts."""

from __future__ import annotations

import dataclasses
import json
from functools import cache

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import package_terms
from desk.portfolio.book_state_json import from_json, to_json
from desk.portfolio.contracts import map_contracts
from desk.portfolio.portfolio_pass import Frames, continue_book, open_book
from desk.portfolio.price_inputs import all_current
from desk.risk.gate_basis import GateInput
from desk.risk.gate_sizes import market_share
from desk.strategies import STRATEGIES
from desk.transforms.market_depth import DEPTH_SCHEMA
from tests.desk.portfolio.panels import FREE, LONE, make_values, views_of

PARAMETERS = load_desk_parameters()
RULES = load_defence().gate
VALUES = make_values(520)
DAYS = VALUES["day"].to_list()
IDS = PARAMETERS.instrument_ids
NAMES = [terms.id for terms in LONE]


@cache
def mapped(name: str) -> list[str]:
    """The calendar's contract of the line by row."""
    found = map_contracts(PARAMETERS.instruments, VALUES["day"].to_numpy().astype("datetime64[D]"))
    return [str(one) for one in found.contract_id[:, IDS.index(name)]]


def rolls_of(name: str) -> list[int]:
    return [row for row in range(200, len(DAYS)) if mapped(name)[row] != mapped(name)[row - 1]]


@cache
def short_cupom() -> tuple[pl.DataFrame, int, int]:
    """A panel whose cupom ends at a year, so that the next contract of DDI_1Y has no price for a while after its roll:
    the row of the roll, and the first row on which it has one again, or the line another."""
    long = [name for name in VALUES.columns if name.startswith("cupom_") and int(name[6:]) > 252]
    values = VALUES.with_columns(pl.lit(None, pl.Float64).alias(name) for name in long)
    book = open_book(values, views_of(values, {"DDI_1Y": np.full(len(DAYS), 0.9)}), LONE, FREE, DAYS[260]).frames
    line = book["target_position"].filter(instrument_id="DDI_1Y").sort("as_of")["contract_id"].to_list()
    rows = [row for row in range(265, len(DAYS)) if line[row - 260] not in (mapped("DDI_1Y")[row], "")]
    first = next(row for row in rows if line[row - 261] == mapped("DDI_1Y")[row - 1])
    after = next(row for row in range(first, len(DAYS)) if row not in rows)
    assert after - first > 12
    return values, first, after


@pytest.mark.parametrize("others", [False, True])
def test_a_line_whose_next_contract_has_no_price_gets_smaller_where_it_is_and_never_larger(others: bool) -> None:
    """The view falls to a third, ends, and comes back while the line cannot roll."""
    values, first, after = short_cupom()
    view = np.full(len(DAYS), 0.9)
    view[first + 4 : first + 8], view[first + 8 : first + 10] = 0.3, 0.0
    beside = {"DOL": np.full(len(DAYS), 0.8)} if others else {}
    book = open_book(values, views_of(values, {"DDI_1Y": view} | beside), LONE, FREE, DAYS[260]).frames
    line = book["target_position"].filter(instrument_id="DDI_1Y").sort("as_of")[first - 260 : after - 260]
    held = line["contracts"].abs().to_list()
    assert line["contract_id"][:8].unique().to_list() == [mapped("DDI_1Y")[first - 1]]
    assert held[0] > 0
    assert held[4] < 0.7 * held[3]
    assert held == sorted(held, reverse=True)
    assert set(held[8:]) == {0}, "not opened again in a contract that it is to leave"
    orders = book["action"].filter(pl.col("instrument_id") == "DDI_1Y")
    for name in ("cost_brl", "dv01_change_brl", "notional_change_brl"):
        assert orders[name].is_finite().all(), name  # else the gate stops every order of the day
    traded = book["target_position"].join(
        orders.select("as_of", "instrument_id").unique(), on=["as_of", "instrument_id"]
    )
    assert traded["unit_vol_brl"].is_finite().all()
    cut = orders.filter(pl.col("contracts_to").abs() == held[4])
    assert cut["contract_id"].to_list() == [mapped("DDI_1Y")[first - 1]]


def test_the_breaker_and_the_limits_cut_a_line_that_cannot_roll() -> None:
    """Its own share of the risk passes the limit on a day on which its deviation trebles."""
    values, first, _ = short_cupom()
    front = [name for name in values.columns if name.startswith("cupom_") and int(name[6:]) <= 252]
    rng, jumps = np.random.default_rng(3), np.zeros(len(DAYS))
    jumps[first + 2 :] = np.cumsum(rng.choice([-1.0, 1.0], len(DAYS) - first - 2)) * 0.01
    values = values.with_columns((pl.col(name) + pl.Series(jumps)).alias(name) for name in front)
    book = open_book(values, views_of(values, {"DDI_1Y": np.full(len(DAYS), 0.9)}), LONE, PARAMETERS, DAYS[260]).frames
    line = book["target_position"].filter(instrument_id="DDI_1Y").sort("as_of")[first - 260 : first - 248]
    risk = line["contracts"].abs() * line["unit_vol_brl"] / (0.08 / np.sqrt(252.0) * 1e8)
    assert line["contract_id"].n_unique() == 1
    assert line["unit_vol_brl"][-1] > 2.0 * line["unit_vol_brl"][0]
    assert float(risk.max() or 0.0) <= PARAMETERS.limits.threshold("instrument_risk_share") * 1.05
    assert abs(line["contracts"][-1]) < 0.7 * abs(line["contracts"][0])


def test_a_package_with_a_line_that_cannot_roll_gets_smaller_whole() -> None:
    """A slope on the cupom's line and another: it stays neutral while it waits to roll, and ends as a whole."""
    values, first, after = short_cupom()
    slope = next(one for one in package_terms(STRATEGIES) if one.id == "RATES_SLOPE_MEANREV")
    names = "DDI_1Y", "DDI_6M"
    legs = tuple(dataclasses.replace(leg, instrument=name) for leg, name in zip(slope.legs, names, strict=True))
    pair = (dataclasses.replace(slope, legs=legs),)
    view = np.full(len(DAYS), 0.9)
    view[first + 4 :] = 0.0
    book = open_book(values, views_of(values, {slope.id: view}), pair, FREE, DAYS[260]).frames
    rows = book["package"].sort("as_of")[first - 260 : after - 260]
    assert float(rows["imbalance"].drop_nulls().max() or 0.0) <= 0.05  # type: ignore[arg-type]
    legs_of = [json.loads(text) for text in rows["legs"]]
    assert set(legs_of[3]) == {"DDI_1Y", "DDI_6M"}
    assert abs(legs_of[3]["DDI_1Y"]) <= abs(legs_of[0]["DDI_1Y"])
    assert legs_of[4] == {}


def thin(name: str, volume: float, last: float | None = None) -> pl.DataFrame:
    """The market of every contract that the line is in; `last`: that of the last of them."""
    names = list(dict.fromkeys(mapped(name)[200:]))
    volumes = dict.fromkeys(names, volume) | ({names[-1]: last} if last is not None else {})
    rows = [(day, one, 100.0 * volumes[one], volumes[one]) for day in DAYS[200:] for one in names]
    return pl.DataFrame(rows, schema=DEPTH_SCHEMA, orient="row")


def in_market(name: str, view: float, depth: pl.DataFrame, begin: int) -> tuple[Frames, pl.DataFrame, list[float]]:
    """The book of one line from row `begin`, its line, and each day's largest order over a day's volume."""
    prices = dataclasses.replace(all_current(len(VALUES)), depth=depth)
    views = views_of(VALUES, {name: np.full(len(VALUES), view)})
    frames = open_book(VALUES, views, LONE, FREE, DAYS[begin], prices).frames
    shares = []
    for day, as_of in zip(DAYS[begin:], frames["portfolio_state"]["as_of"].sort(), strict=True):
        today = {"action": frames["action"].filter(as_of=as_of)}
        listed = depth.filter(day=day).drop("day")
        shares.append(market_share(GateInput(today, {}, listed, "", 0.08), "volume").value or 0.0)
    return frames, frames["target_position"].filter(instrument_id=name).sort("as_of"), shares


def test_a_roll_that_is_larger_than_what_passes_is_made_in_parts() -> None:
    """Four and a half days at a tenth of the volume are held, of which a fifth of a day passes as one order."""
    roll = rolls_of("DI1_5Y")[-1]
    begin = roll - 12
    frames, line, shares = in_market("DI1_5Y", 0.9, thin("DI1_5Y", 1_000.0), begin)
    held, names = line["contracts"].abs().to_list(), line["contract_id"].to_list()
    old, new = mapped("DI1_5Y")[roll - 1], mapped("DI1_5Y")[roll]
    at = roll - begin
    assert held[at - 1] == pytest.approx(450, abs=5)
    assert max(shares) <= RULES["volume"].threshold
    assert names[at : at + 3] == [old, old, new], "two orders of a fifth of a day, then one roll"
    assert held[at] == pytest.approx(250, abs=5)
    assert held[at + 1] == 200
    assert held[at + 4] == pytest.approx(450, abs=5), "built up again by orders that pass"
    bound = frames["portfolio_state"].sort("as_of")["limits_bound"].to_list()
    entry = next(part for part in json.loads(bound[at]) if part["limit"] == "roll")
    assert (entry["subjects"], abs(entry["contracts"]), entry["taken"]) == (["DI1_5Y"], held[at] - 200, 0.0)
    opening = next(part for part in json.loads(bound[0]) if part["limit"] == "order_volume")
    assert opening["subjects"] == ["DI1_5Y"]
    assert abs(opening["contracts"]) == pytest.approx(250, abs=5)
    total = frames["pnl_attribution"]["pnl_brl"].sum()
    state = frames["portfolio_state"].sort("as_of")["nav_brl"]
    assert total == pytest.approx(state[-1] - state[0], abs=0.01)


def test_what_cannot_be_rolled_at_all_is_settled_when_its_contract_matures() -> None:
    """The next contract has no market: the line stays in the old one to its last session, and no order is made in it on
    the day that it matures."""
    roll = rolls_of("DOL")[-1]
    begin = roll - 12
    frames, line, shares = in_market("DOL", 0.9, thin("DOL", 1_000.0, last=0.0), begin)
    names, held = line["contract_id"].to_list(), line["contracts"].abs().to_list()
    old = mapped("DOL")[roll - 1]
    last = max(at for at, name in enumerate(names) if name == old)
    ends = line["maturity"][last]
    assert last > roll - begin, "it could not roll"
    assert DAYS[begin + last] <= ends
    assert max(shares) <= RULES["volume"].threshold
    assert held[last] > 0
    assert set(held[last + 1 :]) <= {0}
    settled = frames["action"].filter(pl.col("as_of") >= line["as_of"][roll - begin], instrument_id="DOL")
    assert settled.is_empty()
    state = frames["portfolio_state"].sort("as_of")["nav_brl"]
    assert frames["pnl_attribution"]["pnl_brl"].sum() == pytest.approx(state[-1] - state[0], abs=0.01)


@pytest.mark.parametrize("case", ["no price", "large roll", "no market"])
def test_cut_between_two_days_the_book_is_that_of_one_pass(case: str) -> None:
    """Stored as the run stores it, on every day around the one on which the line could not roll."""
    values, prices, name = VALUES, all_current(len(VALUES)), "DI1_5Y"
    if case == "no price":
        values, row, _ = short_cupom()
        name = "DDI_1Y"
    else:
        name = "DI1_5Y" if case == "large roll" else "DOL"
        row = rolls_of(name)[-1]
        prices = dataclasses.replace(prices, depth=thin(name, 1_000.0, None if case == "large roll" else 0.0))
    view = np.full(len(DAYS), 0.9)
    view[row + 3 :] = 0.2
    views = views_of(values, {name: view})
    until = min(row + 8, len(DAYS))
    whole = open_book(values[:until], views, LONE, PARAMETERS, DAYS[row - 6], prices[:until]).frames
    for cut in range(row - 1, row + 4):
        part = cut + 1
        start = open_book(values[:part], views, LONE, PARAMETERS, DAYS[row - 6], prices[:part]).states[DAYS[cut]]
        stored = from_json(to_json(start, IDS, NAMES), IDS, NAMES)
        rest = continue_book(values[:until], views, LONE, PARAMETERS, stored, prices=prices[:until]).frames
        for table, frame in rest.items():
            later = whole[table].filter(pl.col("as_of") > decision_time(DAYS[cut]))
            assert_frame_equal(frame, later, check_exact=True)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_order_is_larger_than_what_passes_whatever_the_markets_are(seed: int) -> None:
    """Contracts without a market, with an empty one, with open interest alone; a cupom that ends early for weeks; views
    that jump, over the rolls of two months: every order passes the gate, and the money adds up."""
    rng = np.random.default_rng(seed)
    begin = len(DAYS) - 45
    values = VALUES
    for bd in ("504", "756", "1260"):
        gone = pl.int_range(pl.len()).is_between(begin + 8, begin + 8 + int(rng.integers(5, 25)))
        values = values.with_columns(pl.when(gone).then(None).otherwise(f"cupom_{bd}").alias(f"cupom_{bd}"))
    rows = []
    for contract in sorted(
        {one for name in IDS for one in mapped(name)[begin:] if one[:3] in {"DI1", "DAP", "DOL", "IND", "FRC"}}
    ):
        kind, size = (
            rng.choice(["none", "empty", "interest", "thin", "deep"], p=[0.1, 0.1, 0.2, 0.4, 0.2]),
            rng.integers(50, 5_000),
        )
        markets = {"none": (None, None), "empty": (0.0, 0.0), "interest": (size * 25.0, None), "deep": (1e8, 1e7)}
        interest, volume = markets.get(str(kind), (size * 10.0, float(size)))
        rows += [(day, contract, interest, volume) for day in DAYS[begin:] if interest is not None]
    depth = pl.DataFrame(rows, schema=DEPTH_SCHEMA, orient="row")
    prices = dataclasses.replace(all_current(len(VALUES)), depth=depth)
    paths = {name: np.tanh(np.cumsum(rng.normal(0, 0.4, len(DAYS)))) for name in IDS if name != "SOV_BR_5Y"}
    book = open_book(values, views_of(values, paths), LONE, PARAMETERS, DAYS[begin], prices).frames
    state = book["portfolio_state"].sort("as_of")
    assert state["nav_brl"].is_finite().all()
    assert book["pnl_attribution"]["pnl_brl"].sum() == pytest.approx(
        state["nav_brl"][-1] - state["nav_brl"][0], abs=0.01
    )
    rolls = 0
    for day, as_of in zip(DAYS[begin:], state["as_of"], strict=True):
        orders = book["action"].filter(as_of=as_of)
        found = GateInput({"action": orders}, {}, depth.filter(day=day).drop("day"), "", 0.08)
        for check in ("open_interest", "volume"):
            value = market_share(found, check).value
            assert value is None or value <= RULES[check].threshold + 1e-12, (day, check, value)
        rolls += orders.filter(pl.col("sentence").str.contains("rolls")).height
    assert rolls > 0
    assert not orders.filter(pl.col("order_contracts") == 0).height
