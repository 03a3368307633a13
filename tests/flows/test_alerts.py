"""Alerts at the end of a daily run, on the numbers of a real one."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from desk.alerts.rules import RULES
from desk.catalog import load_catalog
from desk.model import decision_time
from flows.alerts import alerts, sender
from tests.fixtures.deliveries import Mailbox, Slack
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
    (sent,) = await filled_desk.rows("SELECT * FROM v_outbox WHERE created_at > $1", decision_time(NEXT_DAY))
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


async def test_by_its_own_deployment_a_run_that_never_came_is_told_on_both_channels(
    filled_desk: RunningDesk, slack: Slack, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing ran on NEXT_DAY. No alert a minute before the deadline; one at the deadline."""

    def clock_at(minutes: int) -> None:
        environment = filled_desk.environment(NEXT_DAY, dt.timedelta(minutes=minutes))
        monkeypatch.setenv("ALVORADA_NOW", environment["ALVORADA_NOW"])

    channels = {
        "SLACK_WEBHOOK_URL": slack.url,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mailbox.port),
        "SMTP_SECURITY": "insecure",
        "SMTP_SENDER": "desk@example.com",
        "SMTP_RECIPIENTS": '["ana@example.com", "rui@example.com"]',
    }
    for name, value in (filled_desk.environment(NEXT_DAY) | channels).items():
        monkeypatch.setenv(name, value)
    clock_at(44)
    assert (await alerts(sources="sandbox", return_state=True)).is_completed()
    before = await filled_desk.rows("SELECT 1 FROM v_alert_active WHERE rule_id = 'PIPELINE_FAILURE'")
    assert before == []

    slack.reset()
    mailbox.reset()
    slack.will(500)
    clock_at(45)
    assert (await alerts(sources="sandbox", return_state=True)).is_completed()
    [(recipients, mail)] = mailbox.got
    assert recipients == ["ana@example.com", "rui@example.com"]
    assert "PIPELINE_FAILURE · daily" in str(mail["Subject"])
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "no run of 2026-11-19 by its deadline; the last was of 2026-11-18" in str(plain.get_content())
    assert slack.messages == []
    clock_at(47)
    state = await sender(sources="sandbox", return_state=True)
    assert state.message == "1 messages sent, 0 tries failed"
    assert "PIPELINE_FAILURE · daily" in slack.said()[0]
    assert len(mailbox.got) == 1
