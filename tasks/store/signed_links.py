"""Signatures for an address or a cookie that carries a right of its own, for some time.

What is signed is one purpose: `held` decides held values, `report:DAY` opens that day's report, `session:NAME` reads as
that token. A signature of one opens no other. The key lies in the database, which the senders and the API share;
whoever reads its table may do all of this anyway.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from urllib.parse import urlencode

import asyncpg

from tasks.store import Store

HELD = "held"
HELD_VALID = dt.timedelta(days=3)
"""A weekend; an alert that goes on is repeated each day, with a new link."""
REPORT_VALID = dt.timedelta(days=7)
"""After it the same address asks for a token."""


async def held_link(store: Store, public_url: str, now: dt.datetime) -> str:
    """The address of the page on which held values are decided; `public_url` without a slash at its end.

    Raises StoreError."""
    expires = int((now + HELD_VALID).timestamp())
    async with store.connections.acquire() as connection:
        return f"{public_url}/api/v1/held/word/{expires}/{await sign(connection, HELD, expires)}"


def report_address(public_url: str, day: dt.date) -> str:
    """The one address of a day's report: by a token, a login, or the signature that `report_link` adds."""
    return f"{public_url}/api/v1/reports/daily/{day}"


async def report_link(store: Store, public_url: str, day: dt.date, language: str, now: dt.datetime) -> str:
    """`report_address` with the right to open it. Raises StoreError."""
    expires = int((now + REPORT_VALID).timestamp())
    async with store.connections.acquire() as connection:
        signature = await sign(connection, report_purpose(day), expires)
    query = urlencode({"language": language, "expires": expires, "signature": signature})
    return f"{report_address(public_url, day)}?{query}"


def report_purpose(day: dt.date) -> str:
    """What the link of a day's report signs."""
    return f"report:{day.isoformat()}"


def issued_at(expires: int) -> dt.datetime:
    """When a link about held values that ends at `expires` was made: what was held by then is what it decides."""
    # `expires` is in whole seconds
    return dt.datetime.fromtimestamp(expires, dt.UTC) - HELD_VALID + dt.timedelta(seconds=1)


async def sign(connection: asyncpg.Connection | asyncpg.Pool, purpose: str, expires: int) -> str:
    """The signature of a purpose until `expires` (seconds since 1970): 64 hex digits."""
    key: str = await connection.fetchval("SELECT key FROM link_key")
    return hmac.new(key.encode(), f"{purpose}:{expires}".encode(), hashlib.sha256).hexdigest()


async def is_signed(connection: asyncpg.Connection | asyncpg.Pool, purpose: str, expires: int, signature: str) -> bool:
    """Whether `signature` is ours of this purpose and time; whether that is over is not judged here."""
    return hmac.compare_digest((await sign(connection, purpose, expires)).encode(), signature.encode())
