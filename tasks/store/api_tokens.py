"""Tokens of the API: made once, shown once, kept as a SHA-256. A scope includes the ones before it."""

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


@dataclass(frozen=True, slots=True)
class Token:
    """Who asks, and what they may do."""

    name: str
    scope: Scope

    def may(self, needed: Scope) -> bool:
        return SCOPES.index(self.scope) >= SCOPES.index(needed)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a token is none: unknown, expired, revoked."""

    reason: str


def digest(secret: str) -> str:
    """SHA-256 of a token. No salt or stretching: a token is 256 random bits, not a word that somebody chose."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def create_token(
    connection: asyncpg.Connection, name: str, scope: Scope, now: dt.datetime, lasts: dt.timedelta | None = None
) -> str:
    """The new token, to be shown this once. Raises BadInput for a name that is taken or a scope that is none."""
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


async def find_token(connection: asyncpg.Connection | asyncpg.Pool, secret: str, now: dt.datetime) -> Token | Refused:
    """Whose token it is, at `now`."""
    row = await connection.fetchrow(
        "SELECT name, scope, expires_at, revoked_at FROM api_token WHERE token_hash = $1", digest(secret)
    )
    if row is None:
        return Refused("unknown token")
    if row["revoked_at"] is not None:
        return Refused("the token was revoked")
    if row["expires_at"] is not None and row["expires_at"] <= now:
        return Refused("the token has expired")
    return Token(row["name"], row["scope"])


async def revoke_token(connection: asyncpg.Connection, name: str, now: dt.datetime) -> None:
    """From now on the token is refused. Raises BadInput when there is none of that name in use."""
    done = await connection.execute(
        "UPDATE api_token SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL", name, now
    )
    if done != "UPDATE 1":
        raise BadInput(f"no token in use is called {name!r}")
