"""Our notification blocks for Prefect's Automations: they run inside the Prefect server.

The server finds them by the entry point `alvorada` in the group `prefect.collections`, so the package must be installed
where the server runs. Prefect does not try a notification again, so these do. Prefect Cloud cannot load them: there the
Slack block is Prefect's, and mail goes by the `notify` deployment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

from prefect.blocks.abstract import NotificationBlock, NotificationError
from prefect_email import EmailServerCredentials
from prefect_slack import SlackWebhook
from pydantic.v1 import Field

from blocks import smtp, webhook
from desk.text import clipped

RETRY_DELAYS = (1.0, 5.0, 15.0)
"""Seconds before each further try. Actions of an automation run one after another: a long wait holds up the next."""
LONGEST_DELAY = 30.0
TEXT = 2900  # of Slack's 3,000 a section
SUBJECT = 150


class SlackNotification(NotificationBlock):
    """Slack, through the webhook of prefect-slack's block: any host, text that cannot become a mention or a link,
    the subject as a header, and further tries at 429, 5xx and silence."""

    _block_type_name = "Alvorada Slack"
    _block_type_slug = "alvorada-slack-notification"
    _description = "Sends Alvorada's automations to Slack."

    slack: SlackWebhook

    async def notify(self, body: str, subject: str | None = None) -> None:
        """Raises NotificationError once every try has failed."""
        url = self.slack.url.get_secret_value()
        await with_retries(lambda: webhook.post(url, slack_message(body, subject)))


class MailNotification(NotificationBlock):
    """Mail, through the server of prefect-email's block: STARTTLS, TLS or plain, several recipients."""

    _block_type_name = "Alvorada mail"
    _block_type_slug = "alvorada-mail-notification"
    _description = "Sends Alvorada's automations by mail."

    credentials: EmailServerCredentials
    sender: str = Field(description="The address that mails come from.")
    recipients: list[str] = Field(description="The addresses that they go to.")

    async def notify(self, body: str, subject: str | None = None) -> None:
        """Raises NotificationError once every try has failed, and where the server refused some of the recipients."""
        server, message = mail_server(self.credentials), mail_message(body, subject, self.sender, self.recipients)
        refused = await with_retries(
            lambda: asyncio.to_thread(smtp.send, server, message, self.sender, self.recipients)
        )
        if refused:
            raise NotificationError(log="; ".join(f"{name}: {reason}" for name, reason in refused.items()))


async def with_retries(send: Callable[[], Awaitable[Any]]) -> Any:
    """The result of `send` when it succeeds. Raises NotificationError after the last try, or a permanent refusal."""
    delays: Iterator[float] = iter(RETRY_DELAYS)
    while True:
        try:
            return await send()
        except (smtp.MailRefused, webhook.SlackRefused) as error:
            delay = next(delays, None)
            if delay is None or not error.temporary:
                raise NotificationError(log=str(error)) from None
            retry_after = getattr(error, "retry_after", None)
        await asyncio.sleep(min(retry_after or delay, LONGEST_DELAY))


def slack_message(body: str, subject: str | None) -> dict[str, Any]:
    """Plain text throughout, so that names and errors are shown as they are; `text` is the fallback."""
    head = clipped(" ".join((subject or "Alvorada").split()), SUBJECT)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": head, "emoji": False}}]
    if body.strip():
        words = {"type": "plain_text", "text": clipped(body.strip(), TEXT), "emoji": False}
        blocks.append({"type": "section", "text": words})
    for link in _links(body):
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"<{link}|Open it>"}})
    fallback = webhook.escaped(f"{head}\n{clipped(body.strip(), TEXT)}")
    return {"text": fallback, "blocks": blocks}


def _links(body: str) -> list[str]:
    """The address on the line `Link: ...` of our templates. Only the first such line counts: the text of the run's
    message stands below it, and may hold another."""
    for line in body.splitlines():
        name, _, address = line.partition(": ")
        if name == "Link" and address.startswith(("http://", "https://")) and not set(address) & set('<>|" '):
            return [address]
    return []


def mail_message(body: str, subject: str | None, sender: str, recipients: list[str]) -> EmailMessage:
    """Text only. A line break in the subject would be another header: it is a space."""
    message = EmailMessage()
    message["Subject"] = clipped(" ".join((subject or "Alvorada").split()), 250)
    message["From"], message["To"] = sender, ", ".join(recipients)
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="alvorada")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def mail_server(block: EmailServerCredentials) -> smtp.MailServer:
    """The server of prefect-email's block. Raises ValueError for a smtp_type that it does not know."""
    server, kind = block.smtp_server, getattr(block.smtp_type, "name", str(block.smtp_type)).lower()
    ports = {"ssl": 465, "starttls": 587, "insecure": 25}
    if kind not in ports:
        raise ValueError(f"unknown smtp_type {kind!r}")
    password = block.password.get_secret_value() if block.username and block.password else ""
    return smtp.MailServer(
        host=str(getattr(server, "value", server)),
        port=block.smtp_port or ports[kind],
        security=kind,  # type: ignore[arg-type]  # one of the three
        username=block.username or None,
        password=password or None,
    )
