"""A misplaced decimal point that stays: neither later prints nor a second service of the same publisher prove it."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.catalog.plausibility import load_plausibility
from desk.catalog.siblings import load_siblings
from desk.plausibility.identities import every_peer
from desk.plausibility.judge import judge
from desk.plausibility.release import HELD_SCHEMA, releases
from tests.desk.plausibility.points import NO_PEERS, PTAX, series
from tests.desk.plausibility.test_judge import walk

CATALOG, RULES, PAIRS = load_catalog(), load_plausibility(), load_siblings()
SGS, BUY = "observation.value:usdbrl_sgs_sell", "observation.value:usdbrl_ptax_buy"
YAHOO = "price_bar.close:yahoo_usdbrl"
HISTORY = series(PTAX, walk(60))
AFTER = HISTORY["obs_date"][-1] + dt.timedelta(days=1)
STORED = pl.concat([HISTORY, *(series(key, walk(60)) for key in (SGS, BUY, YAHOO))])


def known(points: pl.DataFrame) -> pl.DataFrame:
    """What is declared to speak of the points beside what is stored."""
    return every_peer(pl.concat([STORED, points]), PAIRS, RULES, CATALOG)


def held(*rows: pl.DataFrame) -> pl.DataFrame:
    """The first of each of `rows`, held as slips an hour after they were known."""
    first = pl.concat([one[:1] for one in rows])
    late = pl.col("knowledge_time").dt.offset_by("1h")
    numbers = pl.int_range(pl.len(), dtype=pl.Int64)
    return first.with_columns(hold_id=numbers, rule=pl.lit("slip"), held_at=late).cast(HELD_SCHEMA)


@pytest.mark.parametrize("move", [0.9, 0.97, 1.0, 1.05, 1.1])
@pytest.mark.parametrize("factor", [10.0, 0.1, 100.0])
def test_a_slip_of_ten_days_in_one_fetch_is_held_on_each_of_them(factor: float, move: float) -> None:
    """Also on a day that has moved by tens of deviations, when the shift of the point alone does not explain it."""
    level = HISTORY["value"][-1] * move * factor
    rows = series(PTAX, [level * (1 + 0.002 * (at % 3)) for at in range(10)], first=AFTER)
    found = judge(rows, HISTORY, NO_PEERS, RULES, CATALOG).verdicts
    assert found["verdict"].to_list() == ["held"] * 10
    assert not found["kept"].any()


@pytest.mark.parametrize("rule", ["slip", "step", "sibling", "digits"])
def test_no_later_print_releases_it(rule: str) -> None:
    rows = series(PTAX, [40.9, 41.0, 41.1, 40.8, 40.9, 41.0], first=AFTER)
    hold = held(rows).with_columns(rule=pl.lit(rule))
    assert releases(hold, HISTORY, rows[1:], NO_PEERS, RULES, CATALOG) == []
    near = series(PTAX, [6.6, 6.7, 6.65, 6.62, 6.6, 6.6], first=AFTER)
    found = releases(hold.with_columns(value=6.6), HISTORY, near[1:], NO_PEERS, RULES, CATALOG)
    assert [one.rule for one in found] == ["level"]


def test_a_young_series_whose_first_value_was_the_slip_comes_back_by_itself() -> None:
    """Of two levels nobody knows which is wrong: three later prints tell."""
    rows = series(PTAX, [40.9, 4.09, 4.10, 4.08, 4.09, 4.10])
    found = judge(rows[1:], rows[:1], NO_PEERS, RULES, CATALOG).verdicts
    assert found["verdict"].to_list() == ["held", "ok", "ok", "ok", "ok"]


def test_both_services_of_one_publisher_slipped_together_confirm_nothing() -> None:
    """The central bank's own slip is in PTAX, both sides, and in SGS. With Yahoo's number, and on a day without it."""
    sell, sgs = series(PTAX, [40.9], first=AFTER), series(SGS, [40.9], first=AFTER)
    buy = series(BUY, [40.88], first=AFTER)
    yahoo = series(YAHOO, [4.1], first=AFTER)
    for beside in (pl.concat([sell, buy, sgs]), pl.concat([sell, buy, sgs, yahoo])):
        peers = known(beside)
        for row in (sell, buy, sgs):
            verdict = judge(row, STORED, peers, RULES, CATALOG).verdicts.row(0, named=True)
            assert verdict["verdict"] == "held", (row["key"][0], beside.height)
        assert releases(held(sell, sgs), STORED, sell.clear(), peers, RULES, CATALOG) == []


def test_an_independent_market_price_does_confirm_it() -> None:
    rows, yahoo = series(PTAX, [40.9], first=AFTER), series(YAHOO, [41.0], first=AFTER)
    peers = known(pl.concat([rows, yahoo]))
    assert judge(rows, HISTORY, peers, RULES, CATALOG).verdicts["verdict"].to_list() == ["suspect"]
    assert [one.reason for one in releases(held(rows), STORED, rows.clear(), peers, RULES, CATALOG)] == [
        "yahoo_usdbrl agrees"
    ]


def test_the_first_value_of_a_series_is_held_where_another_contradicts_it() -> None:
    """A contract's first settlement, its price a tenth: its own rate says so. Alone it is believed."""
    price = series("settlement.price:DI1F33", [3_890.0])
    rate = series("settlement.rate:DI1F33", [0.135])
    both = pl.concat([price, rate])
    peers = every_peer(both, PAIRS, RULES, CATALOG)
    found = judge(both, HISTORY.clear(), peers, RULES, CATALOG).verdicts
    assert set(found.select("verdict", "rule").rows()) == {("held", "sibling")}
    right = pl.concat([price.with_columns(value=pl.lit(36_548.55)), rate])
    agreed = judge(right, HISTORY.clear(), every_peer(right, PAIRS, RULES, CATALOG), RULES, CATALOG).verdicts
    assert agreed["verdict"].to_list() == ["ok", "ok"]
    assert judge(price, HISTORY.clear(), NO_PEERS, RULES, CATALOG).verdicts["verdict"].to_list() == ["ok"]
