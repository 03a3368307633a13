"""Starts the processes of `alvorada up`, one after another, each with its log and a line on the terminal."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import typer

from alvorada.stack.data_dir import DataDir, LastWorld, database_name, project_root
from alvorada.stack.local_stack import PREFECT_DATABASE, Stack, asyncpg_url, upgrade_database
from alvorada.stack.postgres import Postgres
from alvorada.stack.prefect_yaml import WORK_POOL, deployment_names
from alvorada.stack.processes import ManagedProcess, ProcessFailed, ProcessId
from alvorada.stack.running_stack import RunningStack
from alvorada.stack.sandbox_process import sandbox_command, sandbox_url, start_sandbox
from alvorada.stack.service_account import service_url
from blocks.settings import load_settings

HOST = "127.0.0.1"
PREFECT_SERVER = "the Prefect server"
ENDS_BY_ITSELF = ("the deployments",)
SLOW_SECONDS = 30.0
TIDY_AT = "21:00"
SERVER_SECONDS = 120.0
WORKER_SECONDS = 60.0
"""How long a start may be still: one that prints or computes is waited for."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """The options of `alvorada up`. `seed`: of the simulated economy, where `with_sandbox`."""

    with_sandbox: bool
    port: int
    api_port: int
    seed: int

    @property
    def world(self) -> str:
        """The world that the deployments and the API use."""
        return "sandbox" if self.with_sandbox else "live"

    @property
    def ui_url(self) -> str:
        """Prefect's UI; its API is at `/api` below it."""
        return f"http://{HOST}:{self.port}"

    @property
    def api_url(self) -> str:
        """The API of Prefect's server."""
        return f"{self.ui_url}/api"

    @property
    def desk_url(self) -> str:
        """The root address of the desk's own API."""
        return f"http://{HOST}:{self.api_port}"


