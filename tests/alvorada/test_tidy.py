"""`alvorada tidy`: pages that the database holds too, and Prefect's past; nothing else."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from pathlib import Path

import asyncpg
import pytest
from prefect.server.database.dependencies import provide_database_interface
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from alvorada.stack.local_stack import asyncpg_url
from alvorada.stack.tidy import delete_pages, delete_prefects_past
from desk.model import decision_time
from tasks.store import Report, Store

pytestmark = [pytest.mark.db, pytest.mark.flow]
OLD, NEW = dt.date(2025, 1, 2), dt.date(2026, 11, 19)
CUT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


async def test_a_page_is_deleted_where_it_is_old_and_the_database_holds_the_very_same(
    store: Store, tmp_path: Path
) -> None:
    for day, language in ((OLD, "en"), (OLD, "pt"), (NEW, "en")):
        as_of, page = decision_time(day), f"<html>{day} {language}"
        await store.save_report(Report(as_of, language, uuid.uuid4(), as_of, "0" * 64, page))
    files = {
        f"{OLD}.html": f"<html>{OLD} en", f"{OLD}.pt.html": f"<html>{OLD} pt", f"{NEW}.html": f"<html>{NEW} en",
        f"{OLD}.v2.html": f"<html>{OLD} en", "2024-01-02.html": "only here", "notes.html": "a person's",
        f"{OLD}.txt": "another kind",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    gone = [tmp_path / f"{OLD}.html", tmp_path / f"{OLD}.pt.html"]
    assert await delete_pages(store, tmp_path, "en", CUT.date(), dry_run=True) == gone
    assert set(os.listdir(tmp_path)) == set(files)
    (tmp_path / f"{OLD}.pt.html").write_text("edited by a person", encoding="utf-8")
    assert await delete_pages(store, tmp_path, "en", CUT.date(), dry_run=False) == gone[:1]
    assert set(os.listdir(tmp_path)) == set(files) - {f"{OLD}.html"}
    assert (await store.read_report("en", decision_time(OLD))) is not None


async def test_prefects_ended_runs_go_with_all_that_hangs_on_them(empty_database_url: str) -> None:
    """On the tables that Prefect's own code declares."""
    engine, tables = create_async_engine(asyncpg_url(empty_database_url)), MetaData()
    for table in provide_database_interface().Base.metadata.tables.values():
        table.to_metadata(tables).indexes.clear()  # some are declared twice
    async with engine.begin() as made:
        await made.run_sync(tables.create_all)
    await engine.dispose()
    connection = await asyncpg.connect(empty_database_url)
    old, new = CUT - dt.timedelta(days=1), CUT + dt.timedelta(days=1)
    flow = await connection.fetchval("INSERT INTO flow (id, name) VALUES (gen_random_uuid(), 'daily') RETURNING id")
    runs = {
        name: await connection.fetchval(
            "INSERT INTO flow_run (id, flow_id, name, state_type, end_time) VALUES (gen_random_uuid(), $1, $2, $3, $4)"
            " RETURNING id", flow, name, state, ended,
        )
        for name, state, ended in (
            ("old", "COMPLETED", old), ("crashed", "CRASHED", old), ("new", "COMPLETED", new),
            ("waits", "SCHEDULED", None), ("works", "RUNNING", None), ("odd", "RUNNING", old),
        )
    }  # fmt: skip
    for name in ("old", "new"):
        await connection.execute(
            "INSERT INTO task_run (id, flow_run_id, name, task_key, dynamic_key, state_type)"
            " VALUES (gen_random_uuid(), $1, $2, 'k', '0', 'COMPLETED')", runs[name], name,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO log (id, name, level, flow_run_id, message, timestamp)"
            " VALUES (gen_random_uuid(), 'l', 20, $1, 'm', $2)",
            runs[name], old if name == "old" else new,
        )  # fmt: skip
    for key, newest in (("daily-report", False), ("daily-actions", True)):
        made_id = await connection.fetchval(
            "INSERT INTO artifact (id, key, created) VALUES (gen_random_uuid(), $1, $2) RETURNING id", key, old
        )
        if newest:
            await connection.execute(
                "INSERT INTO artifact_collection (id, key, latest_id) VALUES (gen_random_uuid(), $1, $2)", key, made_id
            )
    would = await delete_prefects_past(asyncpg_url(empty_database_url), CUT, dry_run=True)
    assert would == {"artifacts": 1, "lines of log": 1, "runs": 2, "task runs": 0}
    assert await connection.fetchval("SELECT count(*) FROM flow_run") == 6
    assert await delete_prefects_past(asyncpg_url(empty_database_url), CUT, dry_run=False) == would
    left = {row["name"] for row in await connection.fetch("SELECT name FROM flow_run")}
    assert left == {"new", "waits", "works", "odd"}
    assert [row["name"] for row in await connection.fetch("SELECT name FROM task_run")] == ["new"]
    assert [row["key"] for row in await connection.fetch("SELECT key FROM artifact")] == ["daily-actions"]
    await connection.close()
