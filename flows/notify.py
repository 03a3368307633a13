"""Notify: mails the text of a Prefect Automation. For Prefect Cloud, whose server cannot load our mail block."""

from __future__ import annotations

import datetime as dt
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.concurrency.asyncio import concurrency
from prefect.states import Completed

from blocks.credentials import with_blocks
from blocks.settings import load_settings
from desk.errors import BadInput
from tasks.channels.configured import channels_of
from tasks.channels.mail import Mail
from tasks.channels.message import Message
from tasks.run.run_context import clock_of
from tasks.run.stop_signals import ends_when_stopped

LIMIT = "alvorada-notify"
LINK = "Link: "


@flow(name="notify", retries=3, retry_delay_seconds=20, timeout_seconds=120, validate_parameters=False)
@ends_when_stopped
async def notify(subject: str, body: str, sources: str = "live") -> State[Any]:
    """Sends one mail. A world other than live (`sources`) is named in the subject.

    Raises BadInput when mail is not configured, and DeliveryFailed when the server does not accept it. No Automation
    watches this deployment; the watchdog does.
    """
    settings = await with_blocks(load_settings())
    mail = next((channel for channel in channels_of(settings) if isinstance(channel, Mail)), None)
    if mail is None:
        raise BadInput("mail is not configured: SMTP_HOST and SMTP_RECIPIENTS, or the block 'alvorada-email'")
    async with concurrency(LIMIT):
        await mail.send(message_of(subject, body, sources, clock_of(settings)()))
    return Completed(message=f"mailed: {subject}")


def message_of(subject: str, body: str, sources: str, at: dt.datetime) -> Message:
    """The text of the Automation as a message: one paragraph for each line; a line `Link: ADDRESS` gives the link."""
    lines = body.splitlines()
    link = next((line.removeprefix(LINK) for line in lines if line.startswith(LINK)), "")
    world = "" if sources == "live" else f"[{sources}] "
    paragraphs = tuple(line for line in lines if line.strip() and not line.startswith(LINK))
    return Message(kind="alert", title=f"{world}{subject}", at=at, link=link, paragraphs=paragraphs)
