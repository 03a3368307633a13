"""Backups of a world's database: a checked dump, and a restore that takes the place of what is there at its end.

The dump is pg_dump's custom format. A restore fills a database under another name first; only a whole one of the right
world is put in the place of the present database, which is kept.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

import migrations
from alvorada.stack.postgres import Postgres
from alvorada.stack.postgres_account import embedded_bin
from blocks.database import plain_url
from desk.errors import BadInput, StoreError
from migrations.roles import READER, WRITER

STAMP = "%Y%m%dT%H%M%SZ"


def back_up(url: str, folder: Path, world: str, now: dt.datetime, keep: int) -> Path:
    """A checked dump `WORLD-TIME.dump` in `folder`, of which the `keep` newest of the world stay.

    Raises StoreError, and leaves no half of a file.
    """
    path = folder / f"{world}-{now.astimezone(dt.UTC):{STAMP}}.dump"
    part = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _run("pg_dump", url, "--format=custom", f"--file={part}")
        if " TABLE DATA public decision " not in _run("pg_restore", None, "--list", str(part)):
            raise StoreError(f"the dump of {world} holds no decisions: is its schema older than this code?")
        part.replace(path)
    except OSError as error:
        raise StoreError(f"the backup cannot be written to {folder} ({error.strerror})") from error
    finally:
        with suppress(OSError):  # it must not hide why there is no backup
            part.unlink()
    for old in sorted(folder.glob(f"{world}-*.dump"))[: -max(keep, 1)]:
        old.unlink()
    return path


def restore_embedded(postgres: Postgres, name: str, dump: Path, world: str, now: dt.datetime) -> str | None:
    """The dump as the database `name` of the embedded server, at the newest schema. Returns the name under which the
    database before it is kept, None where there was none. Raises BadInput and StoreError, and changes nothing then."""
    return asyncio.run(
        _restore_embedded(postgres, name, dump, world, f"{name}_before_{now.astimezone(dt.UTC):{STAMP}}".lower())
    )


async def _restore_embedded(postgres: Postgres, name: str, dump: Path, world: str, kept: str) -> str | None:
    fresh = f"{name}_restoring"
    server = await asyncpg.connect(postgres.url("postgres"))
    try:
        await server.execute(f'DROP DATABASE IF EXISTS "{fresh}"')  # of a restore that was killed
        url = await postgres.ensure_database_async(fresh)
        await asyncio.to_thread(restore_empty, url, dump, world)
        exists = await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        # A session keeps its database from being renamed.
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1)", [name, fresh]
        )
        if exists:
            await server.execute(f'ALTER DATABASE "{name}" RENAME TO "{kept}"')
        await server.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')
    except asyncpg.PostgresError as error:
        raise StoreError(f"the database {name} cannot be replaced: {error}") from error
    finally:
        await server.close()
    return kept if exists else None


def restore_empty(url: str, dump: Path, world: str) -> None:
    """The dump into the empty database at `url`, then the newest schema.

    Raises BadInput for a database with tables in it, a dump of another world, or a file that is no dump; StoreError.
    """
    if not dump.is_file():
        raise BadInput(f"no file {dump}")
    asyncio.run(_prepare(url))
    _run("pg_restore", url, "--exit-on-error", "--no-owner", "--dbname=", str(dump))
    found = asyncio.run(_world_of(url))
    if found != world:
        raise BadInput(f"{dump} is a backup of the {found} world: say --world {found}")
    migrations.upgrade(url)


async def _prepare(url: str) -> None:
    connection = await asyncpg.connect(plain_url(url))
    try:
        if await connection.fetchval("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1"):
            raise BadInput("the database of DATABASE_URL is not empty: a backup is restored into an empty one")
        for role in (READER, WRITER):  # roles are of the whole server, so no dump holds them
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(f"CREATE ROLE {role} NOLOGIN")
    finally:
        await connection.close()


async def _world_of(url: str) -> str | None:
    connection = await asyncpg.connect(plain_url(url))
    try:
        world: str | None = await connection.fetchval("SELECT name FROM world")
        return world
    finally:
        await connection.close()


def _run(program: str, url: str | None, *arguments: str) -> str:
    """Runs one of PostgreSQL's programs; the password goes by the environment, where no list of processes shows it."""
    words, env = [str(embedded_bin() / program)], dict(os.environ)
    if url is not None:
        parts = urlsplit(plain_url(url))
        env["PGPASSWORD"] = unquote(parts.password or "")
        place = parts.netloc.rpartition("@")[2]
        address = urlunsplit((parts.scheme, f"{parts.username}@{place}", parts.path, parts.query, ""))
        arguments = tuple(f"--dbname={address}" if word == "--dbname=" else word for word in arguments)
        if program == "pg_dump":
            arguments = (*arguments, f"--dbname={address}")
    done = subprocess.run([*words, *arguments], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
        raise StoreError(f"{program} failed: {lines[0].strip() if lines else done.returncode}")
    return done.stdout
