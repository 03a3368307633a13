"""With readers beyond the desk the views keep what rests on a restricted source from their accounts, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg
import pytest

import migrations
from blocks.settings import load_settings
from desk.catalog import load_catalog
from tasks.store import Store
from tasks.store.readers import obey_readers

pytestmark = pytest.mark.db

CATALOG = load_catalog()
SQL = (Path(migrations.__file__).parent / "versions" / "v0025" / "readers.sql").read_text(encoding="utf-8")
CONTENT = set(re.findall(r"'(v_\w+)'", SQL))
OWN = {
    # the desk's own work: scores, risk, P&L, the book's totals; and what it knows of its runs, alerts and accounts
    "v_action_gate", "v_action_release", "v_agent_measure", "v_agent_view", "v_aggregated_signal", "v_alert_active",
    "v_alert_channel", "v_alert_history", "v_alert_rule", "v_alert_rule_change", "v_alert_state", "v_api_audit",
    "v_api_token", "v_book", "v_book_change", "v_cells",
    "v_class_strategy", "v_component_var", "v_data_weight", "v_dataset_status",
    "v_decision", "v_delivery", "v_dv01_ladder", "v_fetch", "v_gate_verdict", "v_gold_version", "v_heartbeat",
    "v_ledger", "v_month_return", "v_outbox", "v_payload", "v_pipeline_runs", "v_pnl_attribution", "v_pnl_by_class",
    "v_pnl_by_factor", "v_pnl_by_strategy", "v_portfolio_state", "v_regime", "v_risk_limits_status",
    "v_risk_metrics_daily", "v_series_look", "v_series_unknown", "v_silence", "v_strategy_signals",
    "v_stress_test_results", "v_var_method", "v_var_outcome", "v_withheld_source", "v_world",
}  # fmt: skip


async def seen(connection: asyncpg.Connection) -> tuple[int, object]:
    """What the reader's account sees of a pair of sources, and of a message's payload."""
    async with connection.transaction():
        await connection.execute("SET LOCAL SESSION AUTHORIZATION alvorada_reader")
        return (
            await connection.fetchval("SELECT count(*) FROM v_source_comparison"),
            await connection.fetchval("SELECT payload FROM v_outbox"),
        )


async def test_every_view_is_of_sources_or_the_desk_s_own(store: Store) -> None:
    """A new view is put on one of the two lists, by what stands in it."""
    async with store.connections.acquire() as connection:
        rows = await connection.fetch(r"SELECT viewname FROM pg_views WHERE viewname LIKE 'v\_%'")
        views = {row["viewname"] for row in rows}
        assert views == CONTENT | OWN
        for name in CONTENT:
            assert "content_may_leave()" in await connection.fetchval("SELECT pg_get_viewdef($1::regclass)", name)


async def test_the_setting_takes_the_content_from_readers_and_a_consent_gives_it_back(store: Store) -> None:
    every = ("b3_market_data", "fred", "cboe_vix", "yahoo_finance")
    async with store.connections.acquire() as connection:
        await connection.execute(
            "INSERT INTO source_comparison (as_of, pair_id, left_source, left_value, run_id)"
            " VALUES (now(), 'vix', 'vix', 17.2, gen_random_uuid())"
        )
        await connection.execute(
            "INSERT INTO outbox (channel, kind, dedupe_key, payload, created_at, next_try)"
            """ VALUES ('mail', 'report', 'one', '{"text": "VIX 17.2"}', now(), now())"""
        )
        assert await seen(connection) == (1, '{"text": "VIX 17.2"}')
        assert await obey_readers(store, load_settings(readers="others"), CATALOG) == every
        assert await seen(connection) == (0, None)
        assert await connection.fetchval("SELECT count(*) FROM v_source_comparison") == 1, "the desk's own account"
        assert await obey_readers(store, load_settings(readers="others", consents=every[:2]), CATALOG) == every[2:]
        assert (await seen(connection))[0] == 0
        for given in ({"readers": "others", "consents": every}, {"readers": "desk"}):
            assert await obey_readers(store, load_settings(**given), CATALOG) == ()
            assert (await seen(connection))[0] == 1
