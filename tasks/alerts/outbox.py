"""Queueing messages in the outbox: in the caller's transaction, once for each dedupe key."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg

from tasks.alerts.records import message_keys
from tasks.channels.message import Message
from tasks.store import Store


async def queue(connection: asyncpg.Connection, channel: str, message: Message) -> int:
    """Queues a message for one channel, under a new dedupe key. Returns its outbox_id."""
    return await put(
        connection,
        channel=channel,
        kind=message.kind,
        dedupe_key=f"{message.kind}:{channel}:{uuid.uuid4()}",
        payload=message.to_json(),
        at=message.at,
        keys=message_keys(message),
    )


async def put(
    connection: asyncpg.Connection,
    *,
    channel: str,
    kind: str,
    dedupe_key: str,
    payload: Mapping[str, Any],
    at: dt.datetime,
    keys: Sequence[str] = (),
    recipients: Sequence[str] | None = None,
) -> int:
    """Inserts an outbox row that is due at `at`, unless the dedupe key has one. Returns the row's outbox_id.

    `keys`: alerts that the message is about: rows that share one are sent in order. `recipients` None: the channel's.
    """
    query = """
        INSERT INTO outbox (channel, kind, dedupe_key, keys, payload, recipients, created_at, next_try)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (dedupe_key) DO UPDATE SET dedupe_key = EXCLUDED.dedupe_key RETURNING outbox_id
    """
    outbox_id: int = await connection.fetchval(
        query, channel, kind, dedupe_key, list(keys), json.dumps(payload, allow_nan=False),
        None if recipients is None else list(recipients), at,
    )  # fmt: skip
    return outbox_id


async def queue_test(store: Store, channels: Collection[str], author: str, at: dt.datetime, link: str) -> list[int]:
    """Queues a test message for every channel, without rules and cooldown. Returns the outbox_ids."""
    title = f"[{store.world}] Test of the alert channels"
    paragraphs = (f"{author} asked for this test. Nothing is wrong: this channel works.",)
    message = Message(kind="test", title=title, at=at, link=link, paragraphs=paragraphs)
    async with store.connections.acquire() as connection, connection.transaction():
        return [await queue(connection, channel, message) for channel in sorted(channels)]
