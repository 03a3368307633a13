"""`alvorada up` and `alvorada down`: the local stack, kept by one process in the foreground.

It starts PostgreSQL, Prefect's server, the sandbox when asked, the deployments and the worker, writes down their
process ids, and waits. Ctrl-C and SIGTERM stop all of them; so does `down`, also after this process was killed.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import typer

from alvorada.prefect_objects.deployments import WORK_POOL, deployment_names
from alvorada.stack.data_dir import Home, LastWorld, database_name, project_root
from alvorada.stack.local_stack import (
    PREFECT_DATABASE,
    Running,
    Stack,
    asyncpg_url,
    embedded,
    postgres_in_use,
    prepare,
    sandbox_url,
    start_sandbox,
)
from alvorada.stack.ports import require_free
from alvorada.stack.postgres import Postgres
from alvorada.stack.processes import Child, ChildFailed, Mark, reap, signal_group, stop_all, stop_signals
from desk.errors import BadInput

HOST = "127.0.0.1"
SERVER_SECONDS = 120.0
WORKER_SECONDS = 60.0
DOWN_SECONDS = 45.0


def supervise(home: Home, with_sandbox: bool, port: int, api_port: int, seed: int) -> None:
    """Runs until it is told to stop. Raises BadInput (already running, port taken), ChildFailed, StoreError."""
    home.make()
    with _alone(home):
        clean_up_after_a_dead_one(home)
        require_free(port, "Prefect's server", "--port")
        require_free(api_port, "the API", "--api-port")
        given = os.environ.get("DATABASE_URL")
        children: list[Child] = []
        try:
            with stop_signals(), postgres_in_use(home) as postgres:
                try:
                    _start(home, postgres, given, with_sandbox, (port, api_port), seed, children)
                    _watch(children)
                finally:
                    ignore_signals()
                    typer.echo("stopping ...", err=True)
                    stop_all(children)
        except KeyboardInterrupt:
            pass
        finally:
            home.stack_file.unlink(missing_ok=True)
    typer.echo("stopped: nothing is running", err=True)


def _start(
    home: Home,
    postgres: Postgres,
    given: str | None,
    with_sandbox: bool,
    ports: tuple[int, int],
    seed: int,
    children: list[Child],
) -> None:
    world = "sandbox" if with_sandbox else "live"
    port, api_port = ports
    root, api = f"http://{HOST}:{port}", f"http://{HOST}:{port}/api"
    record = Running(Mark.of("alvorada up", os.getpid()), (), api, root, world)

    def started(child: Child) -> Child:
        nonlocal record
        children.append(child)
        record = replace(record, children=(*record.children, child.mark))
        record.write(home)
        return child

    url = prepare(given or postgres.ensure_database(database_name(world, seed)))
    here = Stack(home, world, url, api, asyncpg_url(postgres.ensure_database(PREFECT_DATABASE)))
    say("PostgreSQL", f"alvorada url --world {world}", home.postgres / "log")
    env = {**here.environment(), "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO", "PYTHONUNBUFFERED": "1"}
    env.setdefault("ALVORADA_PUBLIC_URL", f"http://{HOST}:{api_port}")
    server = started(_server(home, server_environment(env, here, root), port))
    if with_sandbox:
        simulated = started(start_sandbox(home, seed, home.logs / "sandbox.log"))
        address = sandbox_url(simulated)
        record = replace(record, sandbox_url=address, sandbox_seed=seed)
        env |= {"ALVORADA_SANDBOX_URL": address}
        say("Sandbox", address, simulated.log)
    server.wait_for(lambda: "yes" if _answers(f"{api}/health") else None, SERVER_SECONDS)
    say("Prefect", root, server.log)
    deploying = started(_python("the deployments", home, env, "-m", "alvorada.prefect_objects.deployments", world))
    deploying.finish(SERVER_SECONDS)
    say("Deployments", ", ".join(deployment_names()), deploying.log)
    for line in deploying.text().splitlines():
        if line.startswith(("Slack: ", "Mail: ")):
            typer.echo(line, err=True)  # who is not told, said once
    worker = started(_prefect("the worker", home, env, "worker", "start", "--pool", WORK_POOL, "--name", "local"))
    worker.wait_for(lambda: "yes" if "started" in worker.text() else None, WORKER_SECONDS)
    say("Worker", f"pool {WORK_POOL}", worker.log)
    page = f"http://{HOST}:{api_port}/api/v1"
    serving = started(_python("the API", home, env, "-m", "alvorada", "api", "--port", str(api_port), "--world", world))
    serving.wait_for(lambda: "yes" if _answers(f"{page}/health") else None, WORKER_SECONDS)
    say("API", page, serving.log)
    record = replace(record, ready=True)
    record.write(home)
    LastWorld(world, seed).write(home)
    typer.echo(f"\nReady: {root}   Ctrl-C (or `alvorada down`) stops everything", err=True)
    typer.echo(
        f"Try:   PREFECT_API_URL={api} {Path(sys.executable).with_name('prefect')} deployment run daily/daily", err=True
    )


def _server(home: Home, env: Mapping[str, str], port: int) -> Child:
    """What `prefect server start` runs, without its wrapper: that one imports Prefect a second time, and refuses a
    port for a minute after its last use."""
    factory = ["--factory", "prefect.server.api.server:create_app"]
    where = ["--host", HOST, "--port", str(port), "--timeout-keep-alive", "5", "--log-level", "warning"]
    return _python("the Prefect server", home, env, "-m", "uvicorn", *factory, *where)


def server_environment(env: Mapping[str, str], here: Stack, root: str) -> dict[str, str]:
    """The server emits the state events that automations hear, and keeps its tables in our PostgreSQL."""
    own = {
        "PREFECT_API_DATABASE_CONNECTION_URL": here.prefect_database_url or "",
        "PREFECT_EXPERIMENTAL_EVENTS": "true",
        "PREFECT_UI_URL": root,
        "PREFECT_UI_API_URL": f"{root}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    }
    return {**env, **own}


def _watch(children: list[Child]) -> None:
    """Returns never: a signal ends it, or the end of a child does. The deployments' process has ended as it should."""
    lasting = [child for child in children if child.ended() is None]
    while True:
        for child in lasting:
            code = child.ended()
            if code is not None:
                raise ChildFailed(f"{child.name} ended with code {code}: {child.last_line()} (log: {child.log})")
        time.sleep(0.5)


