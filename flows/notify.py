"""Telling by mail what an Automation says, where Prefect's server cannot: Prefect Cloud cannot load our block."""

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

LIMIT = "alvorada-notify"
LINK = "Link: "


@flow(name="notify", retries=3, retry_delay_seconds=20, timeout_seconds=120, validate_parameters=False)
async def notify(subject: str, body: str, sources: str = "live") -> State[Any]:
    """Raises BadInput where mail is not configured, DeliveryFailed where it does not go: the run fails, and nothing
    watches this deployment but the watchdog. `sources`: another world than live is named in the subject."""
    settings = await with_blocks(load_settings())
    mail = next((channel for channel in channels_of(settings) if isinstance(channel, Mail)), None)
    if mail is None:
        raise BadInput("mail is not configured: SMTP_HOST and SMTP_RECIPIENTS, or the block 'alvorada-email'")
    async with concurrency(LIMIT):
        await mail.send(message_of(subject, body, sources, clock_of(settings)()))
    return Completed(message=f"told by mail: {subject}")


def message_of(subject: str, body: str, sources: str, at: dt.datetime) -> Message:
    """The automation's words as a message: a paragraph a line, its own line `Link: ` as the link."""
    lines = body.splitlines()
    link = next((line.removeprefix(LINK) for line in lines if line.startswith(LINK)), "")
    world = "" if sources == "live" else f"[{sources}] "
    words = tuple(line for line in lines if line.strip() and not line.startswith(LINK))
    return Message(kind="alert", title=f"{world}{subject}", at=at, link=link, paragraphs=words)
