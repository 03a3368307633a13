"""Reports that are no longer on the disk: the database has each one as it was last rendered."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

import migrations
from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.local_stack import world_database
from blocks.atomic_write import write_atomically
from blocks.database import CONNECT_ERRORS, connect_failure, plain_url
from blocks.settings import load_settings
from desk.errors import BadInput, WrongWorld
from desk.model import decision_time, desk_day
from tasks.store import Store, open_store


def restore(data_dir: DataDir, last: LastWorld, day: dt.date | None, language: str, mark: str = "") -> Path:
    """Writes the stored report of `day` (None: the latest one) to `DAY{mark}.html` again. Returns the path.

    Raises BadInput when the database has none (or there is no database) or the folder cannot be written, StoreError
    when the database cannot be reached, WrongWorld when it holds another world.
    """
    with world_database(data_dir, last) as url:
        found = asyncio.run(_read_report(url, last.world, day, language)) if url is not None else None
    if found is None:
        what = f"for {day}" if day else "yet"
        what += f" in {language!r}" if mark else ""
        command = f"alvorada {'demo' if last.world == 'sandbox' else 'run'}{f' --as-of {day}' if day else ''}"
        raise BadInput(f"no report {what} in the {last.world} world, on disk or in the database: `{command}` makes one")
    stored_day, html = found
    return _write(data_dir.reports / last.world / f"{stored_day}{mark}.html", html)


def restore_version(data_dir: DataDir, last: LastWorld, day: dt.date, version: int) -> Path:
    """Writes one version of a day's page, that of the day or one beside it (`DAY.vN.html`). Returns the path.

    Raises as `restore` does, and BadInput that names the versions there are.
    """
    with world_database(data_dir, last) as url:
        found = asyncio.run(_read_version(url, last.world, day, version)) if url is not None else None
    if found is None:
        raise BadInput(f"no report of {day} in the {last.world} world: `alvorada report --as-of {day}` says more")
    mark, html = found
    return _write(data_dir.reports / last.world / f"{day}{mark}.html", html)


def _write(path: Path, html: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, html)
    except OSError as error:
        raise BadInput(f"cannot write the report to {path} ({error.strerror})") from error
    return path


async def _read_version(url: str, world: str, day: dt.date, version: int) -> tuple[str, str] | None:
    """The mark in the file's name, empty for the current version, and the page; None without a decision of the day."""
    if not await is_used(url):
        return None
    language, as_of = load_settings().report_language, decision_time(day)
    async with open_world(url, world) as store:
        current = await store.decision(as_of)
        if current is None:
            return None
        if version == current.version:
            found, mark = await store.read_report(language, as_of), ""
        else:
            found, mark = await store.read_report_version(language, as_of, version), f".v{version}"
        known = [one.version for one in await store.decisions(as_of, as_of)]
    if found is None:
        versions = ", ".join(str(one) for one in known)
        raise BadInput(f"{day} has no page of version {version} in language {language!r}; its versions: {versions}")
    return mark, found.html


async def _read_report(url: str, world: str, day: dt.date | None, language: str) -> tuple[dt.date, str] | None:
    """Decision day and page. None where the database, its schema, its world or the report does not exist."""
    if not await is_used(url):
        return None
    async with open_world(url, world) as store:
        found = await store.read_report(language, decision_time(day) if day else None)
    return (desk_day(found.as_of), found.html) if found else None


@asynccontextmanager
async def open_world(url: str, world: str) -> AsyncIterator[Store]:
    """The store at `url`. Raises StoreError, and WrongWorld where it holds another world."""
    async with open_store(url, None, pool_size=2) as store:
        if store.world != world:
            raise WrongWorld(f"the database holds {store.world!r} data: ask for it with --world {store.world}")
        yield store


async def is_used(url: str) -> bool:
    """Whether anything was ever run in the database; `open_store` would refuse an empty one. Raises StoreError."""
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
        has_schema = await migrations.version(connection) is not None
        return has_schema and await connection.fetchval("SELECT 1 FROM world") is not None
    finally:
        await connection.close()
