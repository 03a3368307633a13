"""The sender: from the outbox to the channels, at least once.

A row is recorded as sent after the channel has accepted it. A failed one is tried again without end, with growing
pauses. A pause that the other side asks for (Retry-After) holds for the whole channel.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.errors import AlvoradaError
from tasks.alerts.records import AlertRecords, OutboxRow
from tasks.channels.message import Channel, DeliveryFailed, Message, Receipt

FIRST_PAUSE = dt.timedelta(seconds=5)
LONGEST_PAUSE = dt.timedelta(minutes=5)
LONGEST_RETRY_AFTER = dt.timedelta(hours=1)
PACE_SECONDS = 1.1
"""Between two messages to one channel: Slack takes about one a second."""
FAILURES_TO_STOP = 3
"""After so many failures in a row a pass over a channel ends: the channel is down, not one message bad."""

Clock = Callable[[], dt.datetime]
Sleep = Callable[[float], Awaitable[None]]
Composer = Callable[[Mapping[str, Any]], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class SendResult:
    """Messages sent, and tries that failed."""

    sent: int
    failed: int

    def __add__(self, other: SendResult) -> SendResult:
        return SendResult(self.sent + other.sent, self.failed + other.failed)


async def from_payload(payload: Mapping[str, Any]) -> Message:
    """The composer of a payload that is the message itself."""
    return Message.from_json(payload)


async def send_due(
    records: AlertRecords,
    channels: Sequence[Channel],
    clock: Clock,
    *,
    composers: Mapping[str, Composer] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> SendResult:
    """One pass over all rows that are due, all channels at once. Raises StoreError.

    `composers`: kind of message -> function that makes it, where the payload is not the message itself.
    """
    results = await asyncio.gather(
        *(_send_channel(records, channel, clock, composers or {}, sleep) for channel in channels)
    )
    return sum(results, SendResult(0, 0))


async def send_until(
    records: AlertRecords,
    channels: Sequence[Channel],
    clock: Clock,
    end: dt.datetime,
    *,
    composers: Mapping[str, Composer] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> SendResult:
    """Repeats passes until no row waits, or until none is due before `end`. Raises StoreError."""
    total = SendResult(0, 0)
    while True:
        total += await send_due(records, channels, clock, composers=composers, sleep=sleep)
        waiting = [due for channel in channels if (due := await records.next_due(channel.name)) is not None]
        before = clock()
        if not waiting or min(waiting) >= end or before >= end:
            return total
        # At least a second: a row that another sender holds is due too, and cannot be claimed.
        await sleep(max(1.0, (min(waiting) - before).total_seconds()))
        if clock() <= before:  # a frozen clock: no other row will become due
            return total


async def _send_channel(
    records: AlertRecords, channel: Channel, clock: Clock, composers: Mapping[str, Composer], sleep: Sleep
) -> SendResult:
    sent = failed = in_a_row = 0
    while in_a_row < FAILURES_TO_STOP:
        async with records.claiming(channel.name, clock()) as claim:
            if claim is None:
                break
            began = time.monotonic()
            try:
                receipt = await _send_row(claim.row, channel, composers)
            except AlvoradaError as error:
                at = clock()
                retry_after = _retry_after(error)
                pause = max(pause_after(claim.row.attempts), retry_after or dt.timedelta())
                await claim.failed(str(error)[:1000], at, at + pause, at + retry_after if retry_after else None)
                failed, in_a_row = failed + 1, in_a_row + 1
            else:
                await claim.delivered(receipt, clock(), time.monotonic() - began)
                sent, in_a_row = sent + 1, 0
        await sleep(PACE_SECONDS)
    return SendResult(sent, failed)


async def _send_row(row: OutboxRow, channel: Channel, composers: Mapping[str, Composer]) -> Receipt:
    """Composes and sends one row. Raises AlvoradaError, also for a payload that is no message or that the channel
    cannot render (with an invalid address, say): one bad row must not stop the rows after it."""
    try:
        message = await composers.get(row.kind, from_payload)(row.payload)
        return await channel.send(message, row.recipients)
    except (LookupError, TypeError, ValueError) as error:
        raise DeliveryFailed(row.channel, f"outbox {row.outbox_id} cannot be composed: {error!r}") from error


def pause_after(attempts: int) -> dt.timedelta:
    """5, 10, 20 ... seconds, at most five minutes. `attempts`: tries before this one."""
    doublings: int = 2 ** min(attempts, 10)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


def _retry_after(error: AlvoradaError) -> dt.timedelta | None:
    seconds = error.retry_after if isinstance(error, DeliveryFailed) else None
    return None if seconds is None else min(dt.timedelta(seconds=max(seconds, 0.0)), LONGEST_RETRY_AFTER)
