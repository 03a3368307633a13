"""The migrated schema is what the desk's model says, and people see it through views."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic import command
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
    wanted = {column: SILVER_TYPES[type(dtype).__name__] for column, dtype in table.stored_schema.items()}
    assert await columns_of(connection, name) == wanted
    assert await primary_key(connection, name) == table.key


@pytest.mark.parametrize("name", GOLD)
async def test_gold_tables_and_their_views_equal_the_model(connection: asyncpg.Connection, name: str) -> None:
    table = GOLD[name]
    wanted = {
        "as_of": GOLD_TYPES["time"],
        **{c: GOLD_TYPES[kind] for c, kind in table.columns.items()},
        "run_id": "uuid",
    }
    assert await columns_of(connection, name) == wanted
    assert await primary_key(connection, name) == ("as_of", *table.key)
    seen = await columns_of(connection, f"v_{name}")
    if name == "gated_order":
        assert not seen, "no reader of views sees an order that was stopped"
        return
    in_view = {c: "jsonb" if kind == "json" else kind for c, kind in wanted.items()}
    assert {c: seen.get(c) for c in wanted} == in_view


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
    said = await asyncio.gather(*(process.communicate() for process in both))
    assert [out.strip() for out, _ in said] == [b"[]", b"[]"], said


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


async def test_decisions_of_an_earlier_release_become_records(empty_database_url: str) -> None:
    """Two days of one morning's book, and a day of a run that failed: history, live, and no decision."""
    await asyncio.to_thread(upgrade_to, "0006", empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    days = [dt.datetime(2026, 1, day, 9, tzinfo=dt.UTC) for day in (8, 9, 12)]
    try:
        await connection.execute(
            "INSERT INTO book VALUES ('model-2026-01-08', '2026-01-08', 1e8, $1, gen_random_uuid())", days[0]
        )
        for day, state in zip(days, ("completed", "completed_with_gaps", "failed"), strict=True):
            run_id = await connection.fetchval(
                "INSERT INTO pipeline_runs (run_id, kind, as_of, sources, state, started_at, finished_at, parameters,"
                " code_version) VALUES (gen_random_uuid(), 'daily', $1, 'live', $2, $1, $3, '{}', '0.1.0+abc')"
                " RETURNING run_id",
                day, state, day + dt.timedelta(minutes=4),
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO portfolio_state (as_of, nav_brl, run_id) VALUES ($1, 1e8, $2)", day, run_id
            )
        assert await migrations.upgrade_async(empty_database_url) == []
        query = "SELECT as_of, version, kind, decided_at, code_version FROM v_decision ORDER BY as_of"
        assert [tuple(row) for row in await connection.fetch(query)] == [
            (days[0], 0, "history", days[0] + dt.timedelta(minutes=4), "0.1.0+abc"),
            (days[1], 1, "live", days[1] + dt.timedelta(minutes=4), "0.1.0+abc"),
        ]
    finally:
        await connection.close()


async def test_money_stored_before_gets_its_market_day(empty_database_url: str) -> None:
    """A Monday's row is Friday's, one after Carnival the Friday's before it; versions that were kept are dated too."""
    await asyncio.to_thread(upgrade_to, "0010", empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    days = {dt.date(2025, 12, 1): dt.date(2025, 11, 28), dt.date(2026, 2, 18): dt.date(2026, 2, 13)}
    times = {dt.datetime.combine(day, dt.time(9), dt.UTC): before for day, before in days.items()}
    try:
        for as_of in times:
            for table, key in (("pnl_attribution", "instrument_id"), ("pnl_by_strategy", "strategy_id"),
                               ("pnl_by_factor", "factor")):  # fmt: skip
                await connection.execute(
                    f"INSERT INTO {table} (as_of, {key}, pnl_brl, run_id) VALUES ($1, 'X', 0.1, gen_random_uuid())",
                    as_of,
                )
            await connection.execute(
                "INSERT INTO portfolio_state (as_of, nav_brl, pnl_brl, run_id) VALUES ($1, 1e8, 1, gen_random_uuid())",
                as_of,
            )
            await connection.execute(
                "INSERT INTO gold_version SELECT as_of, 1, 'portfolio_state', json_agg(row_to_json(portfolio_state))"
                " FROM portfolio_state WHERE as_of = $1 GROUP BY as_of",
                as_of,
            )
        assert await migrations.upgrade_async(empty_database_url) == []
        for table in ("portfolio_state", "pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
            rows = await connection.fetch(f"SELECT as_of, valuation_date, pnl_brl FROM v_{table}")
            assert {row["as_of"]: row["valuation_date"] for row in rows} == times, table
            assert all(row["pnl_brl"] for row in rows)
        kept = await connection.fetch(
            "SELECT kept.as_of, back.valuation_date, back.nav_brl FROM gold_version AS kept,"
            " LATERAL json_populate_recordset(NULL::portfolio_state, kept.rows) AS back"
        )
        assert {row["as_of"]: row["valuation_date"] for row in kept} == times
        assert {row["nav_brl"] for row in kept} == {1e8}
    finally:
        await connection.close()


async def test_stored_orders_get_the_side_that_is_dealt(empty_database_url: str) -> None:
    """What was bought in unit price was received; dollars and bonds were bought and stay so. Kept versions too."""
    await asyncio.to_thread(upgrade_to, "0011", empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    stored = [("DI1_2Y", "buy"), ("DAP_5Y", "sell"), ("DDI_1Y", "buy"), ("SOV_BR_5Y", "buy"), ("DOL", "buy"),
              ("UST_5Y", "sell"), ("NTNB_2030", "buy")]  # fmt: skip
    dealt = ["receive", "pay", "receive", "sell_protection", "buy", "sell", "buy"]
    as_of = dt.datetime(2026, 1, 12, 9, tzinfo=dt.UTC)
    try:
        for seq, (instrument_id, side) in enumerate(stored, 1):
            await connection.execute(
                "INSERT INTO action (as_of, seq, instrument_id, side, sentence, run_id)"
                " VALUES ($1, $2, $3, $4, 'Buy', gen_random_uuid())",
                as_of, seq, instrument_id, side,
            )  # fmt: skip
        await connection.execute(
            "INSERT INTO gold_version SELECT $1, 1, 'action', json_agg(row_to_json(action) ORDER BY seq) FROM action",
            as_of,
        )
        assert await migrations.upgrade_async(empty_database_url) == []
        assert [row["side"] for row in await connection.fetch("SELECT side FROM v_action ORDER BY seq")] == dealt
        kept = await connection.fetch(
            "SELECT back.side FROM gold_version AS kept,"
            " LATERAL json_populate_recordset(NULL::action, kept.rows) AS back ORDER BY back.seq"
        )
        assert [row["side"] for row in kept] == dealt
    finally:
        await connection.close()


def upgrade_to(revision: str, address: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["address"] = address
    command.upgrade(config, revision)
