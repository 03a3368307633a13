"""Alerts at the end of a daily run, on the numbers of a real one."""

from __future__ import annotations

import json

import pytest

from desk.alerts.rules import RULES
from desk.catalog import load_catalog
from tests.fixtures.flows import NEXT_DAY, RunningDesk
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]


async def test_a_run_with_a_source_down_says_so_once_and_not_what_follows_from_it(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    """Evaluated after the run: rules are rows, the failed source is an alert, and every number there is was judged."""
    quiet_sandbox.configure(faults={"cftc_cot": {"kind": "server_error"}})
    ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.name == "CompletedWithGaps"
    rules = await filled_desk.rows("SELECT rule_id FROM v_alert_rule")
    assert {row["rule_id"] for row in rules} == {rule.id for rule in RULES}
    active = await filled_desk.rows("SELECT * FROM v_alert_active ORDER BY rule_id, subject")
    failure = next(row for row in active if row["subject"] == "source:cftc_cot")
    assert (failure["rule_id"], failure["severity"]) == ("PIPELINE_FAILURE", "warning")
    assert failure["value"] == len(load_catalog().datasets_of("cftc_cot"))
    limits = await filled_desk.gold("risk_limits_status", NEXT_DAY)
    unknown = {("LIMIT_BREACH", name) for name in limits.filter(limits["utilisation"].is_null())["limit_id"]}
    blind = {(row["rule_id"], row["subject"]) for row in active if row["condition"] != "threshold"}
    assert blind == unknown, "of a whole run nothing else is missing"
    (sent,) = await filled_desk.rows("SELECT * FROM v_outbox")
    assert (sent["channel"], sent["state"]) == ("null", "sent")
    assert "source:cftc_cot" in json.dumps(json.loads(sent["payload"]))
    beats = {row["name"] for row in await filled_desk.rows("SELECT name FROM v_heartbeat")}
    assert beats == {"daily", "alerts", "sender"}


async def test_alerting_that_fails_leaves_the_run_as_it_is_and_is_on_record(filled_desk: RunningDesk) -> None:
    await filled_desk.rows("ALTER TABLE alert_state RENAME TO alert_state_away")
    ran = await filled_desk.run(NEXT_DAY, sources="stored")
    assert ran.state.is_completed()
    assert ran.page
    (run,) = await filled_desk.rows("SELECT state, stages FROM v_pipeline_runs ORDER BY started_at DESC LIMIT 1")
    assert run["state"].startswith("completed")
    last = json.loads(run["stages"])[-1]
    assert last["name"] == "alerts"
    assert "alert_state" in last["error"]
    assert any(kind == "note" and name == "alerts" for kind, name, *_ in ran.events)
