"""What a command needs to run: PostgreSQL, the database of its world, Prefect's API.

A command enters the stack, works, and stops everything that it started itself. While `alvorada up` runs, its
PostgreSQL and its Prefect server are used. DATABASE_URL and PREFECT_API_URL of the environment win.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import migrations
from alvorada.stack.data_dir import DataDir, LastWorld, database_name
from alvorada.stack.postgres import Postgres
from alvorada.stack.processes import deferred_stop_signals, interrupt_on_stop_signals
from alvorada.stack.running_stack import find_running_stack
from alvorada.stack.service_account import service_url
from blocks.database import named_errors
from blocks.disk_space import full_disk_line
from desk.errors import AlvoradaError, BadInput, StoreError
from desk.worlds import DEFAULT_SEED

PREFECT_DATABASE = "prefect"


@dataclass(frozen=True, slots=True)
class Stack:
    """`database_url`: our data, by an account that writes rows and owns nothing, where it is embedded; `api_url`:
    Prefect's server, None for the API inside the flow's own process."""

    data_dir: DataDir
    world: str
    database_url: str
    api_url: str | None
    prefect_database_url: str | None

    def environment(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """`base` with what a flow's process must have in its environment before Prefect is imported."""
        env = {**base, "DATABASE_URL": self.database_url, "ALVORADA_HOME": str(self.data_dir.path)}
        env.setdefault("PREFECT_HOME", str(self.data_dir.prefect))
        env["PREFECT_EXPERIMENTAL_EVENTS"] = "false"  # the server emits the state events; here they double the cost
        env.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")  # the console shows our progress instead
        env.setdefault("PREFECT_LOGGING_INTERNAL_LEVEL", "CRITICAL")  # "APILogWorker failed", as after Ctrl-C
        if self.api_url:
            env["PREFECT_API_URL"] = self.api_url
        elif self.prefect_database_url:
            env["PREFECT_API_DATABASE_CONNECTION_URL"] = self.prefect_database_url
        return env


@contextmanager
def open_stack(
    data_dir: DataDir, world: str, seed: int = DEFAULT_SEED, environ: Mapping[str, str] = os.environ
) -> Iterator[Stack]:
    """The stack for one command, its database at the newest schema. Raises StoreError, BadInput."""
    given_url = environ.get("DATABASE_URL")
    if given_url:
        upgrade_database(given_url)
    up = find_running_stack(data_dir)
    api_url = environ.get("PREFECT_API_URL") or (up.api_url if up else None)
    given_prefect_url = environ.get("PREFECT_API_DATABASE_CONNECTION_URL")
    if given_url and (api_url or given_prefect_url):
        with named_errors(given_url):
            yield Stack(data_dir.create(), world, given_url, api_url, given_prefect_url)
        return
    with postgres_in_use(data_dir) as postgres:
        url = given_url or service_url(upgrade_database(postgres.ensure_database(database_name(world, seed))))
        prefect_url = given_prefect_url or asyncpg_url(postgres.ensure_database(PREFECT_DATABASE))
        with named_errors(url):
            yield Stack(data_dir, world, url, api_url, prefect_url)


@contextmanager
def postgres_in_use(data_dir: DataDir) -> Iterator[Postgres]:
    """The embedded PostgreSQL, started; the last of our processes that uses it stops it.

    Each user holds a shared lock, which the kernel drops even after kill -9. A stop signal interrupts the block, in
    every command, and never PostgreSQL's stop. An error in it names the disk of the server where that was full.
    """
    data_dir.create()
    postgres = embedded_postgres(data_dir)
    logged = postgres.log_size()
    with interrupt_on_stop_signals(), data_dir.postgres_users_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            postgres.start()
            yield postgres
        except AlvoradaError as error:
            full = postgres.full_disk(logged)
            if full is None or full_disk_line(str(error)):
                raise
            raise StoreError(f"PostgreSQL's disk is full: {full} (log: {postgres.log}); {error}") from error
        finally:
            with deferred_stop_signals():
                _stop_unused(postgres, lock, logged)


def _stop_unused(postgres: Postgres, lock: TextIO, logged: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another process still uses it
    postgres.stop(immediately=postgres.full_disk(logged) is not None)


@contextmanager
def world_database(data_dir: DataDir, last: LastWorld) -> Iterator[str | None]:
    """The URL of a world's database, which runs inside the block; None where no database was ever made."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    if not data_dir.has_postgres:
        yield None
        return
    name = database_name(last.world, last.seed)
    server = embedded_postgres(data_dir)
    if server.status().running:  # by `up`, or a run: then a data directory that is read-only for us is enough
        yield server.url(name)
        return
    with postgres_in_use(data_dir) as postgres:
        yield postgres.url(name)


def database_url(data_dir: DataDir, world: str | None) -> tuple[str, str | None]:
    """The address of a world's database (None: the last world; `prefect`: Prefect's own), and a note where it is down.

    Raises BadInput where there is no database yet, or no such world.
    """
    name = PREFECT_DATABASE
    if world != PREFECT_DATABASE:
        last = LastWorld.select(data_dir, world)
        name = database_name(last.world, last.seed)
        given = os.environ.get("DATABASE_URL")
        if given:
            return given, None
    if not data_dir.has_postgres:
        raise BadInput(f"no database yet under {data_dir.path}: the first `alvorada run`, `demo` or `up` makes it")
    postgres = embedded_postgres(data_dir)
    running = postgres.status().running
    return postgres.url(name), None if running else "this PostgreSQL is not running now; `alvorada up` starts it"


def embedded_postgres(data_dir: DataDir) -> Postgres:
    """The cluster of a data directory, with the binaries of ALVORADA_PG_BIN where that is set. Starts nothing."""
    bin_dir = os.environ.get("ALVORADA_PG_BIN")
    return Postgres(data_dir.path, Path(bin_dir) if bin_dir else None)


def upgrade_database(url: str) -> str:
    """Brings a database to the newest schema; one query when it is there. Raises BadInput, StoreError."""
    for note in migrations.upgrade(url):
        print(f"alvorada: {note}", file=sys.stderr)
    return url


def asyncpg_url(url: str) -> str:
    """The address in SQLAlchemy's form, for Prefect."""
    return re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", url)


def set_environment(env: Mapping[str, str], target: MutableMapping[str, str] = os.environ) -> None:
    """Puts a stack's environment into this process; it must happen before Prefect is imported."""
    target.update(env)
