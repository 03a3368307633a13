"""The account that the service's processes use in the embedded PostgreSQL: it writes rows, and owns nothing.

It is a member of alvorada_writer and alvorada_reader (migrations/roles.py): it can neither change the schema nor read
a file of the server. Its password follows from the owner's, which only this user can read.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg

from blocks.database import CONNECT_ERRORS, connect_failure, plain_url
from desk.errors import StoreError
from migrations.roles import READER, WRITER

NAME = "alvorada_service"


def service_url(owner_url: str) -> str:
    """The address of the same database for the service's account, which is made where it is missing.

    `owner_url`: of a database at the newest schema, by an account that may make roles. Raises StoreError.
    """
    return asyncio.run(service_url_async(owner_url))


async def service_url_async(owner_url: str) -> str:
    """As `service_url`, from inside a running loop. Raises StoreError where the server does not answer."""
    parts = urlsplit(owner_url)
    owner = unquote(parts.password or "")
    password = hmac.new(owner.encode(), NAME.encode(), hashlib.sha256).hexdigest()
    try:
        connection = await asyncpg.connect(plain_url(owner_url), timeout=15)
    except CONNECT_ERRORS as error:
        raise connect_failure(owner_url, error) from error
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", NAME):
            # `password` is hex digits: a role's name and password take no parameters.
            await connection.execute(f"CREATE ROLE {NAME} LOGIN PASSWORD '{password}' IN ROLE {WRITER}, {READER}")
    except asyncpg.DuplicateObjectError:
        pass  # another process has made it just now
    except asyncpg.PostgresError as error:
        raise StoreError(f"the account {NAME} could not be made: {error}") from error
    finally:
        await connection.close()
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{NAME}:{quote(password)}@{place}"))
