"""Our notification blocks against a real SMTP server and Slack's stand-in."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest
from prefect.blocks.abstract import NotificationError
from prefect_email import EmailServerCredentials
from prefect_slack import SlackWebhook

from blocks import notifications, smtp, webhook
from blocks.notifications import MailNotification, SlackNotification, mail_server, slack_message
from sandbox.slack import rejection
from tests.fixtures.deliveries import Mailbox, Slack

BODY = (
    "A run failed.\nFlow: daily\nLink: http://127.0.0.1:4200/flow-runs/flow-run/1\nMessage: <!channel> & <http://e|x>"
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "RETRY_DELAYS", (0.01, 0.01, 0.01))
    monkeypatch.setattr(notifications, "LONGEST_DELAY", 0.05)


def slack_block(server: Slack) -> SlackNotification:
    return SlackNotification(slack=SlackWebhook.parse_obj({"url": server.url}))


def mail_block(box: Mailbox, *recipients: str) -> MailNotification:
    credentials = EmailServerCredentials(smtp_server="127.0.0.1", smtp_type="INSECURE", smtp_port=box.port)
    return MailNotification(credentials=credentials, sender="desk@example.com", recipients=list(recipients))


def test_prefect_finds_the_blocks_by_our_entry_point() -> None:
    ours = [point for point in entry_points(group="prefect.collections") if point.name == "alvorada"]
    assert [point.load() for point in ours] == [notifications]


async def test_the_text_of_a_run_is_plain_text_in_slack(slack: Slack) -> None:
    await slack_block(slack).notify(BODY, "Alvorada: daily *failed* <!here>")
    [message] = slack.messages
    kinds = [(b["type"], b["text"]["type"]) for b in message["blocks"]]
    assert kinds == [("header", "plain_text"), ("section", "plain_text"), ("section", "mrkdwn")]
    assert message["blocks"][2]["text"]["text"] == "<http://127.0.0.1:4200/flow-runs/flow-run/1|Open it>"
    assert "<" not in message["text"]
    assert "&lt;!channel&gt; &amp; " in message["text"]


def test_a_very_long_message_fits_slack_and_keeps_its_link() -> None:
    message = slack_message(BODY + "x" * 50_000, "y" * 5_000)
    assert rejection(message) is None
    assert "http://127.0.0.1:4200/flow-runs/flow-run/1" in message["blocks"][-1]["text"]["text"]


def test_a_link_in_a_message_does_not_become_ours() -> None:
    assert len(slack_message("Message: it broke\nLink: javascript:alert(1)", None)["blocks"]) == 2
    assert len(slack_message("Message: it broke\nLink: http://e|Our report>", None)["blocks"]) == 2


async def test_slack_is_tried_again_at_429_500_and_not_at_404(slack: Slack) -> None:
    slack.will(429, 500, retry_after=0)
    await slack_block(slack).notify("text", "one")
    assert (len(slack.messages), slack.stand_in.posts) == (1, 3)
    slack.reset()
    slack.will(404)
    with pytest.raises(NotificationError) as caught:
        await slack_block(slack).notify("text", "two")
    assert "404" in caught.value.log
    assert slack.url not in caught.value.log
    assert (len(slack.messages), slack.stand_in.posts) == (0, 1)


async def test_a_silent_slack_is_given_up_after_the_last_try(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    slack.will(then="silence")
    with pytest.raises(webhook.SlackRefused, match="did not answer") as caught:
        await webhook.post(slack.url, {"text": "x"}, seconds=0.2)
    assert caught.value.temporary


async def test_mail_reaches_every_recipient_and_a_line_break_makes_no_header(mailbox: Mailbox) -> None:
    await mail_block(mailbox, "a@example.com", "b@example.com").notify(BODY, "failed\nBcc: c@example.com")
    [(recipients, message)] = mailbox.got
    assert recipients == ["a@example.com", "b@example.com"]
    assert message["Subject"] == "failed Bcc: c@example.com"
    assert message["Bcc"] is None
    assert message.get_content().split() == BODY.split()


async def test_mail_is_tried_again_at_451_and_not_at_554(mailbox: Mailbox) -> None:
    mailbox.refuse = ["451 later"]
    await mail_block(mailbox, "a@example.com").notify("text", "one")
    assert mailbox.subjects() == ["one"]
    mailbox.refuse = ["554 no"]
    with pytest.raises(NotificationError) as caught:
        await mail_block(mailbox, "a@example.com").notify("text", "two")
    assert "554 no" in caught.value.log
    assert mailbox.subjects() == ["one"]


async def test_a_recipient_that_is_refused_is_named_and_the_others_are_served(mailbox: Mailbox) -> None:
    mailbox.refused = {"gone@example.com"}
    with pytest.raises(NotificationError) as caught:
        await mail_block(mailbox, "a@example.com", "gone@example.com").notify("text", "one")
    assert caught.value.log == "gone@example.com: 550 no such mailbox"
    assert [to for to, _ in mailbox.got] == [["a@example.com"]]


def test_a_server_that_is_not_there_is_a_reason_to_try_again(mailbox: Mailbox) -> None:
    message = notifications.mail_message("b", "s", "a@example.com", ["b@example.com"])
    with pytest.raises(smtp.MailRefused, match="cannot be reached") as caught:
        smtp.send(smtp.MailServer("127.0.0.1", 1, "insecure", seconds=1), message, "a@example.com", ["b@example.com"])
    assert caught.value.temporary
    with pytest.raises(smtp.MailRefused, match="cannot do") as caught:
        smtp.send(smtp.MailServer("127.0.0.1", mailbox.port, "starttls"), message, "a@example.com", ["b@example.com"])
    assert not caught.value.temporary


def test_prefects_mail_block_names_the_server() -> None:
    block = EmailServerCredentials(username="u", password="secret", smtp_server="mail.example", smtp_type="SSL")
    assert mail_server(block) == smtp.MailServer("mail.example", 465, "ssl", "u", "secret")
    assert "secret" not in repr(mail_server(block))
