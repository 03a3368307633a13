"""The desk of the delivery tests."""

from __future__ import annotations

import pytest

from blocks.smtp import MailServer
from tasks.channels.mail import Mail
from tasks.channels.slack import Slack
from tasks.store import Store
from tests.fixtures.deliveries import Mailbox
from tests.fixtures.deliveries import Slack as SlackServer
from tests.tasks.alerts.alert_desk import Desk


@pytest.fixture
def desk(store: Store, slack: SlackServer, mailbox: Mailbox) -> Desk:
    server = MailServer("127.0.0.1", mailbox.port, "insecure")
    return Desk(store, [Slack(slack.url), Mail(server, "desk@example.com", ["ana@example.com", "rui@example.com"])])
