"""Links that carry a right of their own: to decide held values, for some days, without a token.

The key lies in the database, which the sender of alerts and the API share; whoever reads it may decide anyway.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

import asyncpg

from tasks.store import Store

VALID = dt.timedelta(days=3)
"""A weekend; an alert that goes on is repeated each day, with a new link."""


async def held_link(store: Store, public_url: str, now: dt.datetime) -> str:
    """The address of the page on which held values are decided. Raises StoreError."""
    expires = int((now + VALID).timestamp())
    async with store.connections.acquire() as connection:
        signature = _signature(await _key(connection), expires)
    return f"{public_url.rstrip('/')}/api/v1/held/word/{expires}/{signature}"


def issued_at(expires: int) -> dt.datetime:
    """When a link that ends at `expires` was made: what was held by then is what it decides."""
    return dt.datetime.fromtimestamp(expires, dt.UTC) - VALID + dt.timedelta(seconds=1)  # `expires` is in whole seconds


async def is_signed(pool: asyncpg.Pool, expires: int, signature: str) -> bool:
    """Whether `signature` is ours of this time; whether that is over is not judged here."""
    return hmac.compare_digest(_signature(await _key(pool), expires), signature)


async def _key(connection: asyncpg.Connection | asyncpg.Pool) -> str:
    key: str = await connection.fetchval("SELECT key FROM link_key")
    return key


def _signature(key: str, expires: int) -> str:
    return hmac.new(key.encode(), f"held:{expires}".encode(), hashlib.sha256).hexdigest()
