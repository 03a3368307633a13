"""`alvorada up` and `alvorada down`: one process in the foreground keeps the local stack.

It starts PostgreSQL, Prefect's server, the sandbox (with --sandbox), the deployments, the worker and the API, stores
their process ids, and waits. Ctrl-C and SIGTERM stop all of them; so does `down`, also after this process was killed.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from alvorada.stack.data_dir import DataDir
from alvorada.stack.keeper import OWN_DATABASE, POSTGRES, PREFECT, Keeper
from alvorada.stack.local_stack import PREFECT_DATABASE, embedded_postgres, postgres_in_use
from alvorada.stack.ports import require_free
from alvorada.stack.postgres import Postgres
from alvorada.stack.probe import Probe, Question, check_database, check_prefect
from alvorada.stack.processes import (
    ProcessFailed,
    deferred_stop_signals,
    interrupt_on_stop_signals,
    signal_group,
    stop_all,
    terminate_orphans,
)
from alvorada.stack.running_stack import RunningStack
from alvorada.stack.startup import StackOptions, Startup
from blocks.database import plain_url
from desk.errors import BadInput

DOWN_SECONDS = 45.0


def run_stack(data_dir: DataDir, options: StackOptions, alarm: Callable[[], None] | None = None) -> None:
    """Runs until it is stopped. `alarm` tells people of what does not answer, and when it is over.

    Raises BadInput (already running, port taken), ProcessFailed, StoreError.
    """
    data_dir.create()
    with _only_stack(data_dir):
        clean_up_dead_stack(data_dir)
        require_free(options.port, "Prefect's server", "--port")
        require_free(options.api_port, "the API", "--api-port")
        data_dir.stopped_file.unlink(missing_ok=True)
        database_url = os.environ.get("DATABASE_URL")
        startup = Startup(data_dir, options)
        try:
            with interrupt_on_stop_signals(), postgres_in_use(data_dir) as postgres:
                try:
                    startup.run(postgres, database_url)
                    Keeper(startup, postgres, _probe(postgres, options, database_url), alarm).keep()
                finally:
                    with deferred_stop_signals():  # each wait in it has its own time limit
                        typer.echo("stopping ...", err=True)
                        stop_all(startup.processes)
        except KeyboardInterrupt:
            data_dir.stopped_file.write_text(dt.datetime.now(dt.UTC).isoformat(), encoding="utf-8")
        finally:
            data_dir.stack_file.unlink(missing_ok=True)
    typer.echo("stopped: nothing is running", err=True)


def stop_stack(data_dir: DataDir) -> str:
    """Stops the stack of this data directory; returns what was done. Raises ProcessFailed when it does not end."""
    stack = RunningStack.read(data_dir)
    if stack is None:
        return "nothing is running"
    if not stack.supervisor.alive:
        stopped = clean_up_dead_stack(data_dir)
        return f"the stack had died; stopped what it left: {', '.join(stopped) or 'nothing'}"
    os.kill(stack.supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS
    while stack.supervisor.alive and time.monotonic() < deadline:
        time.sleep(0.1)
    if stack.supervisor.alive:
        signal_group(stack.supervisor.pid, signal.SIGKILL)
        raise ProcessFailed(f"`alvorada up` (pid {stack.supervisor.pid}) did not stop within {DOWN_SECONDS:.0f} s")
    return "stopped"


def clean_up_dead_stack(data_dir: DataDir) -> list[str]:
    """Stops the processes that a killed supervisor left running. Returns their names."""
    stack = RunningStack.read(data_dir)
    if stack is None or stack.supervisor.alive:
        return []
    stopped = terminate_orphans(stack.processes)
    postgres = embedded_postgres(data_dir)
    with data_dir.postgres_users_lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # a run uses it
        else:
            stopped += ["PostgreSQL"] if postgres.stop() else []
    data_dir.stack_file.unlink(missing_ok=True)
    return stopped


def _probe(postgres: Postgres, options: StackOptions, database_url: str | None) -> Probe:
    """The probe of what this stack needs, at work. `database_url`: a database that is not of the embedded server."""
    inner = postgres.url(PREFECT_DATABASE)
    questions: dict[str, Question] = {
        POSTGRES: lambda: check_database(inner),
        PREFECT: lambda: check_prefect(options.api_url),
    }
    if database_url:
        questions[OWN_DATABASE] = lambda: check_database(plain_url(database_url))
    probe = Probe(questions)
    probe.start()
    return probe


@contextmanager
def _only_stack(data_dir: DataDir) -> Iterator[None]:
    """Holds the lock of `up`. Raises BadInput where another process holds it."""
    with data_dir.stack_lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stack = RunningStack.read(data_dir)
            which = f" (pid {stack.supervisor.pid}, {stack.ui_url})" if stack else ""
            raise BadInput(f"`alvorada up` already runs here{which}: stop it with `alvorada down`") from None
        yield
