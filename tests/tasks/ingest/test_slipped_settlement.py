"""The settlements that the book is marked at, each slipped on its newest day: none is believed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
import pytest

from desk.catalog import Catalog, load_catalog
from desk.catalog.plausibility import JUDGED, load_plausibility
from desk.catalog.siblings import load_siblings
from desk.model import SILVER
from desk.plausibility.identities import every_peer
from desk.plausibility.judge import judge
from desk.plausibility.points import point_key, points_of
from tests.fixtures.flows import FILLED_DAY, RunningDesk

pytestmark = [pytest.mark.flow, pytest.mark.db]

ROOTS = ("DI1", "DAP", "DOL", "IND", "NTN-B")
SLIPS = {"x10": 10.0, "x100": 100.0, "/10": 0.1, "sign": -1.0}


@dataclass(frozen=True)
class Stored:
    """`newest`: the last settlement of each judged column of the book's contracts. `history`: all before that day.
    `beside`: the curve of its day."""

    newest: pl.DataFrame
    history: pl.DataFrame
    beside: pl.DataFrame
    catalog: Catalog


@pytest.fixture(scope="module")
async def stored(filled: RunningDesk) -> Stored:
    lines = await filled.gold("target_position", FILLED_DAY)
    contracts = [one for one in lines["contract_id"] if one.startswith(ROOTS)]
    entities = [f"TD:{one}" if one.startswith("NTN-B") else one for one in contracts]
    since = FILLED_DAY - dt.timedelta(days=400)
    async with filled.store() as store:
        settlements = points_of(SILVER["settlement"], await store.believed_values("settlement", since, entities))
        curves = points_of(SILVER["curve_point"], await store.believed_values("curve_point", since, ["PRE"]))
    day = settlements["obs_date"].max()
    on_the_day = pl.col("obs_date") == day
    return Stored(
        settlements.filter(on_the_day),
        settlements.filter(pl.col("obs_date") < day),
        curves.filter(on_the_day),
        load_catalog(),
    )


def test_the_settlements_that_the_book_is_marked_at_are_all_there(stored: Stored) -> None:
    """What B3 and the Treasury print of them: a price and a rate, or a price alone where it is the quote."""
    known = {root: stored.newest.filter(pl.col("key").str.contains(f":(TD:)?{root}")) for root in ROOTS}
    columns = {root: set(rows["key"].str.extract(r"settlement\.(\w+):")) for root, rows in known.items()}
    both = set(JUDGED["settlement"])
    assert columns == {"DI1": both, "DAP": both, "DOL": {"price"}, "IND": {"price"}, "NTN-B": both}
    assert point_key("settlement", "price", "DOLZ26") in stored.newest["key"]
    assert stored.newest.height > 25


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("column", JUDGED["settlement"])
@pytest.mark.parametrize("has_curve", [True, False], ids=["beside the curve", "before the curve"])
def test_a_slipped_settlement_is_held(stored: Stored, column: str, slip: str, has_curve: bool) -> None:
    """`before the curve`: that of its day has not come yet."""
    rules, here = load_plausibility(), pl.col("key").str.starts_with(f"settlement.{column}:")
    new = stored.newest.with_columns(
        pl.when(here).then(pl.col("value") * SLIPS[slip]).otherwise("value").alias("value")
    )
    near = pl.concat([stored.beside, new]) if has_curve else new
    peers = every_peer(near, load_siblings(), rules, stored.catalog, set(new["key"]))
    verdicts = judge(new, stored.history, peers, rules, stored.catalog).verdicts.filter(here)
    assert verdicts.height == stored.newest.filter(here).height
    believed = verdicts.filter(pl.col("verdict") != "held")
    assert believed.select("key", "value", "expected", "score").rows() == []


def test_the_same_settlements_as_they_came_are_believed(stored: Stored) -> None:
    rules = load_plausibility()
    near = pl.concat([stored.beside, stored.newest])
    peers = every_peer(near, load_siblings(), rules, stored.catalog, set(stored.newest["key"]))
    held = judge(stored.newest, stored.history, peers, rules, stored.catalog).having("held")
    assert held.select("key", "value", "rule", "expected").rows() == []
