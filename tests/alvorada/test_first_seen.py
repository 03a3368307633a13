"""`alvorada catalogue first-seen`, from the store's own receipts."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from alvorada.cli.first_seen import first_seen_in
from desk import calendars
from desk.model import decision_time
from tasks.store import Store

pytestmark = pytest.mark.db


async def test_the_receipts_of_the_store_say_when_each_number_was_first_seen(store: Store) -> None:
    """Some mornings of CDI, whose number of each day was not there the next morning; an import says nothing."""
    days = calendars.anbima().days(dt.date(2026, 10, 1), dt.date(2026, 10, 15))
    async with store.connections.acquire() as connection:
        for place, day in enumerate(days):
            payload = await connection.fetchval(
                "INSERT INTO payload (sha256, source, dataset, url, status, fetched_at, bytes, path, run_id, origin)"
                " VALUES ($1, 'bcb_sgs', 'bcb_sgs_daily', 'u', 200, $2, 1, 'p', $3, $4) RETURNING payload_id",
                f"{place:064x}", decision_time(day) + dt.timedelta(minutes=1), uuid.uuid4(),
                "sandbox" if place else "imported",
            )  # fmt: skip
            if place >= 2:
                await connection.execute(
                    "INSERT INTO observation (series_id, obs_date, knowledge_time, value, stamp, payload_id)"
                    " VALUES ('cdi_annual', $1, $2, 0.149, 'sight', $3)",
                    days[place - 2], decision_time(day), payload,
                )  # fmt: skip
    (found,) = await first_seen_in(store, days[0])
    assert (found.series, found.early, found.late) == ("cdi_annual", 0, found.due)
    assert found.due == len(days) - 3, "what was due before the first look that is no import"
    assert found.verdict.startswith("the rule is early")