def take_down(home: Home) -> str:
    """Stops the stack of this home; returns what was done. Raises ChildFailed when it does not go."""
    stack = Running.read(home)
    if stack is None:
        return "nothing is running"
    if not stack.supervisor.alive:
        left = clean_up_after_a_dead_one(home)
        return f"the stack had died; stopped what it left: {', '.join(left) or 'nothing'}"
    os.kill(stack.supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS
    while stack.supervisor.alive and time.monotonic() < deadline:
        time.sleep(0.1)
    if stack.supervisor.alive:
        signal_group(stack.supervisor.pid, signal.SIGKILL)
        raise ChildFailed(f"`alvorada up` (pid {stack.supervisor.pid}) did not stop within {DOWN_SECONDS:.0f} s")
    return "stopped"


def clean_up_after_a_dead_one(home: Home) -> list[str]:
    """Ends what a killed supervisor left running. Returns their names."""
    stack = Running.read(home)
    if stack is None or stack.supervisor.alive:
        return []
    left = reap(stack.children)
    postgres = embedded(home)
    with open(home.path / "in-use.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # a run uses it
        else:
            left += ["PostgreSQL"] if postgres.stop() else []
    home.stack_file.unlink(missing_ok=True)
    return left


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    with open(home.path / "up.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stack = Running.read(home)
            where = f" (pid {stack.supervisor.pid}, {stack.ui_url})" if stack else ""
            raise BadInput(f"`alvorada up` already runs here{where}: stop it with `alvorada down`") from None
        yield


def ignore_signals() -> None:
    """A second Ctrl-C must not cut the stopping short; every wait in there has its limit."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _prefect(name: str, home: Home, env: Mapping[str, str], *arguments: str) -> Child:
    return _start_logged(name, home, env, str(Path(sys.executable).with_name("prefect")), *arguments)


def _python(name: str, home: Home, env: Mapping[str, str], *arguments: str) -> Child:
    return _start_logged(name, home, env, sys.executable, *arguments)


def _start_logged(name: str, home: Home, env: Mapping[str, str], *command: str) -> Child:
    log = home.logs / f"{name.removeprefix('the ').replace(' ', '-').lower()}.log"
    return Child.start(name, command, log, env, project_root())


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def say(what: str, where: str, log: object) -> None:
    typer.echo(f"{what:12} {where:44} log: {log}", err=True)
