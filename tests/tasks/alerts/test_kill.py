"""kill -9 between the commit of an evaluation and its send: the next sender sends the message once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from tasks.store import Store
from tests.desk.alerts.book import at
from tests.fixtures.deliveries import Mailbox
from tests.fixtures.deliveries import Slack as SlackServer
from tests.tasks.alerts.alert_desk import Desk

pytestmark = [pytest.mark.db, pytest.mark.process]

EVALUATES_AND_DIES = """
import asyncio, os, signal, sys
from tasks.store import Store
from tests.desk.alerts.book import at
from tests.tasks.alerts.alert_desk import Desk
from tests.tasks.alerts.quiet_channel import Quiet

async def main():
    store = await Store.open(sys.argv[1], "sandbox", pool_size=3)
    await Desk(store, [Quiet("slack"), Quiet("mail")], var_95=0.04).evaluate(at(0))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
CLAIMS_AND_HANGS = """
import asyncio, sys
from tasks.store import Store
from tests.desk.alerts.book import at
from tests.tasks.alerts.alert_desk import Desk
from tests.tasks.alerts.quiet_channel import Quiet

class Hanging(Quiet):
    async def send(self, message, recipients=None):
        print("sending", flush=True)
        await asyncio.sleep(600)

async def main():
    store = await Store.open(sys.argv[1], "sandbox", pool_size=3)
    await Desk(store, [Hanging("mail")]).send(at(0))

asyncio.run(main())
"""


async def test_an_alert_outlives_the_process_that_found_it_and_the_one_that_was_sending(
    desk: Desk,
    store: Store,
    slack: SlackServer,
    mailbox: Mailbox,
) -> None:
    url = store.connections.url
    evaluator = await asyncio.create_subprocess_exec(sys.executable, "-c", EVALUATES_AND_DIES, url)
    assert await evaluator.wait() == -signal.SIGKILL
    waiting = await desk.rows("SELECT channel FROM v_outbox WHERE state = 'waiting' ORDER BY channel")
    assert [row["channel"] for row in waiting] == ["mail", "slack"]

    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLAIMS_AND_HANGS, url, stdout=asyncio.subprocess.PIPE
    )
    assert sender.stdout is not None
    assert await asyncio.wait_for(sender.stdout.readline(), 60) == b"sending\n"
    await desk.send(at(0))
    assert (len(slack.messages), mailbox.got) == (1, []), "the row is in the hands of the one that hangs"
    os.kill(sender.pid, signal.SIGKILL)
    await sender.wait()

    for _ in range(50):  # PostgreSQL notices within a moment that the session is gone
        if (await desk.send(at(0))).sent:
            break
        await asyncio.sleep(0.1)
    desk.var_95 = 0.04
    await desk.turn(at(5))
    assert mailbox.subjects() == ["Warning: VAR_BREACH · portfolio"]
    assert len(slack.messages) == 1
