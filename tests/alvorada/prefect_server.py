"""A Prefect server of the tests: real, on the embedded PostgreSQL, with a worker, with short intervals."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.settings import PREFECT_API_URL, PREFECT_EXPERIMENTAL_EVENTS, temporary_settings

from alvorada.prefect_objects.apply_all import reconcile
from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import Stack, asyncpg_url
from alvorada.stack.postgres import Postgres
from alvorada.stack.postgres_account import free_port
from alvorada.stack.processes import ManagedProcess, stop_all
from alvorada.stack.startup import HOST, answers, server_environment
from blocks.settings import load_settings
from tests.alvorada.conftest import ROOT, environment

QUICK = {
    "PREFECT_API_SERVICES_LATE_RUNS_LOOP_SECONDS": "1",
    "PREFECT_API_SERVICES_LATE_RUNS_AFTER_SECONDS": "60",
    "PREFECT_EVENTS_PROACTIVE_GRANULARITY": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_WORKER_PREFETCH_SECONDS": "1",
    "PREFECT_API_SERVICES_SCHEDULER_ENABLED": "false",
}
POOL = "watched"


@dataclass
class WatchedServer:
    """`deployments`: `flow/deployment` -> id, as `reconcile` takes them."""

    url: str
    env: dict[str, str]
    folder: Path
    processes: list[ManagedProcess] = field(default_factory=list)
    deployments: dict[str, UUID] = field(default_factory=dict)

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}{path}", data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text else None

    def run(self, name: str, how: str, deployment: str = "daily/daily", due: str | None = None, **more: str) -> str:
        """Asks for a run, now or as of `due` (ISO time); its id."""
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due}}
        body = {"name": name, "parameters": {"how": how, **more}, "state": state}
        return str(self.ask(f"/deployments/{self.deployments[deployment]}/create_flow_run", body)["id"])

    def pretend(self, name: str, *states: dict[str, str]) -> str:
        """A run without a process, sent through `states` by the API; its id."""
        path = f"/deployments/{self.deployments['daily/daily']}/create_flow_run"
        run = str(self.ask(path, {"name": name})["id"])
        for state in states:
            self.ask(f"/flow_runs/{run}/set_state", {"state": state, "force": True})
        return run

    def state(self, run_id: str) -> str:
        return str(self.ask(f"/flow_runs/{run_id}")["state_name"])

    def automations(self) -> dict[str, Any]:
        return {found["name"]: found for found in self.ask("/automations/filter", {})}

    def stop(self) -> None:
        stop_all(self.processes, grace=4.0)


def start(postgres: Postgres, folder: Path) -> WatchedServer:
    """Server, pool, queues, deployments and worker. Raises ProcessFailed."""
    port = free_port()
    root = f"http://{HOST}:{port}"
    inner = asyncpg_url(postgres.ensure_database("watched_prefect"))
    stack = Stack(DataDir(folder), "sandbox", "postgresql://unused", f"{root}/api", inner)
    env = {**stack.environment(environment(folder, {})), **QUICK, "PYTHONPATH": str(ROOT)}
    server = WatchedServer(f"{root}/api", env, folder)
    try:
        serving = [sys.executable, "-m", "uvicorn", "--factory", "alvorada.stack.prefect_server:create_app"]
        where = ["--host", HOST, "--port", str(port), "--log-level", "warning"]
        log = folder / "server.log"
        command = [*serving, *where]
        process = ManagedProcess.start("the Prefect server", command, log, server_environment(env, stack, root), ROOT)
        server.processes.append(process)
        process.wait_for(lambda: "yes" if answers(f"{root}/api/health") else None, 90)
        _deploy(server)
        prefect = str(Path(sys.executable).with_name("prefect"))
        working = [prefect, "worker", "start", "--pool", POOL, "--work-queue", "watched", "--name", "w"]
        worker = ManagedProcess.start("the worker", working, folder / "worker.log", env, folder)
        server.processes.append(worker)
    except BaseException:
        server.stop()
        raise
    return server


def _deploy(server: WatchedServer) -> None:
    """The watched flow as `daily/daily`, `backfill/backfill` and `verify/verify`, in a queue that the worker takes."""
    variables = {"type": "object", "properties": {"command": {"type": "string"}, "env": {"type": "object"}}}
    template = {"job_configuration": {"command": "{{ command }}", "env": "{{ env }}"}, "variables": variables}
    server.ask("/work_pools/", {"name": POOL, "type": "process", "base_job_template": template})
    flow = server.ask("/flows/", {"name": "daily"})["id"]
    # Without a step of its own Prefect copies the whole folder, .venv and all, for each run.
    pull = [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
    for name in ("daily", "backfill", "verify"):
        body = {
            "name": name, "flow_id": flow, "work_pool_name": POOL, "work_queue_name": "watched", "path": str(ROOT),
            "entrypoint": "tests/fixtures/watched_flow.py:daily", "enforce_parameter_schema": False,
            "pull_steps": pull,
        }  # fmt: skip
        server.deployments[f"{name}/{name}"] = UUID(server.ask("/deployments/", body)["id"])


def apply(server: WatchedServer, env: dict[str, str], **options: Any) -> tuple[list[Any], list[str]]:
    """`reconcile` against this server, in this process, with only `env` as settings."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(("SMTP_", "SLACK_", "FRED_"))}
    os.environ.update(env)
    try:
        settings = load_settings()
    finally:
        for name in env:
            os.environ.pop(name, None)
        os.environ.update(kept)
    prefect_settings: dict[Any, Any] = {PREFECT_API_URL: server.url, PREFECT_EXPERIMENTAL_EVENTS: True}
    with temporary_settings(prefect_settings):
        return asyncio.run(reconcile(settings, deployments=server.deployments, **options))
