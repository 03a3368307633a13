"""Wrong prices that no check of the data has seen: the report comes out, the orders do not."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from alvorada.stack.postgres import Postgres
from desk.catalog.defence import GateRules
from desk.errors import BadInput
from desk.model import decision_time
from desk.risk.gate import check_actions
from desk.risk.gate_basis import GateInput
from tasks.run.report_gold import RISK_TABLES, STAGE_TABLES
from tasks.store.releases import ActionRelease
from tests.fixtures.flows import FILLED, FILLED_DAY, NEXT_DAY, RunningDesk, drop_database
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]

AFTER = dt.date(2026, 11, 23)
STOPPED = "alvorada_stopped"
SHIFT = 0.02
"""Two points of rate on every vertex: smooth, and further than any true day of the DI curve."""
IMPORT = f"""
INSERT INTO curve_point (curve_id, tenor_bd, obs_date, knowledge_time, rate, stamp, payload_id)
SELECT curve_id, tenor_bd, $1::date, $2::timestamptz, rate + {SHIFT}, 'imported', payload_id
FROM curve_point WHERE curve_id = 'PRE' AND obs_date = (SELECT max(obs_date) FROM curve_point WHERE curve_id = 'PRE')
"""


async def plant(desk: RunningDesk, sandbox: RunningSandbox) -> None:
    """B3 does not answer, and somebody imports the curve that NEXT_DAY marks at by hand, two points off."""
    sandbox.configure(faults={"b3_market_data": {"kind": "server_error"}})
    known = decision_time(NEXT_DAY) - dt.timedelta(minutes=1)
    await desk.rows(IMPORT, FILLED_DAY, known)
    planted = await desk.rows("SELECT count(*) AS n FROM curve_point WHERE knowledge_time = $1", known)
    assert planted[0]["n"] > 5


@pytest.fixture(scope="module")
async def stopped(
    postgres: Postgres, filled: RunningDesk, sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningDesk]:
    """NEXT_DAY as the gate has stopped it. Tests take `stopped_desk`, a clone."""
    sandbox.configure(now=decision_time(NEXT_DAY), latency={}, faults={})
    url = await postgres.ensure_database_async(STOPPED, FILLED)
    desk = RunningDesk(url, tmp_path_factory.mktemp("stopped"), sandbox.root)
    await plant(desk, sandbox)
    ran = await desk.run(NEXT_DAY)
    sandbox.reset()
    assert ran.state.is_completed()
    assert ran.state.name == "ActionsHeld", ran.state.message
    assert "no actions are issued" in ran.state.message
    yield desk
    await drop_database(postgres, STOPPED)


@pytest.fixture
async def stopped_desk(
    postgres: Postgres, stopped: RunningDesk, database_numbers: Iterator[int], tmp_path: Path
) -> AsyncIterator[RunningDesk]:
    name = f"flow_{next(database_numbers)}"
    shutil.copytree(stopped.home, tmp_path, dirs_exist_ok=True)
    yield RunningDesk(await postgres.ensure_database_async(name, STOPPED), tmp_path, stopped.sandbox_root)
    await drop_database(postgres, name)


async def test_a_jump_of_nav_is_gated_and_the_next_day_goes_on_from_the_positions_as_they_were(
    stopped_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    page = await stopped_desk.page(NEXT_DAY)
    assert "DEAL NOTHING TODAY" in page
    assert (await stopped_desk.gold("action", NEXT_DAY)).is_empty()
    orders = await stopped_desk.gold("gated_order", NEXT_DAY)
    assert orders.height > 0
    assert not any(row["sentence"] in page for row in orders.iter_rows(named=True))
    held = await stopped_desk.gold("target_position", NEXT_DAY)
    assert (held["contracts"] == held["contracts_before"]).all()
    checks = dict((await stopped_desk.gold("action_gate", NEXT_DAY)).select("check_id", "state").iter_rows())
    assert checks["line_pnl"] == "failed"
    run = await stopped_desk.rows("SELECT state, gaps, message FROM v_pipeline_runs ORDER BY started_at DESC LIMIT 1")
    assert "actions" in str(run[0]["gaps"])
    quiet_sandbox.configure(now=decision_time(AFTER), faults={})
    after = await stopped_desk.run(AFTER)
    assert after.state.is_completed(), after.state.message
    then = await stopped_desk.gold("target_position", AFTER)
    both = held.join(then, on="instrument_id", suffix="_then")
    assert both["contracts_before_then"].to_list() == both["contracts"].to_list()
    nav = [(await stopped_desk.gold("portfolio_state", day)).row(0, named=True) for day in (NEXT_DAY, AFTER)]
    assert nav[1]["nav_brl"] == pytest.approx(nav[0]["nav_brl"] + nav[1]["pnl_brl"], abs=0.005)


async def test_the_book_without_the_orders_is_measured_beside_the_one_with_them(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No day of the sandbox breaches a limit: the comparison is asked for, whatever there is to compare. What was held
    is measured as the day's own risk is, and changes no row of it."""
    seen: list[GateInput] = []

    def checked(found: GateInput, rules: Mapping[str, GateRules]) -> pl.DataFrame:
        seen.append(found)
        return check_actions(found, rules)

    monkeypatch.setattr("flows.gate.asks_for_the_book_without_orders", lambda found: True)
    monkeypatch.setattr("flows.gate.check_actions", checked)
    ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.name != "ActionsHeld", ran.state.message
    (found,) = seen
    with_orders = found.today["risk_limits_status"].select("limit_id", "value", "threshold")
    both = with_orders.join(found.without["risk_limits_status"].select("limit_id", "value"), on="limit_id")
    assert both.height == with_orders.height
    unchanged = pl.col("limit_id").is_in(["drawdown", "daily_loss", "five_day_loss", "strategy_daily_loss"])
    assert both.filter(unchanged)["value"].to_list() == both.filter(unchanged)["value_right"].to_list()
    assert both.filter(limit_id="var_95")["value_right"].is_finite().all()
    assert (both.filter(~unchanged)["value"] != both.filter(~unchanged)["value_right"]).any()
    stored = await filled_desk.gold("risk_limits_status", NEXT_DAY)
    assert stored.sort("limit_id")["value"].to_list() == with_orders.sort("limit_id")["value"].to_list()


