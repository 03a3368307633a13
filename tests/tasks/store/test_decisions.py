"""Decisions are records: no write changes a decided day, and a restatement keeps the version before it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import asyncpg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk.errors import StoreError
from desk.gold import ACTION, FEATURE, PORTFOLIO_STATE
from desk.model import decision_time
from tasks.store import Book, Decision, Report, Store, WriteCounts

pytestmark = pytest.mark.db

FIRST, SECOND, THIRD = (decision_time(dt.date(2026, 1, day)) for day in (8, 9, 12))
NOW = dt.datetime(2026, 1, 12, 9, 5, tzinfo=dt.UTC)
RUN = uuid.uuid4()
TABLES = ("feature", "portfolio_state", "action", "regime")


def decision(as_of: dt.datetime, version: int = 1, **fields: object) -> Decision:
    made = Decision("model", as_of, version, "live", RUN, NOW, None, "0.1.0+abc", "00" * 32, False, None)
    return replace(made, **fields)  # type: ignore[arg-type]


def frames(value: float, *days: dt.datetime) -> dict[str, pl.DataFrame]:
    """Numbers that no decimal holds, nulls, dates, times and JSON text with its own spacing."""
    feature = [(day, "x", value, dt.date(2026, 1, 7), "pre_252", FIRST, None) for day in days]
    state = [
        (day, *[value] * 9, 3, value, value, value, "risk parity", dt.date(2026, 1, 7), value, None) for day in days
    ]
    order = [
        (day, 1, "DOL", "DOLG26", "buy", 0, 5, 5, value, -value, 0.1, None, None, '{"b" : 0.10, "a":1e-3}', "Buy; why")
        for day in days
    ]
    portfolio = pl.DataFrame(state, schema=PORTFOLIO_STATE.schema, orient="row")
    return {
        "feature": pl.DataFrame(feature, schema=FEATURE.schema, orient="row"),
        "portfolio_state": portfolio,
        "action": pl.DataFrame(order, schema=ACTION.schema, orient="row"),
    }


async def decided(store: Store) -> None:
    """Two days with rows, decisions and a page each."""
    await store.open_book(Book("model", dt.date(2026, 1, 8), 1e8, NOW, RUN))
    await store.write_gold(frames(0.1 + 0.2, FIRST, SECOND), RUN, (FIRST, SECOND))
    for day in (FIRST, SECOND):
        await store.save_report(page(day, "<html>decided</html>"))
    await store.add_decisions([decision(FIRST, 0, kind="history"), decision(SECOND, state="{}")])


def page(as_of: dt.datetime, html: str) -> Report:
    return Report(as_of, "en", RUN, NOW, f"{hash(html):x}", html)


async def rows_of(store: Store, as_of: dt.datetime) -> dict[str, list[dict[str, object]]]:
    """Every column of the day's rows, run_id included."""
    async with store.connections.acquire() as connection:
        return {
            name: [dict(row) for row in await connection.fetch(f"SELECT * FROM {name} WHERE as_of = $1", as_of)]
            for name in TABLES
        }


async def test_open_days_are_those_that_a_write_can_change(store: Store) -> None:
    """Exactly: what is not among them is a record, whatever a stage would compute."""
    days = [FIRST, SECOND, THIRD]
    assert await store.open_days(["feature"], []) == []
    assert await store.open_days(["feature"], days) == days
    await decided(store)
    assert await store.open_days(["feature", "action"], days) == [THIRD]
    assert await store.open_days(["feature"], days[::-1]) == [THIRD]
    assert await store.open_days(["feature", "regime"], days) == days, "no day has a regime"
    await store.begin_restatement(SECOND, uuid.uuid4(), NOW)
    assert await store.open_days(["feature"], days) == [SECOND, THIRD]
    for day in days:
        touched = await store.write_gold({"feature": frames(7.0, day)["feature"]}, uuid.uuid4(), (day, day))
        assert (touched["feature"].touched > 0) == (day in (SECOND, THIRD)), day


