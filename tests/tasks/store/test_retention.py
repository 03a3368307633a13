"""Retention: what a stored row was read from stays, whatever its age; what nothing rests on goes when it is old."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import asyncpg
import polars as pl
import pytest

from desk.errors import Busy
from tasks.store import PayloadRow, Store
from tasks.store.lake import Lake, body_path, keep
from tasks.store.retention import delete_bodies
from tests.tasks.store.test_store import observations

pytestmark = pytest.mark.db
OLD, CUT, NEW = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in (1, 6, 11))


async def kept(lake: Lake, store: Store, name: str, at: dt.datetime, origin: str = "sandbox") -> tuple[int, str]:
    """A body called `name`, received at `at`. Returns its receipt and its path."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    path = body_path("bcb_sgs", at.date(), sha256)
    row = PayloadRow(
        sha256=sha256, source="bcb_sgs", dataset="sgs_daily", url="https://x", status=200, headers={}, fetched_at=at,
        bytes=len(name), path=path, run_id=None, origin=origin,
    )  # fmt: skip
    return await keep(lake, store, row, name.encode()), path


async def test_only_old_bodies_that_no_row_was_read_from_are_deleted(store: Store, tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"))
    _, news = await kept(lake, store, "no news", OLD)
    _, error = await kept(lake, store, "an error page", OLD)
    read, _ = await kept(lake, store, "read into silver", OLD)
    versioned, _ = await kept(lake, store, "read by a version that was restated", OLD)
    await kept(lake, store, "brought in by a person", OLD, "imported")
    await kept(lake, store, "came again", OLD)
    await kept(lake, store, "came again", NEW)
    await kept(lake, store, "young", NEW)
    rows = observations(("made_series", OLD.date(), OLD, 4.0)).with_columns(payload_id=pl.lit(read, pl.Int64))
    await store.write_silver("observation", rows)
    connection = await asyncpg.connect(store.connections.url)
    insert = "INSERT INTO gold_version (as_of, version, table_name, rows) VALUES ($1, 1, 'feature', $2)"
    await connection.execute(insert, OLD, json.dumps([{"feature": "a", "payload_id": versioned}, {"payload_id": None}]))
    await connection.close()
    before = lake.paths()
    assert await delete_bodies(store, lake, CUT, dry_run=True) == sorted([news, error])
    assert lake.paths() == before
    async with store.run_lock("flow", "backfill"):
        with pytest.raises(Busy):
            await delete_bodies(store, lake, CUT, dry_run=False)
    assert await delete_bodies(store, lake, CUT, dry_run=False) == sorted([news, error])
    assert set(before) - set(lake.paths()) == {news, error}
    assert await delete_bodies(store, lake, CUT, dry_run=False) == []
    receipt, path = await kept(lake, store, "no news", NEW)  # the same again: it is there again
    assert (path, await lake.get((await store.payload(receipt)).path)) == (
        body_path("bcb_sgs", NEW.date(), hashlib.sha256(b"no news").hexdigest()), b"no news",
    )  # fmt: skip
