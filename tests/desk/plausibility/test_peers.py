"""Siblings in their measure, sums, orders and curves: what each leaves for a point, and who is held for it."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.catalog.plausibility import load_plausibility
from desk.catalog.siblings import load_siblings
from desk.plausibility.identities import every_peer
from desk.plausibility.judge import judge
from tests.desk.plausibility.points import FIRST, series, weekdays

CATALOG, RULES, PAIRS = load_catalog(), load_plausibility(), load_siblings()


def held(new: pl.DataFrame, history: pl.DataFrame) -> dict[str, str]:
    """Key -> rule of what is held of `new`."""
    values = pl.concat([history, new])
    peers = every_peer(values, PAIRS, RULES, CATALOG)
    found = judge(new, history, peers, RULES, CATALOG).verdicts.filter(pl.col("verdict") == "held")
    return dict(zip(found["key"], found["rule"], strict=True))


def stored_and_new(values: dict[str, list[float]], first: dt.date = FIRST) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(the last value of each key, those before it)."""
    frames = [series(key, numbers, first) for key, numbers in values.items()]
    return pl.concat([frame[-1:] for frame in frames]), pl.concat([frame[:-1] for frame in frames])


def test_a_rate_by_the_day_confirms_the_rate_by_the_year() -> None:
    daily = 1.1490 ** (1 / 252) - 1
    values = {"observation.value:cdi_annual": [0.1490] * 5, "observation.value:cdi_daily": [daily] * 5}
    points = pl.concat([series(key, numbers) for key, numbers in values.items()])
    peers = every_peer(points, PAIRS, RULES, CATALOG).filter(pl.col("peer").is_in(["cdi_daily", "cdi_annual"]))
    joined = peers.join(points, on=["key", "obs_date"])
    assert joined.height == 10
    assert joined["value"].to_list() == pytest.approx(joined["peer_value"].to_list(), rel=1e-12)
    # 50 bp of tolerance by the year is 50 bp whichever of the two is judged.
    by_day = joined.filter(pl.col("peer") == "cdi_annual")["within"][0]
    assert (1 + daily + by_day) ** 252 - 1 - 0.1490 == pytest.approx(0.0005, rel=0.01)


def test_of_a_sum_the_part_that_moved_is_held() -> None:
    quiet = [0.0412, 0.0413, 0.0411, 0.0412] * 10
    real, even = [0.0190] * 40, [ten - 0.0190 for ten in quiet]
    keys = [f"observation.value:{name}" for name in ("dgs10", "dfii10", "us_breakeven_10y")]
    new, history = stored_and_new(
        {keys[0]: [*quiet, 0.0412], keys[1]: [*real, -0.0190], keys[2]: [*even, 0.0412 - 0.0190]}
    )
    assert held(new, history) == {keys[1]: "slip"}
    # 60 bp in one of the three is no slip, but the other two leave no room for it.
    new, history = stored_and_new(
        {keys[0]: [*quiet, 0.0412], keys[1]: [*real, 0.0250], keys[2]: [*even, 0.0412 - 0.0190]}
    )
    assert held(new, history) == {keys[1]: "sibling"}


def test_bid_above_ask_holds_the_side_that_moved() -> None:
    sell = [4.0936, 4.0950, 4.0921, 4.0944] * 10
    buy = [value - 0.0006 for value in sell]
    keys = ["observation.value:usdbrl_ptax_sell", "observation.value:usdbrl_ptax_buy"]
    new, history = stored_and_new({keys[0]: [*sell, 4.0940], keys[1]: [*buy, 4.2400]})
    assert held(new, history) == {keys[1]: "sibling"}


def test_a_vertex_off_its_curve_is_held_and_its_neighbours_are_not() -> None:
    curve = {21: 0.1490, 63: 0.1480, 126: 0.1465, 252: 0.1440, 504: 0.1400, 525: 0.1399, 1260: 0.1380}
    wobble = [0.0, 0.0004, -0.0003, 0.0002] * 10
    values = {f"curve_point.rate:PRE|{tenor}": [rate + one for one in wobble] + [rate] for tenor, rate in curve.items()}
    new, history = stored_and_new(values)
    assert held(new, history) == {}
    # 1.5 points are no step for a morning of 2008; a month's forward of -20% is for none.
    values["curve_point.rate:PRE|525"][-1] = 0.1250
    new, history = stored_and_new(values)
    assert held(new, history) == {"curve_point.rate:PRE|525": "sibling"}


TENORS = (1, 21, 63, 126, 252, 504, 1260, 2520)


