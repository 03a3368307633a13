"""Tokens of the HTTP API: shown once when created, stored as SHA-256. A scope includes the ones before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

import asyncpg

from desk.errors import BadInput

Scope = Literal["read", "operate", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "alv_"
SECRET_BYTES = 32
_FACTS = "SELECT name, scope, expires_at, revoked_at FROM api_token"


@dataclass(frozen=True, slots=True)
class Token:
    """A valid token: its name and its scope."""

    name: str
    scope: Scope

    def may(self, needed: Scope) -> bool:
        """True when the token's scope includes `needed`."""
        return SCOPES.index(self.scope) >= SCOPES.index(needed)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a token is not valid: unknown, expired or revoked."""

    reason: str


def digest(secret: str) -> str:
    """SHA-256 of a token, in hex. Without salt or stretching: a token is 256 random bits, not a chosen password."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def create_token(
    connection: asyncpg.Connection, name: str, scope: Scope, now: dt.datetime, lasts: dt.timedelta | None = None
) -> str:
    """Stores a new token and returns it; it cannot be read again. Raises BadInput for a used name or an unknown scope.

    `lasts`: the time until it expires; None: never.
    """
    if scope not in SCOPES:
        raise BadInput(f"unknown scope {scope!r}; known: {', '.join(SCOPES)}")
    if not name.strip():
        raise BadInput("a token needs a name: whose it is")
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    try:
        await connection.execute(
            "INSERT INTO api_token (name, token_hash, scope, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
            name.strip(),
            digest(secret),
            scope,
            now,
            now + lasts if lasts else None,
        )
    except asyncpg.UniqueViolationError:
        raise BadInput(f"there is a token called {name.strip()!r} already: revoke it, or take another name") from None
    return secret


async def find_token(connection: asyncpg.Connection | asyncpg.Pool, secret: str, now: dt.datetime) -> Token | Refusal:
    """The token of `secret`, or why it is not valid at `now`."""
    return _judged(await connection.fetchrow(f"{_FACTS} WHERE token_hash = $1", digest(secret)), now)


async def find_named(connection: asyncpg.Connection | asyncpg.Pool, name: str, now: dt.datetime) -> Token | Refusal:
    """The token called `name`, or why it is not valid at `now`: for who has shown its secret before."""
    return _judged(await connection.fetchrow(f"{_FACTS} WHERE name = $1", name), now)


def _judged(row: asyncpg.Record | None, now: dt.datetime) -> Token | Refusal:
    if row is None:
        return Refusal("unknown token")
    if row["revoked_at"] is not None:
        return Refusal("the token was revoked")
    if row["expires_at"] is not None and row["expires_at"] <= now:
        return Refusal("the token has expired")
    return Token(row["name"], row["scope"])


async def revoke_token(connection: asyncpg.Connection, name: str, now: dt.datetime) -> None:
    """Makes the token invalid from `now` on. Raises BadInput when no valid token has that name."""
    done = await connection.execute(
        "UPDATE api_token SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL", name, now
    )
    if done != "UPDATE 1":
        raise BadInput(f"no token in use is called {name!r}")
