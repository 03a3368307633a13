"""The first morning on a database of the first schema that holds an old installation's data."""

from __future__ import annotations

import asyncio
from pathlib import Path

import polars as pl
import pytest

import migrations
from alvorada.stack.postgres import Postgres
from bench._first_schema import as_first_schema
from tests.fixtures.flows import NEXT_DAY, RunningDesk, drop_database
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.db, pytest.mark.flow]


async def test_a_database_of_the_first_schema_goes_on_as_any_other(
    postgres: Postgres,
    filled: RunningDesk,
    healthy_morning: dict[str, pl.DataFrame],
    quiet_sandbox: RunningSandbox,
    tmp_path: Path,
) -> None:
    name = "flow_old_release"
    url = await postgres.ensure_database_async(name)
    await as_first_schema(filled.url, url)
    await asyncio.to_thread(migrations.upgrade, url)
    quiet_sandbox.configure(now=f"{NEXT_DAY}T09:00:00+00:00")
    desk = RunningDesk(url, tmp_path, quiet_sandbox.root)
    ran = await desk.run(NEXT_DAY)
    # Its book has no packages, so the orders may differ, and the gate may hold them. Money and holdings may not.
    assert ran.state.is_completed(), ran.state.message
    assert NEXT_DAY.isoformat() in ran.page
    own, healthy = await desk.gold("target_position", NEXT_DAY), healthy_morning["target_position"]
    held = ["instrument_id", "contracts_before"]
    assert own.select(held).equals(healthy.select(held))
    # That release marked at the curve: what the settlements differ from it by is booked once, as a change of source.
    lines = await desk.gold("pnl_attribution", NEXT_DAY)
    changed = float(lines["source_pnl_brl"].fill_null(0.0).to_numpy().sum())
    assert changed != 0.0
    state, expected = await desk.gold("portfolio_state", NEXT_DAY), healthy_morning["portfolio_state"]
    assert state["valuation_date"].to_list() == expected["valuation_date"].to_list()
    assert state["cost_brl"].to_list() == expected["cost_brl"].to_list()
    for name_of_money in ("nav_brl", "pnl_brl"):
        assert state[name_of_money][0] - changed == pytest.approx(expected[name_of_money][0], abs=0.005), name_of_money
    await drop_database(postgres, name)