def _pre(day_moves: list[float], **off: float) -> pl.DataFrame:
    """PRE on consecutive weekdays: all vertices move by `day_moves`; `off`: by what one of the last day is wrong."""
    level = [0.145 + sum(day_moves[: at + 1]) for at in range(len(day_moves))]
    rows = []
    for tenor in TENORS:
        own = [value + 0.001 * tenor / 2520 for value in level]
        own[-1] += off.get(f"t{tenor}", 0.0)
        rows.append(series(f"curve_point.rate:PRE|{tenor}", own))
    return pl.concat(rows)


def _held_of_curve(rows: pl.DataFrame) -> dict[str, str]:
    last = rows["obs_date"].max()
    new, history = rows.filter(pl.col("obs_date") == last), rows.filter(pl.col("obs_date") < last)
    peers = every_peer(rows, PAIRS, RULES, CATALOG)
    found = judge(new, history, peers, RULES, CATALOG).having("held")
    return dict(found.select(pl.col("key").str.split("|").list.last(), "peer").iter_rows())


@pytest.mark.parametrize("wrong", [0.01, -0.01, 0.02, -0.03, 0.045])
@pytest.mark.parametrize("tenor", TENORS[1:])
def test_a_vertex_that_moves_without_its_neighbours_is_held_and_they_are_not(tenor: int, wrong: float) -> None:
    """By a point and more, and within the largest step that the kind has shown: no other rule holds it."""
    moves = [0.0006 * (-1) ** at for at in range(60)]
    assert _held_of_curve(_pre(moves, **{f"t{tenor}": wrong})) == {str(tenor): "PRE, how its neighbours moved"}
    assert _held_of_curve(_pre(moves)) == {}


def test_a_curve_that_moves_as_one_and_an_overnight_rate_on_its_own_are_believed() -> None:
    """18 May 2017: 170 basis points in a day, all vertices. The overnight rate steps at a decision alone."""
    moves = [0.0006 * (-1) ** at for at in range(60)]
    assert _held_of_curve(_pre([*moves, 0.017])) == {}
    assert _held_of_curve(_pre(moves, t1=0.015)) == {}


def test_a_settlement_far_from_its_curve_is_held() -> None:
    tenors = {21: 0.1490, 252: 0.1440, 504: 0.1400, 1260: 0.1380}
    values = {f"curve_point.rate:PRE|{tenor}": [rate] * 41 for tenor, rate in tenors.items()}
    near = [0.1430 + one for one in [0.0, 0.0006, -0.0004, 0.0003] * 10]
    values["settlement.rate:DI1F27"] = [*near, 0.1680]
    assert held(*stored_and_new(values)) == {"settlement.rate:DI1F27": "sibling"}
    values["settlement.rate:DI1F27"] = [*near, 0.1432]
    assert held(*stored_and_new(values)) == {}


def test_a_real_rate_that_its_own_price_does_not_give_is_held_however_near_its_end() -> None:
    """Price and rate are B3's of 12 Jan 2026. The rates of a DAP with days to live go where they like: a tenth of one
    is told by its price alone."""
    for contract, price, rate in (("DAPQ28", 82029.93, 0.07995), ("DAPF26", 99881.81, 0.10444)):
        price_key, rate_key = (f"settlement.{column}:{contract}" for column in ("price", "rate"))
        days = weekdays(31, dt.date(2025, 12, 1))
        wobble = [0.0, 0.0006, -0.0004, 0.0003, -0.0005] * 6
        rates = [rate + one for one in wobble]
        values = {rate_key: [*rates, rate], price_key: [price * (1 - one) for one in wobble] + [price]}
        assert days[-1] == dt.date(2026, 1, 12)
        assert held(*stored_and_new(values, days[0])) == {}
        for slip in (0.1, 10.0, -1.0):
            slipped = {**values, rate_key: [*rates, rate * slip]}
            assert list(held(*stored_and_new(slipped, days[0]))) == [rate_key]


def test_a_price_that_its_own_rate_does_not_give_is_held() -> None:
    history = [0.1430, 0.1432, 0.1429] * 10
    prices = [1000 / (1 + rate) ** (300 / 252) for rate in history]
    values = {
        "settlement.rate:ANBIMA:LTN_2026-04-01": [*history, 0.1431],
        "settlement.price:ANBIMA:LTN_2026-04-01": [*prices, prices[-1] * 0.93],
    }
    new, stored = stored_and_new(values)
    assert held(new, stored) == {"settlement.price:ANBIMA:LTN_2026-04-01": "sibling"}
