"""The promise of delivery.md on PostgreSQL, with a real SMTP server and Slack's stand-in, on a fake clock."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from blocks.smtp import MailServer
from desk.alerts.facts import Metrics
from desk.catalog.alert_rules import load_alerts
from tasks.alerts.evaluation import evaluate_alerts
from tasks.alerts.outbox import put, queue_test
from tasks.alerts.postgres_records import PostgresRecords
from tasks.alerts.sending import SendResult, send_due, send_until
from tasks.alerts.stored_rules import add_silence, change_rule, end_silence
from tasks.channels.mail import Mail
from tasks.channels.message import Channel, Message
from tasks.channels.slack import Slack
from tasks.store import Store
from tests.desk.alerts.book import at, half_hourly
from tests.fixtures.deliveries import Mailbox
from tests.fixtures.deliveries import Slack as SlackServer

pytestmark = pytest.mark.db

ALERTS = load_alerts()
RULES = {name: half_hourly()[name] for name in ("VAR_BREACH", "LIMIT_BREACH")}


@dataclass
class Desk:
    """One database, both channels, and a clock that stands where a test puts it."""

    store: Store
    channels: Sequence[Channel]
    now: dt.datetime = field(default_factory=at)
    var_95: object = 0.01
    used: dict[str, object] = field(default_factory=lambda: {"gross_leverage": 0.5})

    @property
    def records(self) -> PostgresRecords:
        """New each time: nothing lives but what is in the database."""
        return PostgresRecords(self.store, RULES)

    async def read(self, now: dt.datetime) -> Metrics:
        return Metrics(now, None, var_95=self.var_95, utilisation=dict(self.used))

    async def evaluate(self, now: dt.datetime | None = None) -> None:
        self.now = now or self.now
        names = [channel.name for channel in self.channels]
        await evaluate_alerts(self.records, self.read, names, lambda: self.now, link="http://desk/alerts")

    async def send(self, now: dt.datetime | None = None) -> SendResult:
        self.now = now or self.now
        return await send_due(self.records, self.channels, lambda: self.now, sleep=no_wait)

    async def turn(self, now: dt.datetime) -> None:
        await self.evaluate(now)
        await self.send()

    async def rows(self, query: str) -> list[Any]:
        async with self.store.connections.acquire() as connection:
            return list(await connection.fetch(query))


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def desk(store: Store, slack: SlackServer, mailbox: Mailbox) -> Desk:
    server = MailServer("127.0.0.1", mailbox.port, "insecure")
    return Desk(store, [Slack(slack.url), Mail(server, "desk@example.com", ["ana@example.com", "rui@example.com"])])


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


async def test_whom_the_server_refused_gets_a_row_of_their_own(desk: Desk, mailbox: Mailbox) -> None:
    desk.var_95 = 0.04
    mailbox.refused = {"rui@example.com"}
    await desk.turn(at(0))
    mailbox.refused = set()
    await desk.send(at(2))
    await desk.send(at(10))
    assert [recipients for recipients, _ in mailbox.got] == [["ana@example.com"], ["rui@example.com"]]


async def test_a_payload_that_is_no_message_keeps_nobody_waiting(desk: Desk, slack: SlackServer) -> None:
    async with desk.store.connections.acquire() as connection:
        first = await put(connection, channel="slack", kind="alert", dedupe_key="x", payload={"odd": 1}, at=at(0))
        assert first == await put(connection, channel="slack", kind="alert", dedupe_key="x", payload={}, at=at(0))
    await queue_test(desk.store, ["slack", "mail"], "ana", at(0), "http://desk/alerts")
    assert await desk.send(at(0)) == SendResult(2, 1)
    assert "ana asked for this test" in slack.said()[0]
    (stuck,) = await desk.rows("SELECT last_error, attempts FROM v_outbox WHERE state = 'waiting'")
    assert "cannot be composed" in stuck["last_error"]


async def test_the_sender_goes_on_until_nothing_waits_or_its_time_is_up(desk: Desk, slack: SlackServer) -> None:
    desk.var_95 = 0.04
    slack.will(500, 500, 500)
    await desk.evaluate(at(0))

    async def clock_runs(seconds: float) -> None:
        desk.now += dt.timedelta(seconds=seconds)

    until = at(0) + dt.timedelta(seconds=20)
    done = await send_until(desk.records, desk.channels, lambda: desk.now, until, sleep=clock_runs)
    assert (done, desk.now <= until + dt.timedelta(seconds=5)) == (SendResult(1, 3), True)
    done = await send_until(desk.records, desk.channels, lambda: desk.now, at(10), sleep=clock_runs)
    assert len(slack.messages) == 1


async def test_composers_make_what_the_payload_only_names(desk: Desk, mailbox: Mailbox) -> None:
    async def compose(payload: Any) -> Message:
        return Message(kind="report", title=f"Report of {payload['day']}", at=desk.now)

    async with desk.store.connections.acquire() as connection:
        await put(connection, channel="mail", kind="report", dedupe_key="report:1:ana", payload={"day": "Thursday"},
                  at=at(0), recipients=["ana@example.com"])  # fmt: skip
    desk.now = at(0)
    await send_due(desk.records, desk.channels, lambda: desk.now, composers={"report": compose}, sleep=no_wait)
    assert [(recipients, str(mail["Subject"])) for recipients, mail in mailbox.got] == [
        (["ana@example.com"], "Report of Thursday")
    ]


async def test_an_address_that_is_none_keeps_nobody_waiting(desk: Desk, slack: SlackServer, mailbox: Mailbox) -> None:
    odd = Mail(MailServer("127.0.0.1", mailbox.port, "insecure"), "desk@example.com", ["ana\r\nBcc: eve@example.com"])
    desk.channels = [odd, desk.channels[0]]
    desk.var_95 = 0.04
    desk.now = at(0)
    await desk.evaluate()
    assert await desk.send() == SendResult(1, 1)
    assert (len(slack.messages), mailbox.got) == (1, [])
