"""Authentication and rate limits: tokens with scopes, and a limit of requests a minute for each caller."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, HTTPException, Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from blocks.database import CONNECT_ERRORS
from desk.errors import StoreError
from tasks.store.api_tokens import Refused, Scope, Token, digest, find_token

CACHE_SECONDS = 5.0
"""A token is read from the database at most this often: a revocation takes effect within it."""
MOST_CACHED = 1000


class Tokens:
    """Tokens of the database, cached for CACHE_SECONDS."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], dt.datetime]) -> None:
        self._pool, self._clock = pool, clock
        self._cache: dict[str, tuple[float, Token | Refused]] = {}

    async def find(self, secret: str) -> Token | Refused:
        """The token of a secret, or why it is refused. Raises StoreError."""
        key, now = digest(secret), time.monotonic()
        cached = self._cache.get(key)
        if cached and cached[0] > now:
            return cached[1]
        try:
            found = await find_token(self._pool, secret, self._clock())
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
    """A dependency: the caller's token, which must reach `scope`. 401, 403 or 429 otherwise."""

    async def token_of(request: Request) -> Token:
        state: Any = request.app.state
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        address = request.client.host if request.client else "unknown"
        found = await state.tokens.find(secret.strip()) if kind.lower() == "bearer" and secret.strip() else None
        if not isinstance(found, Token):
            await state.limiter.unauthenticated(address)
            reason = found.reason if found else "a token is required: Authorization: Bearer ..."
            raise HTTPException(401, reason, {"WWW-Authenticate": "Bearer"})
        await state.limiter.token(found.name)
        request.state.token = found
        if not found.may(scope):
            raise HTTPException(403, f"this token may {found.scope}; {scope} is required")
        return found

    return token_of


Reader = Annotated[Token, Depends(require("read"))]
Operator = Annotated[Token, Depends(require("operate"))]
Admin = Annotated[Token, Depends(require("admin"))]
