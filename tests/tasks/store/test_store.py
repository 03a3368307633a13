"""The store: written once stays, later knowledge is invisible earlier, and the same again is nothing."""

from __future__ import annotations

import datetime as dt
import math
import uuid

import polars as pl
import pytest

from desk.errors import Busy, StoreError, WrongWorld
from desk.model import OBSERVATION, SILVER, UTC
from tasks.store import Book, Store

pytestmark = pytest.mark.db

MONDAY = dt.datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


def observations(*rows: tuple[str, dt.date, dt.datetime, float | None]) -> pl.DataFrame:
    full = [(*row, "rule", 1) for row in rows]
    return pl.DataFrame(full, schema=OBSERVATION.stored_schema, orient="row")


async def test_a_silver_row_is_written_once_and_keeps_every_bit(store: Store) -> None:
    values = [0.1 + 0.2, 1e-300, 5e-324, 123456789.123456789, -0.32, None, math.pi]
    frame = observations(*(("usdbrl", dt.date(2026, 1, 5 + i), MONDAY, v) for i, v in enumerate(values)))
    assert await store.write_silver("observation", frame) == 7
    assert await store.write_silver("observation", frame) == 0
    back = await store.read_silver("observation", MONDAY, dt.date(2026, 1, 1))
    assert back["value"].to_list() == values
    assert back.schema == pl.Schema(OBSERVATION.stored_schema)


async def test_a_stored_row_is_never_updated(store: Store) -> None:
    day = dt.date(2026, 1, 9)
    await store.write_silver("observation", observations(("cdi_daily", day, MONDAY, 1.0)))
    assert await store.write_silver("observation", observations(("cdi_daily", day, MONDAY, 2.0))) == 0
    assert (await store.read_silver("observation", MONDAY, day))["value"].to_list() == [1.0]


async def test_later_knowledge_and_revisions_are_invisible_to_an_earlier_as_of(store: Store) -> None:
    day, second = dt.date(2026, 1, 9), dt.timedelta(microseconds=1)
    await store.write_silver(
        "observation",
        observations(
            ("ipca", day, MONDAY, 0.0033),
            ("ipca", day, MONDAY + second, 0.0035),  # a revision
            ("selic_target", day, MONDAY + second, 0.15),  # planted: known a microsecond too late
        ),
    )
    early = await store.read_silver("observation", MONDAY, dt.date(2000, 1, 1))
    assert early.select("series_id", "value").rows() == [("ipca", 0.0033)]
    late = await store.read_silver("observation", MONDAY + second, dt.date(2000, 1, 1))
    assert late.height == 3
    assert (await store.latest_values("observation", day, day, ["ipca"]))["value"].to_list() == [0.0035]
    by_then = await store.latest_values("observation", day, day, ["ipca"], known_by=MONDAY)
    assert by_then["value"].to_list() == [0.0033]


async def test_observations_of_every_year_have_a_partition(store: Store) -> None:
    days = [dt.date(1962, 1, 2), dt.date(1999, 12, 31), dt.date(2000, 1, 1), dt.date(2035, 12, 31), dt.date(2040, 1, 2)]
    assert await store.write_silver("observation", observations(*(("x", day, MONDAY, 1.0) for day in days))) == 5
    assert (await store.latest_values("observation", days[0], days[-1]))["obs_date"].to_list() == days
    between = await store.read_silver("observation", MONDAY, days[1], until=days[2])
    assert between["obs_date"].to_list() == days[1:3]


async def test_texts_come_back_as_they_went_in(store: Store) -> None:
    texts = ['with "quotes"', "comma, inside", "new\nline", "Câmbio", "", " spaced ", "\\N", "it's"]
    rows = [(text, "2026", 0, dt.date(2026, 1, 9), MONDAY, *[0.04] * 5, 100, "source", 1) for text in texts]
    frame = pl.DataFrame(rows, schema=SILVER["expectation"].stored_schema, orient="row")
    assert await store.write_silver("expectation", frame) == len(texts)
    back = await store.read_silver("expectation", MONDAY, dt.date(2026, 1, 1))
    assert sorted(back["indicator"].to_list()) == sorted(texts)
    chosen = await store.read_silver("expectation", MONDAY, dt.date(2026, 1, 1), entities=["it's"])
    assert chosen["indicator"].to_list() == ["it's"]
    assert (await store.read_silver("expectation", MONDAY, dt.date(2026, 1, 1), entities=[])).is_empty()


@pytest.mark.parametrize("number", [math.nan, math.inf])
async def test_what_is_not_a_number_is_refused_by_name(store: Store, number: float) -> None:
    with pytest.raises(StoreError, match="observation: not a finite number in value"):
        await store.write_silver("observation", observations(("x", dt.date(2026, 1, 9), MONDAY, number)))


async def test_a_key_twice_in_one_frame_is_refused(store: Store) -> None:
    row = ("x", dt.date(2026, 1, 9), MONDAY, 1.0)
    with pytest.raises(StoreError, match="comes 2 times"):
        await store.write_silver("observation", observations(row, row))


async def test_stored_entities_are_those_with_a_row(store: Store) -> None:
    await store.write_silver("observation", observations(("x", dt.date(2026, 1, 9), MONDAY, 1.0)))
    assert await store.stored_entities("observation", ["x", "y"]) == {"x"}


async def test_a_database_holds_one_world(store: Store, database_url: str) -> None:
    with pytest.raises(WrongWorld, match="holds 'sandbox' data, and this run is 'live'"):
        await Store.open(database_url, world="live")
    whatever = await Store.open(database_url, world=None)
    assert whatever.world == "sandbox"
    await whatever.close()


async def test_a_database_without_schema_or_world_says_so(empty_database_url: str, database_url: str) -> None:
    with pytest.raises(StoreError, match="has no schema"):
        await Store.open(empty_database_url, world="live")
    with pytest.raises(StoreError, match="holds no world yet"):
        await Store.open(database_url, world=None)


async def test_a_lock_tells_the_living_from_the_dead(store: Store) -> None:
    assert not await store.is_locked("flow", "daily")
    async with store.run_lock("flow", "daily"):
        assert await store.is_locked("flow", "daily")
        assert await store.locked("flow", ["daily", "backfill"]) == {"daily"}
        with pytest.raises(Busy, match="another process holds flow daily"):
            async with store.run_lock("flow", "daily"):
                pass
    assert not await store.is_locked("flow", "daily")


async def test_a_book_is_opened_once(store: Store) -> None:
    first = Book("main", dt.date(2024, 1, 2), 100e6, MONDAY, uuid.uuid4())
    second = Book("main", dt.date(2025, 1, 2), 50e6, MONDAY, uuid.uuid4())
    assert await store.open_book(first) == first
    assert await store.open_book(second) == first
    assert await store.books() == [first]
