"""What alerting keeps, as a Protocol: an evaluation is one transaction, a send holds its row until it is recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from desk.alerts.model import AlertChanges, Snapshot
from tasks.channels.message import Message, Receipt


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message for one channel. `recipients` None: the channel's own."""

    outbox_id: int
    channel: str
    kind: str
    dedupe_key: str
    payload: Mapping[str, Any]
    recipients: tuple[str, ...] | None
    attempts: int
    created_at: dt.datetime


class Evaluating(Protocol):
    """An evaluation's transaction, which no other evaluation shares. `now`: never before that of an earlier one."""

    snapshot: Snapshot
    now: dt.datetime

    async def apply(self, plan: AlertChanges, messages: Mapping[str, Message]) -> None:
        """Write the plan, and one outbox row per channel in `messages`. Nothing counts before the context is left."""
        ...


class Claimed(Protocol):
    """An outbox row that is this sender's alone until the context is left; left without a word, it is due as before."""

    row: OutboxRow

    async def delivered(self, receipt: Receipt, at: dt.datetime, seconds: float) -> None: ...

    async def failed(
        self, error: str, at: dt.datetime, next_try: dt.datetime, not_before: dt.datetime | None
    ) -> None: ...


class AlertRecords(Protocol):
    def evaluating(self, now: dt.datetime) -> AbstractAsyncContextManager[Evaluating]: ...

    def claiming(self, channel: str, now: dt.datetime) -> AbstractAsyncContextManager[Claimed | None]:
        """The oldest due row of the channel that no other sender has, and before which nothing about the same alert
        waits; None where there is none, or where the channel asked to be left alone."""
        ...

    async def next_due(self, channel: str) -> dt.datetime | None:
        """When the channel's next waiting row may be tried; None where nothing waits."""
        ...


def message_keys(message: Message) -> list[str]:
    return sorted({line.key.text for line in message.lines})
