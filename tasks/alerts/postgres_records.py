"""Alert records in PostgreSQL.

An advisory lock, held for the transaction, keeps evaluations apart. A sender's claim is the lock of the outbox row,
held during the send: when the sender's process dies, PostgreSQL frees it, and the row is due again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from desk.alerts.model import AlertChanges, AlertKey, AlertState, Notice, Silence, Snapshot
from desk.catalog.alert_rules import RuleSettings
from tasks.alerts.outbox import queue
from tasks.alerts.records import OutboxRow
from tasks.alerts.stored_rules import read_rules, seed_rules
from tasks.channels.message import Message, Receipt
from tasks.store import Store
from tasks.store.locks import lock_key

HEARTBEAT = "alerts"
SKEW = dt.timedelta(minutes=10)
"""The largest difference between the clocks of two evaluators."""
IDLE_LIMIT = "300s"
"""PostgreSQL ends the transaction of a sender that has been silent for this long, and so frees its row."""


class PostgresRecords:
    """See AlertRecords. `defaults`: the rules of the catalogue; rules that no person has changed are equal to them."""

    def __init__(self, store: Store, defaults: Mapping[str, RuleSettings]) -> None:
        self._store, self._defaults = store, defaults

    @asynccontextmanager
    async def evaluating(self, now: dt.datetime) -> AsyncIterator[PostgresEvaluation]:
        """See AlertRecords."""
        async with self._store.connections.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", lock_key("write", "alerts"))
            await seed_rules(connection, self._defaults)
            last = await connection.fetchval("SELECT beat_at FROM heartbeat WHERE name = $1", HEARTBEAT)
            # Never before the earlier evaluation, except after a clock was set back.
            later = last if last is not None and now < last <= now + SKEW else now
            yield PostgresEvaluation(connection, await _snapshot(connection, self._defaults), later)
            await record_heartbeat(connection, HEARTBEAT, later)

    @asynccontextmanager
    async def claiming(self, channel: str, now: dt.datetime) -> AsyncIterator[PostgresClaim | None]:
        """See AlertRecords."""
        query = """
            SELECT outbox_id, channel, kind, dedupe_key, payload, recipients, attempts, created_at FROM outbox
            WHERE channel = $1 AND sent_at IS NULL AND next_try <= $2
              AND NOT EXISTS (SELECT 1 FROM outbox AS earlier
                              WHERE earlier.channel = $1 AND earlier.sent_at IS NULL
                                AND earlier.outbox_id < outbox.outbox_id AND earlier.keys && outbox.keys)
              AND NOT EXISTS (SELECT 1 FROM alert_channel WHERE channel = $1 AND not_before > $2)
            ORDER BY outbox_id LIMIT 1 FOR UPDATE OF outbox SKIP LOCKED
        """
        async with self._store.connections.acquire() as connection, connection.transaction():
            await connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_LIMIT}'")
            row = await connection.fetchrow(query, channel, now)
            yield None if row is None else PostgresClaim(connection, _row(row))

    async def next_due(self, channel: str) -> dt.datetime | None:
        """See AlertRecords."""
        query = """
            SELECT greatest(min(next_try), (SELECT not_before FROM alert_channel WHERE channel = $1))
            FROM outbox WHERE channel = $1 AND sent_at IS NULL HAVING count(*) > 0
        """
        async with self._store.connections.acquire() as connection:
            due: dt.datetime | None = await connection.fetchval(query, channel)
        return due


@dataclass
class PostgresEvaluation:
    """See Evaluating."""

    connection: asyncpg.Connection
    snapshot: Snapshot
    now: dt.datetime

    async def apply(self, plan: AlertChanges, messages: Mapping[str, Message]) -> None:
        """See Evaluating."""
        await self.connection.executemany(
            _UPSERT_STATE,
            [(*key, s.state, s.severity, s.value, s.threshold, s.summary, s.episode, s.since, s.fired_at,
              s.last_true_at, s.resolved_at, s.evaluated_at, s.inhibited_by, s.silence_id)
             for key, s in plan.states.items()],
        )  # fmt: skip
        await self.connection.executemany(
            "INSERT INTO alert_event (rule_id, subject, condition, episode, event, at, severity, value, threshold,"
            " summary, channel) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            [(*e.key, e.episode, e.event, self.now, e.severity, e.value, e.threshold, e.summary, e.channel)
             for e in plan.events],
        )  # fmt: skip
        queued = {channel: await queue(self.connection, channel, message) for channel, message in messages.items()}
        for (key, channel), notice in plan.notices.items():
            if notice.held_back:
                # Only the counter: the sender may be writing the other columns at this moment.
                await self.connection.execute(_HOLD_BACK, *key, channel)
            else:
                await self.connection.execute(
                    _QUEUE_NOTICE, *key, channel, notice.episode, notice.severity, queued[channel]
                )


@dataclass
class PostgresClaim:
    """See ClaimedRow."""

    connection: asyncpg.Connection
    row: OutboxRow

    async def delivered(self, receipt: Receipt, at: dt.datetime, seconds: float) -> None:
        """See ClaimedRow."""
        row = self.row
        await self.connection.execute(
            "UPDATE outbox SET sent_at = $2, attempts = attempts + 1, last_error = NULL WHERE outbox_id = $1",
            row.outbox_id,
            at,
        )
        stored = {**receipt.details, **({"refused": dict(receipt.refused)} if receipt.refused else {})}
        await self.connection.execute(
            "INSERT INTO delivery (outbox_id, channel, attempt, delivered_at, seconds, receipt)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            row.outbox_id, row.channel, row.attempts + 1, at, seconds, json.dumps(stored, allow_nan=False),
        )  # fmt: skip
        if receipt.refused:
            await self._queue_for_refused(receipt.refused, at)
        for key in _firing_keys(row):
            await self.connection.execute(_NOTICE_DELIVERED, *key, row.channel, row.outbox_id, at)
        await self.connection.execute(_CHANNEL_SUCCESS, row.channel, at)

    async def _queue_for_refused(self, refused: Mapping[str, str], at: dt.datetime) -> None:
        """A new row, for the recipients that the server refused only; the others have the message."""
        await self.connection.execute(
            "INSERT INTO outbox (channel, kind, dedupe_key, keys, payload, recipients, created_at, next_try,"
            " last_error) SELECT channel, kind, dedupe_key || ':refused', keys, payload, $2, created_at, $3, $4"
            " FROM outbox WHERE outbox_id = $1 ON CONFLICT (dedupe_key) DO NOTHING",
            self.row.outbox_id, sorted(refused), at + dt.timedelta(minutes=1), "; ".join(refused.values()),
        )  # fmt: skip

    async def failed(self, error: str, at: dt.datetime, next_try: dt.datetime, not_before: dt.datetime | None) -> None:
        """See ClaimedRow."""
        await self.connection.execute(
            "UPDATE outbox SET attempts = attempts + 1, next_try = $2, last_error = $3 WHERE outbox_id = $1",
            self.row.outbox_id,
            next_try,
            error,
        )
        await self.connection.execute(_CHANNEL_FAILURE, self.row.channel, at, error, not_before)


async def record_heartbeat(connection: asyncpg.Connection, name: str, at: dt.datetime, detail: str = "") -> None:
    """Stores that `name` (daily, alerts, sender) is alive at `at`; never an earlier time than the stored one."""
    await connection.execute(
        "INSERT INTO heartbeat (name, beat_at, detail) VALUES ($1, $2, $3)"
        " ON CONFLICT (name) DO UPDATE SET beat_at = greatest(heartbeat.beat_at, EXCLUDED.beat_at),"
        " detail = EXCLUDED.detail",
        name,
        at,
        detail,
    )


async def _snapshot(connection: asyncpg.Connection, defaults: Mapping[str, RuleSettings]) -> Snapshot:
    rules = {name: rule for name, rule in (await read_rules(connection)).items() if name in defaults}
    states = {(state := _state(row)).key: state for row in await connection.fetch("SELECT * FROM alert_state")}
    notices = {
        (_key(row), row["channel"]): Notice(
            row["episode"],
            row["severity"],
            row["pending_outbox"] is not None,
            row["delivered_at"],
            row["held_back"],
        )
        for row in await connection.fetch("SELECT * FROM alert_notice")
    }
    silences = tuple(
        Silence(row["silence_id"], row["rule_pattern"], row["subject_pattern"], row["starts_at"], row["effective_end"])
        for row in await connection.fetch("SELECT * FROM v_silence ORDER BY silence_id")
    )
    return Snapshot(rules, states, notices, silences)


def _key(row: asyncpg.Record) -> AlertKey:
    return AlertKey(row["rule_id"], row["subject"], row["condition"])


def _state(row: asyncpg.Record) -> AlertState:
    names = [name for name in AlertState.__slots__ if name != "key"]
    return AlertState(_key(row), **{name: row[name] for name in names})


def _row(row: asyncpg.Record) -> OutboxRow:
    recipients = None if row["recipients"] is None else tuple(row["recipients"])
    fields = {name: row[name] for name in OutboxRow.__slots__}
    return OutboxRow(**{**fields, "payload": json.loads(row["payload"]), "recipients": recipients})


def _firing_keys(row: OutboxRow) -> list[tuple[str, ...]]:
    """The alerts that the message reports as firing: their cooldown counts from its delivery."""
    lines = row.payload.get("lines", []) if row.kind == "alert" else []
    return [tuple(line["key"]) for line in lines if line["said"] == "firing"]


_STATE_COLUMNS = (
    "state, severity, value, threshold, summary, episode, since, fired_at, last_true_at, resolved_at, evaluated_at,"
    " inhibited_by, silence_id"
)
_UPSERT_STATE = f"""
    INSERT INTO alert_state (rule_id, subject, condition, {_STATE_COLUMNS})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    ON CONFLICT (rule_id, subject, condition) DO UPDATE SET
    {", ".join(f"{name} = EXCLUDED.{name}" for name in _STATE_COLUMNS.replace(" ", "").split(","))}
