"""Odd surroundings: disks that are full before a run, and disks that fill up in its middle.

Every disk is a tmpfs of its own. What fills up costs the run and no row: with room again the same morning completes.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from alvorada.stack.postgres import Postgres
from bench._odd import Odd, resized, small_disk
from desk.model import decision_time
from tests.fixtures.flows import FILLED, NEXT_DAY
from tests.flows.killing import HomeToKill

MEGABYTE = 1 << 20
ROOMY = 2 << 30
NO_SPACE = ("No space left on device", "no space left")
UNCHECKED = {"ALVORADA_MIN_FREE_MB": "0"}
"""The check before a run is out of the way: the disk fills up in its middle."""


async def lake_full(odd: Odd) -> str:
    """The lake's disk has a megabyte: the run is refused before it starts, and decides once there is room."""
    lake = odd.folder / "lake"
    async with small_disk(lake, "1m"):
        home = await odd.home(await odd.clone())
        given = {"ALVORADA_LAKE_URL": str(lake)}
        result = (await odd.run(home, given=given)).require_failed(*NO_SPACE)
        assert not await runs_of(home.environment["DATABASE_URL"]), "it was begun"
        await resized(lake, ROOMY)
        (await odd.run(home, given=given)).require(0)
        await odd.require_twin(home.environment["DATABASE_URL"])
    return result.last


async def lake_fills(odd: Odd) -> str:
    """The lake's disk fills up amid the fetches: nothing is decided without what was lost, and with room it is."""
    lake = odd.folder / "lake"
    async with small_disk(lake, "400k"):
        home = await odd.home(await odd.clone())
        given = {"ALVORADA_LAKE_URL": str(lake), **UNCHECKED}
        result = (await odd.run(home, given=given)).require_failed(*NO_SPACE)
        await resized(lake, ROOMY)
        (await odd.run(home, given=given)).require(0)
        await odd.require_twin(home.environment["DATABASE_URL"])
    return result.last


async def tables_fill(odd: Odd) -> str:
    """The disk of PostgreSQL's tables fills up in a run: one line names it, and with room the next run completes."""
    place, name = odd.folder / "tables", odd.database()
    async with small_disk(place, "2g"):
        connection = await asyncpg.connect(odd.desk.postgres.url("postgres"))
        try:
            await connection.execute(f"CREATE TABLESPACE {name} LOCATION '{place}'")
            await connection.execute(f'CREATE DATABASE {name} TEMPLATE "{FILLED}" TABLESPACE {name}')
            home = await odd.home(await odd.clone())
            await resized(place, shutil.disk_usage(place).used + MEGABYTE // 2)
            result = (await odd.run(home)).require_failed(*NO_SPACE)
            await resized(place, ROOMY)
            (await odd.run(home)).require(0)
            await odd.require_twin(home.environment["DATABASE_URL"])
        finally:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await connection.execute(f"DROP TABLESPACE IF EXISTS {name}")
            await connection.close()
    return result.last


async def home_full(odd: Odd) -> str:
    """The home's disk has too little room: refused before PostgreSQL starts, and it decides once there is room."""
    async with home_on_small_disk(odd) as (home, place):
        await resized(place, shutil.disk_usage(place).used + 20 * MEGABYTE)
        result = (await odd.run(home)).require_failed(*NO_SPACE)
        await resized(place, ROOMY)
        (await odd.run(home)).require(0)
        await odd.require_own_twin(home)
    return result.last


async def home_fills(odd: Odd) -> str:
    """The disk of the home and of PostgreSQL's journal fills up in a run: said by name, and with room it completes."""
    async with home_on_small_disk(odd) as (home, place):
        await resized(place, shutil.disk_usage(place).used + 2 * MEGABYTE)
        given = {"ALVORADA_LAKE_URL": str(odd.folder / "lake")}
        result = (await odd.run(home, given={**given, **UNCHECKED})).require_failed(*NO_SPACE)
        await resized(place, ROOMY)
        (await odd.run(home, given=given)).require(0)
        await odd.require_own_twin(home)
    return result.last


@asynccontextmanager
async def home_on_small_disk(odd: Odd) -> AsyncIterator[tuple[HomeToKill, Path]]:
    """A home with a PostgreSQL of its own on a disk of its own, and that disk's folder."""
    place = odd.folder / "disk"
    async with small_disk(place, "2g"):
        home = await odd.own_home(place / "home")
        try:
            yield home, place
        finally:
            await asyncio.to_thread(Postgres(home.home.path).stop)


async def runs_of(url: str) -> int:
    """Runs in the record of a database, besides that of FILLED_DAY."""
    connection = await asyncpg.connect(url)
    try:
        return int(
            await connection.fetchval("SELECT count(*) FROM pipeline_runs WHERE as_of = $1", decision_time(NEXT_DAY))
        )
    finally:
        await connection.close()


CASES = (lake_full, lake_fills, home_full, tables_fill, home_fills)
