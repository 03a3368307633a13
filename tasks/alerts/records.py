"""The stored state of alerting, as Protocols: evaluations as transactions, and outbox rows claimed by a sender."""

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
    """One message for one channel. `recipients` None: the configured ones. `attempts`: tries before this one."""

    outbox_id: int
    channel: str
    kind: str
    dedupe_key: str
    payload: Mapping[str, Any]
    recipients: tuple[str, ...] | None
    attempts: int
    created_at: dt.datetime


class Evaluating(Protocol):
    """The transaction of one evaluation. `now` is never before that of an earlier evaluation."""

    snapshot: Snapshot
    now: dt.datetime

    async def apply(self, plan: AlertChanges, messages: Mapping[str, Message]) -> None:
        """Writes the plan, and an outbox row for each of `messages` (by channel); committed when the context ends."""
        ...


class ClaimedRow(Protocol):
    """An outbox row that only this sender holds until the context ends. Without a result it stays due as before."""

    row: OutboxRow

    async def delivered(self, receipt: Receipt, at: dt.datetime, seconds: float) -> None:
        """Records the row as sent at `at`, after a send that took `seconds`."""
        ...

    async def failed(self, error: str, at: dt.datetime, next_try: dt.datetime, not_before: dt.datetime | None) -> None:
        """Records a failed try. `not_before`: the time that the channel named for its next message, if it named one."""
        ...


class AlertRecords(Protocol):
    """Every method raises StoreError."""

    def evaluating(self, now: dt.datetime) -> AbstractAsyncContextManager[Evaluating]:
        """The transaction of one evaluation; it starts when no other one is open."""
        ...

    def claiming(self, channel: str, now: dt.datetime) -> AbstractAsyncContextManager[ClaimedRow | None]:
        """The oldest due row of the channel that no other sender holds, and that no earlier row about the same alert
        precedes. None where there is none, and while the channel has asked for a pause."""
        ...

    async def next_due(self, channel: str) -> dt.datetime | None:
        """The time from which the channel's next waiting row may be tried; None where no row waits."""
        ...


def message_keys(message: Message) -> list[str]:
    """The alerts that the message is about, sorted."""
    return sorted({line.key.text for line in message.lines})