"""
_HOLD_BACK = """
    UPDATE alert_notice SET held_back = held_back + 1
    WHERE rule_id = $1 AND subject = $2 AND condition = $3 AND channel = $4
"""
_QUEUE_NOTICE = """
    INSERT INTO alert_notice (rule_id, subject, condition, channel, episode, severity, pending_outbox)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (rule_id, subject, condition, channel) DO UPDATE SET episode = EXCLUDED.episode,
        severity = EXCLUDED.severity, pending_outbox = EXCLUDED.pending_outbox, held_back = 0
"""
_NOTICE_DELIVERED = """
    UPDATE alert_notice SET delivered_at = $6, pending_outbox = nullif(pending_outbox, $5)
    WHERE rule_id = $1 AND subject = $2 AND condition = $3 AND channel = $4
"""
_CHANNEL_SUCCESS = """
    INSERT INTO alert_channel (channel, last_success_at) VALUES ($1, $2)
    ON CONFLICT (channel) DO UPDATE SET not_before = NULL, failures_in_a_row = 0,
        last_success_at = EXCLUDED.last_success_at
"""
_CHANNEL_FAILURE = """
    INSERT INTO alert_channel (channel, failures_in_a_row, last_failure_at, last_error, not_before)
    VALUES ($1, 1, $2, $3, $4)
    ON CONFLICT (channel) DO UPDATE SET failures_in_a_row = alert_channel.failures_in_a_row + 1,
        last_failure_at = EXCLUDED.last_failure_at, last_error = EXCLUDED.last_error,
        not_before = coalesce(EXCLUDED.not_before, alert_channel.not_before)
"""
