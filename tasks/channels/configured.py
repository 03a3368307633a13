"""The channels that the settings configure."""

from __future__ import annotations

from collections.abc import Sequence

from blocks.settings import Settings
from blocks.smtp import MailServer
from tasks.channels.mail import Mail
from tasks.channels.message import Channel
from tasks.channels.null import Null
from tasks.channels.slack import Slack


def channels_of(settings: Settings) -> Sequence[Channel]:
    """Every configured channel. Null where there is none, so that alerts are recorded all the same."""
    found: list[Channel] = []
    if settings.slack_webhook_url is not None:
        found.append(Slack(settings.slack_webhook_url.get_secret_value(), language=settings.channel_language))
    if settings.smtp_host is not None and settings.smtp_recipients:
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        server = MailServer(
            settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_username, password
        )
        sender = settings.smtp_sender or settings.smtp_recipients[0]
        found.append(Mail(server, sender, settings.smtp_recipients, settings.report_language, settings.mail_languages))
    return found or [Null()]
