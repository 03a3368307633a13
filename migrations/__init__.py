"""The schema of the store: silver, gold, ledger, receipts, and the views v_* that people and dashboards read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from blocks.database import CONNECT_ERRORS, connect_failure, first_cause, plain_url, shown_url
from desk.errors import BadInput, StoreError

HEAD = "0028"
NEWER = (
    f"this version of Alvorada knows it up to {HEAD}. Install the version that has made it; a schema is not brought"
    " back: for the older version restore a backup of its time"
)
UPGRADE_LOCK = 7_243_001
"""Advisory lock that puts two upgrades of one database in a row."""


def upgrade(url: str) -> list[str]:
    """Bring the database at `url` to HEAD. Returns notes (what could not be set up). Raises StoreError."""
    return asyncio.run(upgrade_async(url))


async def upgrade_async(url: str) -> list[str]:
    """As `upgrade`, from inside a running loop; one at a time per process (Alembic keeps its context in a module).

    Does nothing but one query when the schema is at HEAD. Raises BadInput for a schema that a newer version has made.
    """
    # Alembic and SQLAlchemy cost a third of a second: only an upgrade pays for them.
    address = plain_url(url)
    try:
        connection = await asyncpg.connect(address, timeout=15)
    except CONNECT_ERRORS as error:
        raise connect_failure(address, error) from error
    try:
        found = await version(connection)
    finally:
        await connection.close()
    if found == HEAD:
        return []
    if is_newer(found):
        raise BadInput(f"the database at {shown_url(address)} has schema {found}: {NEWER}")
    return await asyncio.to_thread(_run_alembic, address)


def is_newer(revision: str | None) -> bool:
    """Whether a schema is of a newer version of the code than this one; revisions count up."""
    return revision is not None and revision > HEAD


async def version(connection: asyncpg.Connection) -> str | None:
    """The schema's revision, or None where there is no schema."""
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return revision


def _run_alembic(address: str) -> list[str]:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["address"] = address
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        if isinstance(first_cause(error), asyncpg.DiskFullError):
            raise connect_failure(address, error) from error
        raise StoreError(f"the schema could not be brought to {HEAD}: {str(error.orig).splitlines()[0]}") from error
    notes: list[str] = config.attributes["notes"]
    return notes