async def release_of(desk: RunningDesk, reason: str = "the curve is right: an emergency meeting") -> ActionRelease:
    """The word of a person who has seen the orders that stand now."""
    as_of = decision_time(NEXT_DAY)
    verdict = (await desk.gold("gate_verdict", NEXT_DAY)).row(0, named=True)
    assert verdict["state"] == "stopped"
    return ActionRelease(as_of, "pm", reason, as_of + dt.timedelta(minutes=30), verdict["proposal"])


async def test_a_person_releases_the_orders_as_a_new_version(stopped_desk: RunningDesk) -> None:
    word = await release_of(stopped_desk)
    async with stopped_desk.store() as store:
        with pytest.raises(BadInput, match="those that stand now are"):
            await store.release_actions(replace(word, proposal="000000000000"))
        await store.release_actions(word)
        with pytest.raises(BadInput, match="released already"):
            await store.release_actions(word)
        with pytest.raises(BadInput, match="holds no actions"):
            await store.release_actions(replace(word, as_of=decision_time(FILLED_DAY)))
    kept = await stopped_desk.gold("gated_order", NEXT_DAY)
    released = await stopped_desk.run(NEXT_DAY, sources="stored", reason=f"orders released by pm: {word.reason}")
    assert released.state.is_completed(), released.state.message
    orders = await stopped_desk.gold("action", NEXT_DAY)
    assert orders["sentence"].to_list() == kept["sentence"].to_list()
    assert "Issued by a person although the gate had stopped them" in released.page
    versions = await stopped_desk.rows(
        "SELECT version, kind FROM decision WHERE as_of = $1 ORDER BY version", decision_time(NEXT_DAY)
    )
    assert [tuple(row) for row in versions] == [(1, "live"), (2, "restated")]
    gate = await stopped_desk.gold("action_gate", NEXT_DAY)
    assert "failed" not in gate["state"].to_list()
    assert gate.filter(pl.col("state") == "released").height >= 1
    verdict = (await stopped_desk.gold("gate_verdict", NEXT_DAY)).row(0, named=True)
    assert (verdict["state"], verdict["proposal"]) == ("released", word.proposal)


