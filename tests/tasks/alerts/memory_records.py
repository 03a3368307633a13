"""Alert records in memory, with the behaviour of those in PostgreSQL: for tests over many interleavings.

A transaction that ends in an error writes nothing, and a claim that ends without a result frees its row.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from desk.alerts.model import AlertChanges, AlertKey, AlertState, Notice, Silence, Snapshot
from desk.catalog.alert_rules import RuleSettings
from tasks.alerts.records import OutboxRow, message_keys
from tasks.channels.message import Message, Receipt

Step = Callable[[str], Awaitable[None]]


async def _no_step(name: str) -> None:
    """Does nothing. A test puts a crash here, or lets another task run."""


@dataclass
class Stored:
    """One outbox row, when it may be tried, and when it was sent."""

    row: OutboxRow
    keys: frozenset[str]
    next_try: dt.datetime
    sent_at: dt.datetime | None = None
    is_claimed: bool = False


@dataclass
class MemoryRecords:
    """`step(name)` is awaited between any two steps that a database would execute one after the other."""

    rules: dict[str, RuleSettings]
    step: Step = _no_step
    silences: list[Silence] = field(default_factory=list)
    states: dict[AlertKey, AlertState] = field(default_factory=dict)
    notices: dict[tuple[AlertKey, str], tuple[Notice, int | None]] = field(default_factory=dict)
    outbox: dict[int, Stored] = field(default_factory=dict)
    deliveries: list[tuple[int, str, dt.datetime]] = field(default_factory=list)
    not_before: dict[str, dt.datetime] = field(default_factory=dict)
    last_beat: dt.datetime | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def evaluating(self, now: dt.datetime) -> AsyncIterator[MemoryEvaluation]:
        """See AlertRecords."""
        async with self.turn:
            later = max(now, self.last_beat or now)
            notices = {
                place: replace(notice, is_pending=pending is not None)
                for place, (notice, pending) in self.notices.items()
            }
            snapshot = Snapshot(dict(self.rules), dict(self.states), notices, tuple(self.silences))
            await self.step("evaluation begun")
            evaluation = MemoryEvaluation(snapshot, later)
            yield evaluation
            await self.step("before commit")
            self._commit(evaluation)
            await self.step("after commit")

    def _commit(self, done: MemoryEvaluation) -> None:
        self.last_beat = done.now
        self.states |= done.plan.states if done.plan else {}
        queued = {}
        for channel, message in done.messages.items():
            number = len(self.outbox) + 1
            row = OutboxRow(number, channel, message.kind, f"{number}", message.to_json(), None, 0, done.now)
            self.outbox[number] = Stored(row, frozenset(message_keys(message)), done.now)
            queued[channel] = number
        for (key, channel), notice in (done.plan.notices if done.plan else {}).items():
            there, pending = self.notices.get((key, channel), (notice, None))
            if notice.held_back:
                self.notices[key, channel] = (replace(there, held_back=there.held_back + 1), pending)
            else:
                fresh = replace(there, episode=notice.episode, severity=notice.severity, held_back=0)
                self.notices[key, channel] = (fresh, queued[channel])

    @asynccontextmanager
    async def claiming(self, channel: str, now: dt.datetime) -> AsyncIterator[MemoryClaim | None]:
        """See AlertRecords."""
        await self.step("claiming")
        found = self._due(channel, now)
        if found is None:
            yield None
            return
        found.is_claimed = True
        claim = MemoryClaim(found.row)
        try:
            yield claim
            await self.step("before record")
            if claim.result is not None:
                claim.result(self, found)
        finally:
            found.is_claimed = False
        await self.step("after record")

    def _due(self, channel: str, now: dt.datetime) -> Stored | None:
        if self.not_before.get(channel, now) > now:
            return None
        waiting = [stored for stored in self.outbox.values() if stored.row.channel == channel and not stored.sent_at]
        for place, stored in enumerate(waiting):
            is_blocked = any(earlier.keys & stored.keys for earlier in waiting[:place])
            if stored.next_try <= now and not stored.is_claimed and not is_blocked:
                return stored
        return None

    async def next_due(self, channel: str) -> dt.datetime | None:
        """See AlertRecords."""
        waiting = [stored for stored in self.outbox.values() if stored.row.channel == channel and not stored.sent_at]
        if not waiting:
            return None
        first = min(stored.next_try for stored in waiting)
        return max(first, self.not_before.get(channel, first))


@dataclass
class MemoryEvaluation:
    """See Evaluating. Keeps the plan until the transaction commits."""

    snapshot: Snapshot
    now: dt.datetime
    plan: AlertChanges | None = None
    messages: Mapping[str, Message] = field(default_factory=dict)

    async def apply(self, plan: AlertChanges, messages: Mapping[str, Message]) -> None:
        """See Evaluating."""
        self.plan, self.messages = plan, messages


@dataclass
class MemoryClaim:
    """See ClaimedRow. `result` writes what became of the row, when the claim is left."""

    row: OutboxRow
    result: Callable[[MemoryRecords, Stored], None] | None = None

    async def delivered(self, receipt: Receipt, at: dt.datetime, seconds: float) -> None:
        """See ClaimedRow."""

        def record(records: MemoryRecords, stored: Stored) -> None:
            stored.sent_at = at
            records.deliveries.append((self.row.outbox_id, self.row.channel, at))
            records.not_before.pop(self.row.channel, None)
            for line in Message.from_json(self.row.payload).lines:
                place = (line.key, self.row.channel)
                if line.status == "firing" and place in records.notices:
                    notice, pending = records.notices[place]
                    left = None if pending == self.row.outbox_id else pending
                    records.notices[place] = (replace(notice, delivered_at=at), left)

        self.result = record

    async def failed(self, error: str, at: dt.datetime, next_try: dt.datetime, not_before: dt.datetime | None) -> None:
        """See ClaimedRow."""

        def record(records: MemoryRecords, stored: Stored) -> None:
            stored.row = replace(stored.row, attempts=stored.row.attempts + 1)
            stored.next_try = next_try
            if not_before is not None:
                records.not_before[self.row.channel] = not_before

        self.result = record
