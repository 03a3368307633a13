"""The sender: from the outbox to the channels, at least once.

A row is recorded as sent after the other side took it. What failed is tried again with growing pauses, for as long as
it takes; what the other side asks for with Retry-After holds for the whole channel.
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
LONGEST_WAIT_ASKED = dt.timedelta(hours=1)
PACE_SECONDS = 1.1
"""Between two messages to one channel: Slack takes about one a second."""
FAILURES_TO_STOP = 3
"""So many failures in a row end a pass over a channel: it is the channel, not the message."""

Clock = Callable[[], dt.datetime]
Sleep = Callable[[float], Awaitable[None]]
Composer = Callable[[Mapping[str, Any]], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Pass:
    sent: int
    failed: int

    def __add__(self, other: Pass) -> Pass:
        return Pass(self.sent + other.sent, self.failed + other.failed)


async def from_payload(payload: Mapping[str, Any]) -> Message:
    return Message.from_json(payload)


async def send_due(
    records: AlertRecords,
    channels: Sequence[Channel],
    clock: Clock,
    *,
    composers: Mapping[str, Composer] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Pass:
    """One pass over everything that is due, all channels at once. Raises StoreError.

    `composers`: kind of message -> what makes it from its payload, where the payload is not the message itself.
    """
    passes = await asyncio.gather(*(_channel(records, channel, clock, composers or {}, sleep) for channel in channels))
    return sum(passes, Pass(0, 0))


async def send_until(
    records: AlertRecords,
    channels: Sequence[Channel],
    clock: Clock,
    end: dt.datetime,
    *,
    composers: Mapping[str, Composer] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Pass:
    """Passes until nothing waits, or until nothing more is due before `end`. Raises StoreError."""
    total = Pass(0, 0)
    while True:
        total += await send_due(records, channels, clock, composers=composers, sleep=sleep)
        waiting = [due for channel in channels if (due := await records.next_due(channel.name)) is not None]
        before = clock()
        if not waiting or min(waiting) >= end or before >= end:
            return total
        # At least a second: a row that another sender holds is due, and cannot be had.
        await sleep(max(1.0, (min(waiting) - before).total_seconds()))
        if clock() <= before:  # a frozen clock: what is not due now never will be
            return total


async def _channel(
    records: AlertRecords, channel: Channel, clock: Clock, composers: Mapping[str, Composer], sleep: Sleep
) -> Pass:
    sent = failed = in_a_row = 0
    while in_a_row < FAILURES_TO_STOP:
        async with records.claiming(channel.name, clock()) as claim:
            if claim is None:
                break
            began = time.monotonic()
            try:
                receipt = await _sent(claim.row, channel, composers)
            except AlvoradaError as error:
                at = clock()
                asked = _asked(error)
                pause = max(pause_after(claim.row.attempts), asked or dt.timedelta())
                await claim.failed(str(error)[:1000], at, at + pause, at + asked if asked else None)
                failed, in_a_row = failed + 1, in_a_row + 1
            else:
                await claim.delivered(receipt, clock(), time.monotonic() - began)
                sent, in_a_row = sent + 1, 0
        await sleep(PACE_SECONDS)
    return Pass(sent, failed)


async def _sent(row: OutboxRow, channel: Channel, composers: Mapping[str, Composer]) -> Receipt:
    """Raises AlvoradaError, also where the payload is no message or cannot be put into the channel's form (an address
    that is none, say): it must not keep the others from going out."""
    try:
        message = await composers.get(row.kind, from_payload)(row.payload)
        return await channel.send(message, row.recipients)
    except (LookupError, TypeError, ValueError) as error:
        raise DeliveryFailed(row.channel, f"outbox {row.outbox_id} cannot be composed: {error!r}") from error


def pause_after(attempts: int) -> dt.timedelta:
    """5, 10, 20 ... seconds, at most five minutes. `attempts`: tries before this one."""
    doublings: int = 2 ** min(attempts, 10)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


def _asked(error: AlvoradaError) -> dt.timedelta | None:
    seconds = error.retry_after if isinstance(error, DeliveryFailed) else None
    return None if seconds is None else min(dt.timedelta(seconds=max(seconds, 0.0)), LONGEST_WAIT_ASKED)