async def test_no_write_changes_a_decided_day_and_an_empty_table_gets_its_rows(store: Store) -> None:
    await decided(store)
    before = {day: await rows_of(store, day) for day in (FIRST, SECOND)}
    written = await store.write_gold(frames(9.0, FIRST, SECOND, THIRD), uuid.uuid4(), (FIRST, THIRD))
    assert written["feature"] == WriteCounts(1, 0, 0, 2), "the day without a decision only"
    gone = {name: frame.clear() for name, frame in frames(9.0).items()}
    assert (await store.write_gold(gone, uuid.uuid4(), (FIRST, THIRD)))["feature"] == WriteCounts(0, 0, 1, 2)
    assert {day: await rows_of(store, day) for day in (FIRST, SECOND)} == before
    regime = pl.DataFrame(
        {"as_of": [FIRST], "regime_id": ["calm"], "probability": [1.0]},
        schema_overrides={"as_of": pl.Datetime("us", "UTC")},
    )
    assert (await store.write_gold({"regime": regime}, RUN, (FIRST, SECOND)))["regime"] == WriteCounts(1, 0, 0, 0)


async def test_a_decision_is_neither_changed_nor_deleted_nor_made_twice(store: Store) -> None:
    await decided(store)
    async with store.connections.acquire() as connection:
        for statement in ("UPDATE decision SET kind = 'held'", "DELETE FROM decision", "TRUNCATE decision"):
            with pytest.raises(asyncpg.RaiseError, match="a decision is a record"):
                await connection.execute(statement)
    with pytest.raises(StoreError):
        await store.add_decisions([decision(THIRD), decision(SECOND)])
    assert await store.decision(THIRD) is None, "all or none"
    assert await store.decision(SECOND) == decision(SECOND, state="{}")
    found = await store.decision_before(SECOND)
    assert found is not None
    assert (found.as_of, found.version, found.kind) == (FIRST, 0, "history")
    assert await store.is_in_operation("model")
    assert not await store.is_in_operation("another")


async def test_a_restatement_keeps_the_version_before_it_and_becomes_the_current_one(store: Store) -> None:
    await decided(store)
    await store.begin_restatement(SECOND, RUN, NOW)
    await store.write_gold(frames(2.5, SECOND), uuid.uuid4(), (SECOND, SECOND))
    await store.save_report(page(SECOND, "<html>restated</html>"))
    new = decision(SECOND, 2, kind="restated", reason="a price was wrong")
    await store.end_restatement(new)
    assert await store.decision(SECOND) == new
    assert (await store.read_gold("feature", SECOND, SECOND))["value"].to_list() == [2.5]
    old = await store.read_report_version("en", SECOND, 1)
    assert old is not None
    assert old.html == "<html>decided</html>"
    async with store.connections.acquire() as connection:
        kept = await connection.fetchval(
            "SELECT rows -> 0 ->> 'value' FROM v_gold_version WHERE as_of = $1 AND version = 1"
            " AND table_name = 'feature'",
            SECOND,
        )
    assert float(kept) == 0.1 + 0.2
    written = await store.write_gold(frames(7.0, SECOND), RUN, (SECOND, SECOND))
    assert written["feature"].touched == 0, "it is a record again"


@pytest.mark.parametrize("ends", ["undone", "beside"])
async def test_the_current_version_comes_back_bit_for_bit(store: Store, ends: str) -> None:
    """After a run that died, and where later days had gone on from it."""
    await decided(store)
    before, gold = await rows_of(store, FIRST), await store.read_gold("action", FIRST, FIRST)
    await store.begin_restatement(FIRST, RUN, NOW)
    changed = frames(2.5, FIRST)
    await store.write_gold(changed | {"action": changed["action"].clear()}, uuid.uuid4(), (FIRST, FIRST))
    await store.save_report(page(FIRST, "<html>restated</html>"))
    if ends == "undone":
        assert await store.undo_restatements() == [FIRST]
        assert await store.undo_restatements() == []
    else:
        await store.end_restatement(decision(FIRST, 1, kind="restated", reason="why", is_beside=True))
        beside = await store.read_report_version("en", FIRST, 1)
        assert beside is not None
        assert beside.html == "<html>restated</html>"
    assert await rows_of(store, FIRST) == before
    assert_frame_equal(await store.read_gold("action", FIRST, FIRST), gold)
    current, stored = await store.decision(FIRST), await store.read_report("en", FIRST)
    assert current is not None
    assert stored is not None
    assert (current.version, stored.html) == (0, "<html>decided</html>")


async def test_a_day_without_a_decision_is_not_restated(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no decision of 2026-01-12"):
        await store.begin_restatement(THIRD, RUN, NOW)
