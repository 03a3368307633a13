"""Authentication and rate limits: tokens with scopes, and a limit of requests a minute for each caller."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, HTTPException, Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from api.sessions import LINK_PARTS, session_of
from blocks.database import CONNECT_ERRORS
from desk.errors import StoreError
from tasks.store.api_tokens import Refusal, Scope, Token, digest, find_named, find_token
from tasks.store.signed_links import is_signed, report_purpose

CACHE_SECONDS = 5.0
"""A token is read from the database at most this often: a revocation takes effect within it."""
MOST_CACHED = 1000


class Tokens:
    """Tokens of the database, cached for CACHE_SECONDS."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], dt.datetime]) -> None:
        self._pool, self._clock = pool, clock
        self._cache: dict[str, tuple[float, Token | Refusal]] = {}

    async def find(self, secret: str) -> Token | Refusal:
        """The token of a secret, or why it is refused. Raises StoreError."""
        return await self._cached(digest(secret), lambda: find_token(self._pool, secret, self._clock()))

    async def find_named(self, name: str) -> Token | Refusal:
        """The token of this name, or why it is refused: a revocation ends its logins too. Raises StoreError."""
        return await self._cached(f"name {name}", lambda: find_named(self._pool, name, self._clock()))

    async def _cached(self, key: str, look: Callable[[], Awaitable[Token | Refusal]]) -> Token | Refusal:
        now = time.monotonic()
        cached = self._cache.get(key)
        if cached and cached[0] > now:
            return cached[1]
        try:
            found = await look()
        except (*CONNECT_ERRORS, asyncpg.PostgresError) as error:
            raise StoreError("tokens cannot be read") from error
        if len(self._cache) >= MOST_CACHED:
            self._cache.clear()
        self._cache[key] = (now + CACHE_SECONDS, found)
        return found


class Limiter:
    """A moving window of a minute for each caller, in this process."""

    def __init__(self, per_minute: int, unauthenticated_per_minute: int) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._token = RateLimitItemPerMinute(per_minute)
        self._unauthenticated = RateLimitItemPerMinute(unauthenticated_per_minute)

    async def token(self, name: str) -> None:
        """Counts a request of a known token. Raises HTTPException 429 past its limit."""
        await self._hit(self._token, f"token {name}")

    async def unauthenticated(self, address: str) -> None:
        """Counts a request without a good token. Raises HTTPException 429 past the limit of its address."""
        await self._hit(self._unauthenticated, f"address {address}")

    async def _hit(self, item: RateLimitItemPerMinute, who: str) -> None:
        if not await self._window.hit(item, who):
            resets = (await self._window.get_window_stats(item, who)).reset_time
            wait = max(1, int(resets - time.time()) + 1)
            raise HTTPException(429, f"more than {item.amount} requests a minute", {"Retry-After": str(wait)})


def require(scope: Scope) -> Callable[[Request], Awaitable[Token]]:
    """A dependency: the caller's token, which must reach `scope`. 401, 403 or 429 otherwise.

    What only reads takes a login's cookie too.
    """

    async def token_of(request: Request) -> Token:
        state: Any = request.app.state
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        found = await state.tokens.find(secret.strip()) if kind.lower() == "bearer" and secret.strip() else None
        if kind.lower() != "bearer" and scope == "read" and request.method == "GET":
            found = await _logged_in(request)
        if not isinstance(found, Token):
            await state.limiter.unauthenticated(_address(request))
            reason = found.reason if found else "a token is required: Authorization: Bearer ..."
            raise HTTPException(401, reason, {"WWW-Authenticate": "Bearer"})
        await state.limiter.token(found.name)
        request.state.token = found
        if not found.may(scope):
            raise HTTPException(403, f"this token may {found.scope}; {scope} is required")
        return found

    return token_of


async def _logged_in(request: Request) -> Token | Refusal | None:
    name = await session_of(request)
    found = None if name is None else await request.app.state.tokens.find_named(name)
    return Token(found.name, "read") if isinstance(found, Token) else found


async def reader_or_link(request: Request, day: dt.date) -> Token:
    """A dependency of one day's report: its signed link, or a reader. 401, 403 or 429 otherwise."""
    state: Any = request.app.state
    expires, signature = (request.query_params.get(part, "") for part in LINK_PARTS)
    if re.fullmatch(r"\d{1,12}", expires, re.ASCII) and signature:
        await state.limiter.unauthenticated(_address(request))
        is_over = int(expires) <= state.clock().timestamp()
        if not is_over and await is_signed(state.pool, report_purpose(day), int(expires), signature):
            return Token("link", "read")
    return await require("read")(request)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


Reader = Annotated[Token, Depends(require("read"))]
ReportReader = Annotated[Token, Depends(reader_or_link)]
Operator = Annotated[Token, Depends(require("operate"))]
Admin = Annotated[Token, Depends(require("admin"))]
