"""Silver read and written whole: which vintages, of which entities, in which order; what a wrong call is told."""

from __future__ import annotations

import datetime as dt
import uuid

import polars as pl
import pytest

from desk.errors import StoreError
from desk.model import CURVE_POINT, OBSERVATION, SILVER, UTC
from tasks.store import Store
from tasks.store.holds import Hold
from tests.tasks.store.test_store import observations

pytestmark = pytest.mark.db

FIRST, DAY = dt.date(2026, 1, 8), dt.date(2026, 1, 9)
MONDAY = dt.datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + dt.timedelta(days=1)
ROWS = observations(
    ("vix", DAY, MONDAY, 15.0),
    ("ptax", DAY, TUESDAY, 4.2),
    ("ptax", DAY, MONDAY, 4.1),
    ("ptax", FIRST, MONDAY, 4.0),
    ("ptax", FIRST - dt.timedelta(days=1), MONDAY, 3.9),
    ("cdi", FIRST, MONDAY, 0.15),
)


def hold(table: str = "observation", entity: str = "ptax", known: dt.datetime = TUESDAY) -> Hold:
    return Hold(table, "value", entity, DAY, known, "bcb_ptax", 4.2, "slip", 4.1, "yahoo", 4.1, "far off")


async def test_believed_values_are_the_newest_of_each_day_sorted_by_key(store: Store) -> None:
    await store.write_silver("observation", ROWS)
    found = await store.believed_values("observation", FIRST, ["vix", "ptax"])
    assert found.select("series_id", "obs_date", "value").rows() == [
        ("ptax", FIRST, 4.0), ("ptax", DAY, 4.2), ("vix", DAY, 15.0),
    ]  # fmt: skip
    assert found.columns == list(OBSERVATION.stored_schema)
    assert (await store.believed_values("observation", FIRST, [])).is_empty()


async def test_a_held_vintage_leaves_the_one_before_it(store: Store) -> None:
    assert await store.write_judged("observation", ROWS, [hold()], uuid.uuid4(), TUESDAY) == 6
    believed = await store.believed_values("observation", DAY, ["ptax"])
    assert believed.select("value", "knowledge_time").rows() == [(4.1, MONDAY)]


async def test_a_hold_is_of_its_own_table(store: Store) -> None:
    await store.write_judged("observation", ROWS, [hold("settlement")], uuid.uuid4(), TUESDAY)
    assert (await store.believed_values("observation", DAY, ["ptax"]))["value"].to_list() == [4.2]
    assert (await store.read_silver("observation", TUESDAY, DAY, ["ptax"]))["value"].to_list() == [4.1, 4.2]


async def test_verdicts_are_stored_with_their_run_and_hour(store: Store) -> None:
    run = uuid.uuid4()
    rest, odd = ROWS.filter(ROWS["series_id"] != "ptax"), hold(entity="vix", known=MONDAY)
    assert await store.write_judged("observation", rest, [hold()], run, TUESDAY, [odd]) == 2
    async with store.connections.acquire() as connection:
        holds = await connection.fetch("SELECT entity, run_id, held_at FROM hold")
        suspects = await connection.fetch("SELECT entity, run_id, found_at FROM suspect")
    assert [tuple(row) for row in holds] == [("ptax", run, TUESDAY)]
    assert [tuple(row) for row in suspects] == [("vix", run, TUESDAY)]


async def test_nothing_to_write_is_nothing(store: Store) -> None:
    none = ROWS.clear()
    assert await store.write_judged("observation", none, [], uuid.uuid4(), MONDAY) == 0
    both = {"observation": none, "curve_point": pl.DataFrame(schema=CURVE_POINT.stored_schema)}
    assert await store.write_silver_tables(both) == [0, 0]
    assert await store.write_silver_tables({**both, "observation": ROWS}) == [6, 0]


async def test_a_day_is_the_newest_by_then_whatever_order_it_came_in(store: Store) -> None:
    await store.write_silver("observation", ROWS)
    newest = await store.latest_values("observation", FIRST, DAY)
    assert newest.select("series_id", "obs_date", "value").rows() == [
        ("cdi", FIRST, 0.15), ("ptax", FIRST, 4.0), ("ptax", DAY, 4.2), ("vix", DAY, 15.0),
    ]  # fmt: skip


async def test_an_unknown_table_is_named_with_those_there_are(store: Store) -> None:
    message = rf"there is no silver table 'gold'; there are {', '.join(SILVER)}$"
    with pytest.raises(StoreError, match=message):
        await store.read_silver("gold", MONDAY, DAY)
    with pytest.raises(StoreError, match=message):
        await store.write_silver("gold", ROWS)


async def test_a_key_twice_is_named_with_its_table_and_values(store: Store) -> None:
    with pytest.raises(StoreError, match=r"^observation: the key \{'series_id': 'vix', .* comes 2 times"):
        await store.write_silver("observation", ROWS[[0, 0]])
