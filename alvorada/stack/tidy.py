"""What grows without end is cut: pages on disk that the database holds too, and Prefect's record of past runs.

The desk's own record (decisions, gold, silver, pages, ledger, alerts, audit) is never touched.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from pathlib import Path

import asyncpg

from blocks.database import CONNECT_ERRORS, connect_failure, plain_url
from desk.errors import BadInput, StoreError
from desk.model import decision_time
from reports.elements.locale import LANGUAGES
from tasks.store import Report, Store

PAGE = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.v(\d+))?(?:\.([a-z]{2}))?\.html")
ENDED = "state_type IN ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')"
_PREFECT = (
    ("artifacts", "artifact", "created < $1 AND id NOT IN (SELECT latest_id FROM artifact_collection)"),
    ("lines of log", "log", '"timestamp" < $1'),
    ("runs", "flow_run", f"end_time < $1 AND {ENDED}"),
    ("task runs", "task_run", f"flow_run_id IS NULL AND end_time < $1 AND {ENDED}"),
)
"""What, the table, and which rows: of ended runs alone. States and task runs go with their flow run."""


async def delete_pages(store: Store, folder: Path, language: str, before: dt.date, dry_run: bool) -> list[Path]:
    """The pages in `folder` of days before `before` whose very text the database holds, deleted unless `dry_run`.

    `language`: of the files without a language in their name. Raises StoreError.
    """
    found = []
    for path in await asyncio.to_thread(lambda: sorted(folder.glob("*.html"))):
        named = PAGE.fullmatch(path.name)
        if named is None or dt.date.fromisoformat(named[1]) >= before or (named[3] or language) not in LANGUAGES:
            continue
        as_of, code = decision_time(dt.date.fromisoformat(named[1])), named[3] or language
        stored = await _stored(store, as_of, code, named[2])
        if stored is not None and stored.html == await asyncio.to_thread(path.read_text, "utf-8"):
            found.append(path)
    if not dry_run:
        for path in found:
            await asyncio.to_thread(path.unlink, missing_ok=True)
    return found


async def _stored(store: Store, as_of: dt.datetime, language: str, version: str | None) -> Report | None:
    if version is None:
        return await store.read_report(language, as_of)
    return await store.read_report_version(language, as_of, int(version))


async def delete_prefects_past(url: str, before: dt.datetime, dry_run: bool) -> dict[str, int]:
    """What -> how many rows of Prefect's database end before `before`, deleted in one transaction unless `dry_run`.

    `url`: of Prefect's database (PREFECT_API_DATABASE_CONNECTION_URL). Runs that wait or are at work stay, and so does
    the newest artifact of each key. Raises BadInput for another database than PostgreSQL, StoreError.
    """
    address = re.sub(r"^postgresql\+asyncpg://", "postgresql://", url)
    if not address.startswith("postgres"):
        raise BadInput("Prefect's database is no PostgreSQL: nothing is deleted there")
    try:
        connection = await asyncpg.connect(plain_url(address), timeout=15)
    except CONNECT_ERRORS as error:
        raise connect_failure(address, error) from error
    done = {}
    try:
        async with connection.transaction():
            for what, table, which in _PREFECT:
                if dry_run:
                    done[what] = await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {which}", before)
                else:
                    result = await connection.execute(f"DELETE FROM {table} WHERE {which}", before)
                    done[what] = int(result.split()[1])
    except asyncpg.PostgresError as error:
        raise StoreError(f"Prefect's past runs cannot be deleted: {error}") from error
    finally:
        await connection.close()
    return done