async def test_data_that_change_after_the_release_send_no_other_orders(stopped_desk: RunningDesk) -> None:
    """Between the release and the restatement somebody corrects the curve: every other check passes, and the orders are
    others than those that the person saw."""
    word = await release_of(stopped_desk)
    async with stopped_desk.store() as store:
        await store.release_actions(word)
    right = "UPDATE curve_point SET rate = rate - $2::float WHERE stamp = 'imported' AND obs_date = $1"
    await stopped_desk.rows(right, FILLED_DAY, SHIFT - 0.0005)
    again = await stopped_desk.run(NEXT_DAY, sources="stored", reason=f"orders released by pm: {word.reason}")
    assert again.state.name == "ActionsHeld", again.state.message
    assert "not those that a person released" in again.state.message
    assert (await stopped_desk.gold("action", NEXT_DAY)).is_empty()
    assert (await stopped_desk.gold("ticket", NEXT_DAY)).is_empty()
    stopped_now = await release_of(stopped_desk, "the corrected curve")
    assert stopped_now.proposal != word.proposal
    assert f"the orders ({stopped_now.proposal}) are not those that a person released ({word.proposal})" in again.page
    async with stopped_desk.store() as store:
        await store.release_actions(stopped_now)
    last = await stopped_desk.run(NEXT_DAY, sources="stored", reason="orders released by pm: the corrected curve")
    assert last.state.name != "ActionsHeld", last.state.message
    verdict = (await stopped_desk.gold("gate_verdict", NEXT_DAY)).row(0, named=True)
    assert verdict["proposal"] == stopped_now.proposal
    assert (await stopped_desk.gold("action", NEXT_DAY)).height == verdict["orders"] > 0


async def test_a_proposed_position_is_seen_by_nobody_before_the_gate_has_judged_it(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run dies between the portfolio and the gate: what is stored, and every view, is as before it. Where the risk
    is not known the day is held."""
    found = [
        row["viewname"] for row in await filled_desk.rows("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
    ]
    dated = [
        name for name in found if name.startswith("v_")
        and await filled_desk.rows(
            "SELECT 1 FROM information_schema.columns WHERE table_name = $1 AND column_name = 'as_of'", name
        )
    ]  # fmt: skip

    def dies(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("flows.gate.check_actions", dies)
    ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.is_failed()
    assert "DEAL NOTHING TODAY" in ran.page
    moment = decision_time(NEXT_DAY)
    seen = {name for name in dated if await filled_desk.rows(f"SELECT 1 FROM {name} WHERE as_of = $1 LIMIT 1", moment)}
    assert not {name for name in seen if name.removeprefix("v_") in STAGE_TABLES["gate"]}, seen
    for name in STAGE_TABLES["gate"]:
        assert (await filled_desk.gold(name, NEXT_DAY)).is_empty(), name

    monkeypatch.undo()
    monkeypatch.setattr("flows.risk.measure_risk", dies)
    unmeasured = await filled_desk.run(NEXT_DAY)
    assert unmeasured.state.is_failed()
    assert "The gate could not be applied" in unmeasured.page
    held = await filled_desk.gold("target_position", NEXT_DAY)
    assert held["contracts"].to_list() == held["contracts_before"].to_list(), "what is held is said, and no order"
    for name in ("action", "ticket", "action_gate", "gate_verdict", *RISK_TABLES):
        assert (await filled_desk.gold(name, NEXT_DAY)).is_empty(), name
