"""The promise of delivery.md on PostgreSQL, with a real SMTP server and Slack's stand-in, on a fake clock."""

from __future__ import annotations

import asyncio
import json

import pytest

from desk.catalog.alert_rules import load_alerts
from tasks.alerts.stored_rules import add_silence, change_rule, end_silence
from tasks.store import Store
from tests.desk.alerts.book import at
from tests.fixtures.deliveries import Mailbox
from tests.fixtures.deliveries import Slack as SlackServer
from tests.tasks.alerts.alert_desk import Desk

pytestmark = pytest.mark.db

ALERTS = load_alerts()


async def test_smtp_is_down_for_forty_minutes_then_up_one_mail(
    desk: Desk, slack: SlackServer, mailbox: Mailbox
) -> None:
    """Slack has its own window meanwhile: at once, and again after thirty minutes."""
    desk.var_95 = 0.04
    for minute in range(0, 40, 5):
        mailbox.refuse = ["451 later"] * 5
        await desk.turn(at(minute))
    assert mailbox.got == []
    assert len(slack.messages) == 2
    assert "5 held back since 09:12" in slack.said()[1]
    mailbox.reset()
    for minute in (45, 50, 55):
        await desk.turn(at(minute))
    assert mailbox.subjects() == ["Warning: VAR_BREACH · portfolio"]
    (waiting,) = await desk.rows("SELECT held_back, last_delivered_at, undelivered FROM v_alert_active")
    assert waiting["undelivered"] == []


async def test_slack_is_down_while_mail_is_up(desk: Desk, slack: SlackServer, mailbox: Mailbox) -> None:
    desk.var_95 = 0.04
    slack.will(then=500)
    await desk.turn(at(0))
    assert (len(mailbox.got), slack.messages) == (1, [])
    (ill,) = await desk.rows("SELECT * FROM v_alert_channel WHERE channel = 'slack'")
    assert ill["failures_in_a_row"] == 1
    assert "500" in ill["last_error"]
    slack.will()
    await desk.turn(at(10))
    await desk.turn(at(15))
    assert (len(mailbox.got), len(slack.messages)) == (1, 1)
    receipts = await desk.rows("SELECT channel, receipt, waited_seconds FROM v_delivery ORDER BY delivered_at")
    assert [row["channel"] for row in receipts] == ["mail", "slack"]
    assert json.loads(receipts[1]["receipt"]) == {"reply": "ok"}
    assert receipts[1]["waited_seconds"] == 600


async def test_what_slack_asks_for_with_retry_after_is_given(desk: Desk, slack: SlackServer) -> None:
    desk.var_95, desk.used = 0.04, {"gross_leverage": 0.5}
    slack.will(429, retry_after=90)
    await desk.turn(at(0))
    desk.used = {"gross_leverage": 1.5}
    await desk.evaluate(at(1))
    posts = slack.stand_in.posts
    await desk.send(at(1, 29))
    assert slack.stand_in.posts == posts, "nothing at all goes to Slack before"
    await desk.send(at(1, 30))
    assert len(slack.messages) == 2


async def test_a_restart_in_between_then_clear_is_one_resolved(
    desk: Desk, slack: SlackServer, mailbox: Mailbox
) -> None:
    """Every step of Desk makes its records anew; the store is opened again here too."""
    desk.var_95 = 0.04
    await desk.turn(at(0))
    again = await Store.open(desk.store.connections.url, "sandbox", pool_size=4)
    try:
        later = Desk(again, desk.channels, var_95=0.01)
        await later.turn(at(60))
        await later.turn(at(65))
    finally:
        await again.close()
    expected = ["Warning: VAR_BREACH · portfolio", "Resolved: VAR_BREACH · portfolio"]
    assert mailbox.subjects() == expected
    assert len(slack.messages) == 2
    assert "after 1 h 00 min" in slack.said()[1]
    history = await desk.rows("SELECT event, channel FROM v_alert_history ORDER BY event_id")
    kinds = [row["event"] for row in history]
    assert (kinds.count("firing"), kinds.count("resolved"), kinds.count("queued")) == (1, 1, 4)


async def test_the_end_never_overtakes_the_beginning(desk: Desk, slack: SlackServer) -> None:
    desk.var_95 = 0.04
    slack.will(500)
    await desk.turn(at(0))
    desk.var_95 = 0.01
    await desk.turn(at(0, 1))
    assert slack.messages == []
    await desk.send(at(5))
    assert [text.split("\n")[0] for text in slack.said()] == [
        "Warning: VAR_BREACH · portfolio",
        "Resolved: VAR_BREACH · portfolio",
    ]


