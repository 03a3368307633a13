"""Rows of the outbox that cannot be sent as they are, and the sender among them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from blocks.smtp import MailServer
from tasks.alerts.outbox import put, queue_test
from tasks.alerts.sending import SendResult, send_due, send_until
from tasks.channels.mail import Mail
from tasks.channels.message import Message
from tests.desk.alerts.book import at
from tests.fixtures.deliveries import Mailbox
from tests.fixtures.deliveries import Slack as SlackServer
from tests.tasks.alerts.alert_desk import Desk, no_wait

pytestmark = pytest.mark.db


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
