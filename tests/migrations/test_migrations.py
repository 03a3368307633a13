"""The migrated schema is what the desk's model says, and people see it through views."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import migrations
from alvorada.stack.postgres import Postgres
from desk.errors import BadInput, StoreError
from desk.gold import GOLD
from desk.model import SILVER
from migrations.sql import statements
from tasks.store import Store

pytestmark = pytest.mark.db

SILVER_TYPES = {
    "String": "text", "Float64": "double precision", "Int32": "integer", "Int64": "bigint", "Date": "date",
    "Datetime": "timestamp with time zone",
}  # fmt: skip
GOLD_TYPES = {
    "text": "text", "float": "double precision", "int": "bigint", "date": "date", "json": "json",
    "time": "timestamp with time zone",
}  # fmt: skip


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def columns_of(connection: asyncpg.Connection, name: str) -> dict[str, str]:
    rows = await connection.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position",
        name,
    )
    return {row["column_name"]: row["data_type"] for row in rows}


async def primary_key(connection: asyncpg.Connection, table: str) -> tuple[str, ...]:
    rows = await connection.fetch(
        "SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
        " WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY k.place",
        table,
    )
    return tuple(row["attname"] for row in rows)


@pytest.mark.parametrize("name", SILVER)
async def test_silver_tables_equal_the_model(connection: asyncpg.Connection, name: str) -> None:
    table = SILVER[name]
    expected = {column: SILVER_TYPES[type(dtype).__name__] for column, dtype in table.stored_schema.items()}
    assert await columns_of(connection, name) == expected
    assert await primary_key(connection, name) == table.key


@pytest.mark.parametrize("name", GOLD)
async def test_gold_tables_and_their_views_equal_the_model(connection: asyncpg.Connection, name: str) -> None:
    table = GOLD[name]
    expected = {
        "as_of": GOLD_TYPES["time"],
        **{c: GOLD_TYPES[kind] for c, kind in table.columns.items()},
        "run_id": "uuid",
    }
    assert await columns_of(connection, name) == expected
    assert await primary_key(connection, name) == ("as_of", *table.key)
    seen = await columns_of(connection, f"v_{name}")
    if name == "gated_order":
        assert not seen, "no reader of views sees an order that was stopped"
        return
    in_view = {c: "jsonb" if kind == "json" else kind for c, kind in expected.items()}
    assert {c: seen.get(c) for c in expected} == in_view


async def test_head_is_the_newest_revision(connection: asyncpg.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD
    assert await migrations.version(connection) == migrations.HEAD


async def test_every_view_answers(connection: asyncpg.Connection) -> None:
    views = [row[0] for row in await connection.fetch(r"SELECT viewname FROM pg_views WHERE viewname LIKE 'v\_%'")]
    assert {"v_cells", "v_pipeline_runs", "v_observation_latest", "v_curve_latest", "v_dataset_status"} < set(views)
    for view in views:
        assert await connection.fetch(f"SELECT * FROM {view}") == []


async def test_the_reader_reads_views_and_nothing_else(connection: asyncpg.Connection) -> None:
    await connection.execute("SET ROLE alvorada_reader")
    assert await connection.fetch("SELECT * FROM v_cells") == []
    for forbidden in ("SELECT * FROM ledger", "DELETE FROM v_world", "INSERT INTO world (name) VALUES ('live')"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)


async def test_the_writer_writes_but_does_not_own(connection: asyncpg.Connection) -> None:
    await connection.execute("SET ROLE alvorada_writer")
    await connection.execute("INSERT INTO world (name) VALUES ('sandbox')")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DROP TABLE world")


async def test_without_the_right_to_make_roles_a_note_says_so(postgres: Postgres, empty_database_url: str) -> None:
    administrator = await asyncpg.connect(empty_database_url)
    name = await administrator.fetchval("SELECT current_database()")
    await administrator.execute("ALTER ROLE alvorada_reader RENAME TO alvorada_reader_away")
    await administrator.execute(
        f"CREATE ROLE plain_owner LOGIN PASSWORD 'p'; ALTER DATABASE \"{name}\" OWNER TO plain_owner"
    )
    try:
        url = empty_database_url.replace(f"{empty_database_url.split('@')[0]}@", "postgresql://plain_owner:p@")
        notes = await migrations.upgrade_async(url)
        assert len(notes) == 1
        assert "alvorada_reader was not made" in notes[0]
    finally:
        await administrator.execute("ALTER ROLE alvorada_reader_away RENAME TO alvorada_reader")
        await administrator.execute("REASSIGN OWNED BY plain_owner TO alvorada; DROP OWNED BY plain_owner")
        await administrator.execute("DROP ROLE plain_owner")
        await administrator.close()


async def test_upgrading_twice_at_once_makes_one_schema(empty_database_url: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys, migrations; print(migrations.upgrade(sys.argv[1]))",
        empty_database_url,
    ]
    both = [await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE) for _ in range(2)]
    shown = await asyncio.gather(*(process.communicate() for process in both))
    assert [out.strip() for out, _ in shown] == [b"[]", b"[]"], shown


async def test_a_schema_is_all_there_or_not_at_all(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("CREATE TABLE action (in_the_way int)")  # stops the migration in its last file but one
    with pytest.raises(StoreError, match="already exists"):
        await migrations.upgrade_async(empty_database_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1
    await connection.close()


async def test_a_schema_of_a_newer_version_is_named_and_left_alone(
    connection: asyncpg.Connection, database_url: str
) -> None:
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    words = f"has schema 9999: this version of Alvorada knows it up to {migrations.HEAD}. Install the version"
    with pytest.raises(BadInput, match=words):
        await migrations.upgrade_async(database_url)
    with pytest.raises(StoreError, match=words):
        await Store.open(database_url, "sandbox")
    assert await migrations.version(connection) == "9999"


@pytest.mark.parametrize(
    ("url", "error", "complaint"),
    [
        ("postgresql://a:secret@127.0.0.1:1/x", StoreError, "cannot be reached"),
        ("postgresql://a:secret@127.0.0.1:99999/x", BadInput, "no usable port"),
        ("mysql://a:secret@127.0.0.1/x", BadInput, "must begin with postgresql://"),
        ("alvorada", BadInput, "must begin with postgresql://"),
        ("postgresql://a:secret@no-such-host.invalid/x", StoreError, "cannot be"),
    ],
)
async def test_a_wrong_address_is_one_clear_line_without_the_password(
    url: str, error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error, match=complaint) as caught:
        await migrations.upgrade_async(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_missing_database_and_a_wrong_password_say_so(postgres: Postgres) -> None:
    with pytest.raises(StoreError, match="'nowhere' does not exist"):
        await migrations.upgrade_async(postgres.url("nowhere"))
    address = postgres.url("postgres")
    with pytest.raises(StoreError, match="refuses this user or password"):
        await migrations.upgrade_async(f"postgresql://alvorada:wrong@{address.split('@')[1]}")


async def test_the_page_about_the_data_model_names_every_table_and_view(connection: asyncpg.Connection) -> None:
    page = (Path(migrations.__file__).parents[1] / "docs" / "data-model.md").read_text(encoding="utf-8")
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
        " AND NOT relispartition AND relname <> 'alembic_version'"
    )
    derived = {f"v_{name}" for name in GOLD}  # the page says v_<gold table> for all of them
    assert [row[0] for row in rows if row[0] not in derived and f"`{row[0]}`" not in page] == []


def test_a_script_is_cut_at_statements_and_not_inside_bodies() -> None:
    script = "-- note;\nSELECT 1;\nDO $$\nBEGIN\n  PERFORM 1;\nEND\n$$;\nCREATE VIEW v AS\nSELECT 2;\n"
    assert statements(script) == ["SELECT 1", "DO $$\nBEGIN\n  PERFORM 1;\nEND\n$$", "CREATE VIEW v AS\nSELECT 2"]
    with pytest.raises(ValueError, match="without an end"):
        statements("SELECT 1")


OTHERS = sorted(Path("/usr/lib/postgresql").glob("1[5-8]/bin/initdb"))


@pytest.mark.process
@pytest.mark.skipif(
    not OTHERS or "ALVORADA_PG_BIN" in os.environ, reason="no other PostgreSQL under /usr/lib/postgresql"
)
@pytest.mark.parametrize("initdb", OTHERS, ids=lambda path: path.parts[4])
def test_the_schema_is_made_on_other_versions_too(initdb: Path, tmp_path: Path) -> None:
    server = Postgres(tmp_path, initdb.parent, {"fsync": "off"})
    try:
        server.start()
        assert migrations.upgrade(server.ensure_database("alvorada")) == []
    finally:
        server.stop()