async def test_two_evaluators_and_two_senders_at_once_say_it_once(
    desk: Desk, slack: SlackServer, mailbox: Mailbox
) -> None:
    desk.var_95, desk.used = 0.04, {"gross_leverage": 1.2}
    desk.now = at(0)
    await asyncio.gather(desk.evaluate(), desk.evaluate(), desk.send(), desk.send())
    await asyncio.gather(desk.evaluate(at(5)), desk.evaluate(at(5)), desk.send(at(5)), desk.send(at(5)))
    await desk.send()
    assert len(slack.messages) == len(mailbox.got) == 1, "one message with both alerts"
    assert mailbox.subjects() == ["2 alerts (1 critical, 1 warning): LIMIT_BREACH · gross_leverage ..."]


async def test_a_sender_that_is_at_a_row_keeps_the_other_from_it(desk: Desk) -> None:
    desk.var_95 = 0.04
    await desk.evaluate(at(0))
    async with desk.records.claiming("mail", at(0)) as first:
        assert first is not None
        async with desk.records.claiming("mail", at(0)) as second:
            assert second is None
    async with desk.records.claiming("mail", at(0)) as third:
        assert third is not None, "left without a word, it is due as before"
        assert third.row.outbox_id == first.row.outbox_id


async def test_a_threshold_that_is_changed_acts_at_the_next_evaluation_and_survives(
    desk: Desk, mailbox: Mailbox
) -> None:
    desk.var_95 = 0.04
    await desk.turn(at(0))
    changed = await change_rule(desk.store, "VAR_BREACH", {"threshold": 0.05, "severity": "info"}, "ana", at(1))
    assert (changed.threshold, changed.severity) == (0.05, "info")
    await desk.turn(at(5))
    assert mailbox.subjects()[-1].startswith("Resolved")
    desk.var_95 = 0.051
    await desk.turn(at(40))
    assert mailbox.subjects()[-1] == "Info: VAR_BREACH · portfolio"
    audit = await desk.rows("SELECT field, value_from, value_to, changed_by, changed_at FROM v_alert_rule_change")
    assert {tuple(row.values()) for row in audit} == {
        ("threshold", "0.03", "0.05", "ana", at(1)),
        ("severity", "warning", "info", "ana", at(1)),
    }
    again = await Store.open(desk.store.connections.url, "sandbox", pool_size=4)
    try:
        await Desk(again, desk.channels, var_95=0.049).evaluate(at(45))
        (rule,) = await desk.rows("SELECT threshold, changed_by FROM v_alert_rule WHERE rule_id = 'VAR_BREACH'")
    finally:
        await again.close()
    assert tuple(rule.values()) == (0.05, "ana"), "the catalogue does not take it back"


async def test_a_silence_is_a_row_with_author_and_end(desk: Desk, mailbox: Mailbox) -> None:
    desk.var_95 = 0.04
    silence = await add_silence(
        desk.store, rule_pattern="VAR_*", subject_pattern="*", author="ana", comment="known, being hedged",
        starts_at=at(0), ends_at=at(60), at=at(0),
    )  # fmt: skip
    await desk.turn(at(5))
    assert mailbox.got == []
    (active,) = await desk.rows("SELECT state, silence_id FROM v_alert_active")
    assert tuple(active.values()) == ("firing", silence.silence_id)
    await end_silence(desk.store, silence.silence_id, "rui", at(10))
    await desk.turn(at(10))
    assert len(mailbox.got) == 1
    (row,) = await desk.rows("SELECT author, ended_by, effective_end FROM v_silence")
    assert tuple(row.values()) == ("ana", "rui", at(10))


async def test_a_poisoned_number_in_the_database_alerts(desk: Desk, slack: SlackServer) -> None:
    desk.var_95, desk.used = float("nan"), {}
    await desk.turn(at(0))
    (shown,) = slack.said()
    assert "VAR_BREACH · portfolio · no data" in shown
    assert "LIMIT_BREACH · ∗ · no data" in shown
    states = await desk.rows("SELECT condition, value FROM v_alert_active")
    assert {tuple(row.values()) for row in states} == {("no_data", None)}
