"""Databases of earlier releases keep their data, in the form of the newest schema."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config

import migrations

pytestmark = pytest.mark.db


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


async def test_checks_of_the_gate_stored_before_have_their_detail_and_no_facts(empty_database_url: str) -> None:
    await asyncio.to_thread(upgrade_to, "0027", empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute(
            "INSERT INTO action_gate (as_of, check_id, value, threshold, state, detail, run_id)"
            " VALUES ('2026-01-08 09:00+00', 'cash', 0.1, 0.0025, 'failed', 'BRL +310,000', gen_random_uuid())"
        )
        assert await migrations.upgrade_async(empty_database_url) == []
        row = await connection.fetchrow("SELECT detail, facts FROM v_action_gate")
        assert row is not None
        assert tuple(row) == ("BRL +310,000", None)
    finally:
        await connection.close()