class Startup:
    """One start of the stack. `processes` are those that run so far: stack.json lists each as soon as it starts."""

    def __init__(self, data_dir: DataDir, options: StackOptions) -> None:
        self.data_dir, self.options = data_dir, options
        self.processes: list[ManagedProcess] = []
        self._commands: dict[str, tuple[list[str], Mapping[str, str]]] = {}
        supervisor = ProcessId.of("alvorada up", os.getpid())
        self._state = RunningStack(supervisor, (), options.api_url, options.ui_url, options.world)

    def run(self, postgres: Postgres, given_database_url: str | None) -> None:
        """Starts everything and returns when all of it answers. Raises ProcessFailed, StoreError, BadInput."""
        stack = self._prepare_databases(postgres, given_database_url)
        env = {**stack.environment(), "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO", "PYTHONUNBUFFERED": "1"}
        env.setdefault("ALVORADA_PUBLIC_URL", self.options.desk_url)
        env.setdefault("PREFECT_UI_URL", self.options.ui_url)
        server = self._start_server(env, stack)  # it takes the longest: the sandbox starts meanwhile
        if self.options.with_sandbox:
            env["ALVORADA_SANDBOX_URL"] = self._start_sandbox()
        server = self._ready(server, lambda: answers(f"{self.options.api_url}/health"), SERVER_SECONDS)
        show("Prefect", self.options.ui_url, server.log)
        self._apply_deployments(env)
        self._start_worker(env)
        self._start_api(env)
        self._start_catch_up(env)
        self._start_tidy({**env, "PREFECT_API_DATABASE_CONNECTION_URL": stack.prefect_database_url or ""})
        self._update(ready=True)
        LastWorld(self.options.world, self.options.seed).write(self.data_dir)
        prefect = Path(sys.executable).with_name("prefect")
        typer.echo(f"\nReady: {self.options.ui_url}   Ctrl-C (or `alvorada down`) stops everything", err=True)
        typer.echo(f"Try:   PREFECT_API_URL={self.options.api_url} {prefect} deployment run daily/daily", err=True)

    def _prepare_databases(self, postgres: Postgres, given_url: str | None) -> Stack:
        world, seed = self.options.world, self.options.seed
        url = upgrade_database(given_url or postgres.ensure_database(database_name(world, seed)))
        if given_url is None:
            url = service_url(url)
        prefect_url = asyncpg_url(postgres.ensure_database(PREFECT_DATABASE))
        show("PostgreSQL", f"alvorada url --world {world}", self.data_dir.postgres / "log")
        return Stack(self.data_dir, world, url, self.options.api_url, prefect_url)

    def _start_server(self, env: Mapping[str, str], stack: Stack) -> ManagedProcess:
        """Starts what `prefect server start` runs, for our own origin alone, and without its wrapper: the wrapper
        imports Prefect a second time, and refuses a port for a minute after its last use."""
        app = ["--factory", "alvorada.stack.prefect_server:create_app"]
        address = ["--host", HOST, "--port", str(self.options.port), "--timeout-keep-alive", "5"]
        command = [sys.executable, "-m", "uvicorn", *app, *address, "--log-level", "warning"]
        return self._start(PREFECT_SERVER, command, server_environment(env, stack, self.options.ui_url))

    def _start_sandbox(self) -> str:
        log = self.data_dir.logs / "sandbox.log"
        process = self._add(start_sandbox(self.options.seed, log), [], {})
        url = sandbox_url(process)
        # Started again, it must be where the others look for it.
        self._commands[process.name] = (sandbox_command(self.options.seed, urlsplit(url).port or 0), dict(os.environ))
        self._update(sandbox_url=url, sandbox_seed=self.options.seed)
        show("Sandbox", url, process.log)
        return url

    def _apply_deployments(self, env: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "alvorada.prefect_objects", self.options.world]
        process = self._start("the deployments", command, {**env, "PREFECT_EXPERIMENTAL_EVENTS": "true"})
        process.wait_until_done(SERVER_SECONDS)
        show("Deployments", ", ".join(deployment_names()), process.log)
        for line in process.output().splitlines():
            if line.startswith(("Slack: ", "Mail: ")):  # a channel without configuration
                typer.echo(line, err=True)

    def _start_worker(self, env: Mapping[str, str]) -> None:
        prefect = str(Path(sys.executable).with_name("prefect"))
        command = [prefect, "worker", "start", "--pool", WORK_POOL, "--name", "local"]
        worker = self._start("the worker", command, env)
        log = worker.log
        worker = self._ready(worker, lambda: "started" in log.read_text(errors="replace"), WORKER_SECONDS)
        show("Worker", f"pool {WORK_POOL}", worker.log)

    def _start_api(self, env: Mapping[str, str]) -> None:
        address = ["--port", str(self.options.api_port), "--world", self.options.world]
        process = self._start("the API", [sys.executable, "-m", "alvorada", "api", *address], env)
        root = f"{self.options.desk_url}/api/v1"
        process = self._ready(process, lambda: answers(f"{root}/health"), WORKER_SECONDS)
        show("API", root, process.log)

    def _start_catch_up(self, env: Mapping[str, str]) -> None:
        """Last, when a worker is there to run what it starts."""
        process = self._start("the catch-up", [sys.executable, "-m", "alvorada", "catch-up"], env)
        show("Catch-up", f"until {load_settings().catch_up_until:%H:%M} America/Sao_Paulo", process.log)

    def _start_tidy(self, env: Mapping[str, str]) -> None:
        """Every evening, away from the morning's run."""
        command = [sys.executable, "-m", "alvorada", "tidy", "--world", self.options.world, "--daily-at", TIDY_AT]
        process = self._start("the tidying", command, env)
        show("Tidying", f"daily at {TIDY_AT} America/Sao_Paulo", process.log)

    def lasting(self) -> list[ManagedProcess]:
        """The processes that are to live as long as the stack."""
        return [process for process in self.processes if process.name not in ENDS_BY_ITSELF]

    def _ready(self, process: ManagedProcess, is_ready: Callable[[], bool], seconds: float) -> ManagedProcess:
        """The process when it is ready. A slow start is one line; one that is stuck is tried once more."""
        is_reported = False

        def look() -> str | None:
            nonlocal is_reported
            if not is_reported and process.age() > SLOW_SECONDS:
                is_reported = True
                typer.echo(f"{process.name} is slow to start: the machine is busy, or see {process.log}", err=True)
            return "yes" if is_ready() else None

        try:
            process.wait_for(look, seconds)
        except ProcessFailed as failure:
            if process.exit_code() is not None:  # it has ended, and says why
                raise
            typer.echo(f"{failure}; once more", err=True)
            process = self.restart(process)
            process.wait_for(look, seconds)
        return process

    def restart(self, process: ManagedProcess) -> ManagedProcess:
        """Starts the command of a process that has ended again, in its place; the log of the one before gets `.1`."""
        process.stop()  # what is left of its group
        process.log.replace(f"{process.log}.1")
        command, env = self._commands[process.name]
        again = ManagedProcess.start(process.name, command, process.log, env, project_root())
        self.processes[self.processes.index(process)] = again
        self._update(processes=tuple(one.id for one in self.processes))
        return again

    def _start(self, name: str, command: list[str], env: Mapping[str, str]) -> ManagedProcess:
        log = self.data_dir.logs / f"{name.removeprefix('the ').replace(' ', '-').lower()}.log"
        return self._add(ManagedProcess.start(name, command, log, env, project_root()), command, env)

    def _add(self, process: ManagedProcess, command: list[str], env: Mapping[str, str]) -> ManagedProcess:
        self._commands[process.name] = (command, env)
        self.processes.append(process)
        self._update(processes=(*self._state.processes, process.id))
        return process

    def _update(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        self._state.write(self.data_dir)


def server_environment(env: Mapping[str, str], stack: Stack, ui_url: str) -> dict[str, str]:
    """`env` for Prefect's server: it emits the state events for automations and keeps its tables in our PostgreSQL."""
    server = {
        "PREFECT_API_DATABASE_CONNECTION_URL": stack.prefect_database_url or "",
        "PREFECT_EXPERIMENTAL_EVENTS": "true",
        "PREFECT_UI_URL": ui_url,
        "PREFECT_UI_API_URL": f"{ui_url}/api",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ui_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    }
    return {**env, **server}


def answers(url: str) -> bool:
    """Whether a GET of `url` gets a 200 within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def show(part: str, address: str, log: Path) -> None:
    """Prints one line about a part of the stack on stderr."""
    typer.echo(f"{part:12} {address:44} log: {log}", err=True)
