"""The server is killed under an open store: what was committed is there, and the store goes on once it is back."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import uuid
from pathlib import Path

import polars as pl
import pytest

import migrations
from alvorada.stack.postgres import Postgres
from desk.errors import StoreError
from desk.gold import FEATURE
from desk.model import decision_time
from tasks.store import Store, WriteCounts, open_store

AS_OF = decision_time(dt.date(2026, 1, 12))


def features(value: float) -> dict[str, pl.DataFrame]:
    row = (AS_OF, "x", value, dt.date(2026, 1, 9), None, None, None)
    return {"feature": pl.DataFrame([row], schema=FEATURE.schema, orient="row")}


async def write(store: Store, value: float) -> WriteCounts:
    return (await store.write_gold(features(value), uuid.uuid4(), (AS_OF, AS_OF)))["feature"]


async def write_until_it_fails(store: Store) -> None:
    for _ in range(50):  # the dying server may answer once more
        await write(store, 2.0)


@pytest.mark.db
@pytest.mark.process
async def test_the_store_survives_kill_9_of_its_server(tmp_path: Path) -> None:
    server = Postgres(tmp_path, settings={"fsync": "off"})  # a killed process loses nothing that the kernel has
    await asyncio.to_thread(server.start)
    try:
        url = await server.ensure_database_async("alvorada")
        await migrations.upgrade_async(url)
        async with open_store(url, "sandbox", pool_size=2) as store:
            assert await write(store, 1.0) == WriteCounts(1, 0, 0, 0)
            os.kill(server.status().pid or 0, signal.SIGKILL)
            with pytest.raises(StoreError, match="the database"):
                await write_until_it_fails(store)
            await asyncio.to_thread(server.start)
            kept = (await store.read_gold("feature", AS_OF, AS_OF))["value"].to_list()
            assert kept in ([1.0], [2.0])
            assert (await write(store, kept[0])).touched == 0
            assert (await write(store, 3.0)).updated == 1
    finally:
        await asyncio.to_thread(server.stop)
