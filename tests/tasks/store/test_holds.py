"""A held row is stored and read by nothing that decides; a release is known from then on, and never before."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from desk.errors import BadInput
from desk.model import UTC
from tasks.store import Store
from tasks.store.holds import Hold
from tests.tasks.store.test_store import observations

pytestmark = pytest.mark.db

DAY = dt.date(2026, 1, 9)
MONDAY = dt.datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
TUESDAY, WEDNESDAY = MONDAY + dt.timedelta(days=1), MONDAY + dt.timedelta(days=2)
PERSON = "ana"


async def held(store: Store, value: float = 409.36) -> int:
    """The id of a hold on ptax of DAY, known on Monday."""
    hold = Hold(
        "observation", "value", "ptax", DAY, MONDAY, "bcb_ptax", value, "slip", 4.09, "yahoo", 4.1, "far off"
    )  # fmt: skip
    rows = observations(("ptax", DAY, MONDAY, value), ("ptax", dt.date(2026, 1, 8), MONDAY, 4.09))
    await store.write_judged("observation", rows, [hold], uuid.uuid4(), MONDAY)
    holds = await store.read_holds()
    return int(holds["hold_id"][-1])


async def values(store: Store, as_of: dt.datetime) -> list[tuple[dt.date, float]]:
    frame = await store.read_silver("observation", as_of, dt.date(2026, 1, 1))
    return frame.select("obs_date", "value").rows()


async def test_what_is_held_is_stored_and_not_read(store: Store) -> None:
    await held(store)
    assert await values(store, WEDNESDAY) == [(dt.date(2026, 1, 8), 4.09)]
    assert (await store.latest_values("observation", DAY, DAY))["value"].to_list() == [409.36]
    assert (await store.believed_values("observation", DAY, ["ptax"])).is_empty()
    async with store.connections.acquire() as connection:
        shown = await connection.fetch("SELECT value FROM v_observation_latest ORDER BY obs_date")
    assert [row["value"] for row in shown] == [4.09]


async def test_a_release_changes_no_past_run(store: Store) -> None:
    hold_id = await held(store)
    await store.decide_hold(hold_id, "released", PERSON, "the source says so", TUESDAY, TUESDAY)
    assert await values(store, MONDAY) == [(dt.date(2026, 1, 8), 4.09)]
    frame = await store.read_silver("observation", TUESDAY, DAY)
    assert frame.select("value", "knowledge_time").rows() == [(409.36, TUESDAY)]
    assert (await store.believed_values("observation", DAY, ["ptax"]))["value"].to_list() == [409.36]
    # A correction that came between keeps its earlier time: the release is the later word, as it was decided.
    await store.write_silver("observation", observations(("ptax", DAY, WEDNESDAY, 4.0936)))
    newest = await store.read_silver("observation", WEDNESDAY, DAY)
    assert newest["value"].to_list() == [409.36, 4.0936]


async def test_what_is_rejected_is_never_read_and_every_decision_stays(store: Store) -> None:
    hold_id = await held(store)
    await store.decide_hold(hold_id, "released", PERSON, "seen elsewhere", MONDAY, MONDAY)
    await store.decide_hold(hold_id, "rejected", PERSON, "seen wrongly", TUESDAY, TUESDAY)
    assert await values(store, WEDNESDAY) == [(dt.date(2026, 1, 8), 4.09)]
    row = (await store.read_holds()).row(0, named=True)
    assert (row["state"], row["decided_by"], row["decision_reason"]) == ("rejected", PERSON, "seen wrongly")
    assert (await store.read_holds("open")).is_empty()
    async with store.connections.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM hold_decision") == 2


async def test_a_decision_needs_a_hold_and_is_made_once(store: Store) -> None:
    hold_id = await held(store)
    with pytest.raises(BadInput, match=r"there is no held value 4711"):
        await store.decide_hold(4711, "released", PERSON, "", MONDAY, MONDAY)
    await store.decide_hold(hold_id, "released", PERSON, "", MONDAY, MONDAY)
    with pytest.raises(BadInput, match=f"held value {hold_id} is released already"):
        await store.decide_hold(hold_id, "released", PERSON, "", MONDAY, MONDAY)


async def test_the_same_hold_again_is_nothing(store: Store) -> None:
    await held(store)
    await held(store)
    assert (await store.read_holds()).height == 1
