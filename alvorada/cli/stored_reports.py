"""Reports that are gone from the disk: the database has each as it was last rendered."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alvorada.stack.data_dir import Home, LastWorld, database_name
from desk.errors import BadInput, WrongWorld


def restore(home: Home, last: LastWorld, day: dt.date | None) -> Path:
    """Puts a stored report back to its place on disk: that of `day`, or the latest one. Returns the place.

    Raises BadInput when the database has none (or there is no database) or the folder cannot be written, StoreError
    when the database cannot be reached, WrongWorld when it holds another world.
    """
    found = _stored(home, last, day)
    if found is None:
        what = f"for {day}" if day else "yet"
        makes = f"alvorada {'demo' if last.world == 'sandbox' else 'run'}{f' --as-of {day}' if day else ''}"
        raise BadInput(f"no report {what} in the {last.world} world, on disk or in the database: `{makes}` makes one")
    stored_day, html = found
    path = home.reports / last.world / f"{stored_day}.html"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot write the report to {path} ({error.strerror})") from error
    return path


def _stored(home: Home, last: LastWorld, day: dt.date | None) -> tuple[dt.date, str] | None:
    with database(home, last) as url:
        return asyncio.run(_read(url, last.world, day)) if url is not None else None


@contextmanager
def database(home: Home, last: LastWorld) -> Iterator[str | None]:
    """The URL of the world's database, running for as long as the block; None where there never was one."""
    from alvorada.stack.local_stack import embedded, postgres_in_use

    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    if not (home.postgres / "password").exists():
        yield None
        return
    name = database_name(last.world, last.seed)
    running = embedded(home)
    if running.status().running:  # `up`, or a run: a home that we may only read will do
        yield running.url(name)
        return
    with postgres_in_use(home) as postgres:
        yield postgres.url(name)


async def _read(url: str, world: str, day: dt.date | None) -> tuple[dt.date, str] | None:
    """None where the database, its schema, its world or the report is not there."""
    if not await in_use(url):
        return None
    from blocks.settings import load_settings
    from desk.model import SAO_PAULO, decision_time
    from tasks.store import open_store

    language = load_settings().report_language
    async with open_store(url, None, pool_size=2) as store:
        if store.world != world:
            raise WrongWorld(f"the database holds {store.world!r} data: ask for it with --world {store.world}")
        found = await store.read_report(language, decision_time(day) if day else None)
    return (found.as_of.astimezone(SAO_PAULO).date(), found.html) if found else None


async def in_use(url: str) -> bool:
    """Whether anything was ever run in the database; opening a store would complain about an empty one."""
    import asyncpg

    import migrations
    from blocks.database import CONNECT_ERRORS, connect_failure, plain_url

    address = plain_url(url)
    try:
        connection = await asyncpg.connect(address, timeout=15)
    except asyncpg.InvalidCatalogNameError as error:
        if os.environ.get("DATABASE_URL"):
            raise connect_failure(address, error) from error
        return False
    except CONNECT_ERRORS as error:
        raise connect_failure(address, error) from error
    try:
        known = await migrations.version(connection) is not None
        return known and await connection.fetchval("SELECT 1 FROM world") is not None
    finally:
        await connection.close()
