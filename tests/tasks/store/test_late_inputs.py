"""What was fetched after a decision although its day counts as knowing it."""

from __future__ import annotations

import datetime as dt
import uuid

import polars as pl
import pytest

from desk.model import OBSERVATION, PRICE_BAR, decision_time
from tasks.store import PayloadRow, Store
from tasks.store.late_inputs import LateInput, late_inputs

pytestmark = pytest.mark.db

DAY = dt.date(2026, 1, 12)
MONDAY, TUESDAY = decision_time(DAY), decision_time(dt.date(2026, 1, 13))
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
RUN = uuid.UUID(int=7)


async def fetched(store: Store, at: dt.datetime) -> int:
    """A receipt of that moment."""
    return await store.add_payload(
        PayloadRow(
            sha256="ab" * 32,
            source="fred",
            dataset="fred_daily",
            url="https://fred/x",
            status=200,
            headers={},
            fetched_at=at,
            bytes=1,
            path="x.zst",
            run_id=RUN,
            origin="sandbox",
        )
    )  # fmt: skip


async def known(store: Store, series: str, at: dt.datetime, payload_id: int, table: str = "observation") -> None:
    """A row that counts as known from that moment on."""
    schema = {"observation": OBSERVATION, "price_bar": PRICE_BAR}[table].stored_schema
    entity, value = ("series_id", "value") if table == "observation" else ("instrument_id", "close")
    row = {entity: series, "obs_date": DAY, "knowledge_time": at, value: 1.0, "stamp": "rule", "payload_id": payload_id}
    await store.write_silver(table, pl.DataFrame([{name: row.get(name) for name in schema}], schema=schema))


async def test_rows_of_one_fetch_are_one_late_input_from_the_earliest_that_counts_as_known(store: Store) -> None:
    in_time, late = await fetched(store, MONDAY), await fetched(store, TUESDAY + HOUR)
    await known(store, "in_time", MONDAY - HOUR, in_time)  # before the first decision was made
    await known(store, "seen", TUESDAY + HOUR, late)  # known when it was fetched: the look-back's ordinary row
    assert await late_inputs(store.connections, MONDAY + MINUTE, TUESDAY) == []

    await known(store, "backfilled", MONDAY - HOUR, late)
    await known(store, "later", MONDAY + HOUR, late)
    await known(store, "bar", MONDAY - 2 * HOUR, late, "price_bar")
    expected = [LateInput(RUN, TUESDAY + HOUR, MONDAY - 2 * HOUR)]
    assert await late_inputs(store.connections, MONDAY + MINUTE, TUESDAY) == expected
    assert await late_inputs(store.connections, TUESDAY + 2 * HOUR, TUESDAY) == [], "before the first decision"
    assert await late_inputs(store.connections, MONDAY + MINUTE, MONDAY - 3 * HOUR) == [], "no decision could know it"
