"""The database's address: one form for every driver, and errors that name the place and never the password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from desk.errors import BadInput, StoreError

SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg", "postgresql+psycopg2")


def plain_url(url: str) -> str:
    """`postgresql://...`, whatever driver the given form names. Raises BadInput on anything else."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise BadInput(f"DATABASE_URL must begin with postgresql://, not {scheme.split(':')[0][:20]!r}")
    try:
        port = urlsplit(f"postgresql://{rest}").port
    except ValueError as error:
        raise BadInput(f"DATABASE_URL has no usable port: {error}") from error
    if port == 0:
        raise BadInput("DATABASE_URL has no usable port: 0")
    return f"postgresql://{rest}"


def shown_url(url: str) -> str:
    """The address without its password, for messages."""
    parts = urlsplit(url)
    name, separator, place = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{name.split(':')[0]}{separator}{place}", parts.path, "", ""))


async def keep_session(connection: asyncpg.Connection) -> None:
    """A pool's `reset` where no session's state is changed but within a transaction (asyncpg ends one left open): none.
    By default each use of a connection is one query more."""


CONNECT_ERRORS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)
"""What asyncpg raises when a connection cannot be made: network, refusal, or an address that it cannot read."""


def first_cause(error: BaseException) -> BaseException:
    """What PostgreSQL said first. Where a statement fails for want of disk, say, the clean-up after it fails too, and
    that error hides the first one."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, asyncpg.PostgresError) or (isinstance(found, OSError) and found.errno is not None):
            return found
        found = found.__cause__ or found.__context__
    return error


def connect_failure(url: str, error: BaseException, setting: str = "DATABASE_URL") -> StoreError:
    """One clear line for a connection that could not be made, or was lost. `setting`: where the address is from."""
    where, error = shown_url(url), first_cause(error)
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return StoreError(f"the database {urlsplit(url).path.lstrip('/')!r} does not exist at {where}")
    if isinstance(error, asyncpg.InvalidPasswordError | asyncpg.InvalidAuthorizationSpecificationError):
        return StoreError(f"the database at {where} refuses this user or password ({setting})")
    if isinstance(error, asyncpg.DiskFullError):
        return StoreError(f"no space left on the disk of the database at {where}: {str(error).splitlines()[0]}")
    if isinstance(error, TimeoutError):
        return StoreError(f"the database at {where} did not answer in time ({setting})")
    if isinstance(error, OSError):
        return StoreError(f"the database at {where} cannot be reached ({setting}): {error.strerror or error}")
    return StoreError(f"the database at {where} cannot be used ({setting}): {str(error).splitlines()[0]}")


@contextmanager
def named_errors(url: str) -> Iterator[None]:
    """Raises StoreError for what PostgreSQL or its driver raises in the body."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise connect_failure(url, error) from error
