"""A Prefect server with our own deployments, and workers whose runs decide on a database of the tests.

Its scheduler is off: a test asks it for the runs of a day's 06:00 itself, so that no test waits for a clock.
"""

from __future__ import annotations

import datetime as dt
import json
import signal
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from alvorada.catch_up.prefect_api import PrefectApi
from alvorada.catch_up.rounds import Round, look
from alvorada.prefect_objects import deployments
from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import Stack, asyncpg_url
from alvorada.stack.postgres import Postgres
from alvorada.stack.postgres_account import free_port
from alvorada.stack.processes import ManagedProcess, signal_group
from alvorada.stack.startup import HOST, answers, server_environment
from desk.model import decision_time
from tests.alvorada.conftest import ROOT, environment
from tests.fixtures.flows import RunningDesk

QUICK = {
    "PREFECT_API_SERVICES_LATE_RUNS_LOOP_SECONDS": "1",
    "PREFECT_API_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_WORKER_PREFETCH_SECONDS": "1",
}
NOON = dt.time(12, 0)


@dataclass
class PrefectDesk:
    """One server; `env`: of its processes."""

    desk: RunningDesk
    port: int
    env: dict[str, str]
    folder: Path
    processes: dict[str, ManagedProcess] = field(default_factory=dict)

    @classmethod
    def start(cls, postgres_url: str, desk: RunningDesk, folder: Path) -> PrefectDesk:
        port = free_port()
        stack = Stack(DataDir(folder), "sandbox", desk.url, f"http://{HOST}:{port}/api", asyncpg_url(postgres_url))
        env = {**stack.environment(environment(folder, {})), **QUICK, "PYTHONPATH": str(ROOT)}
        made = cls(desk, port, server_environment(env, stack, f"http://{HOST}:{port}"), folder)
        made.start_server()
        return made

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.port}/api"

    def start_server(self) -> None:
        app = ["--factory", "alvorada.stack.prefect_server:create_app", "--host", HOST, "--port", str(self.port)]
        command = [sys.executable, "-m", "uvicorn", *app, "--log-level", "warning"]
        self._start("server", command, self.env)
        self.processes["server"].wait_for(lambda: "yes" if answers(f"{self.api_url}/ready") else None, 300)

    def start_worker(self, day: dt.date, late: dt.timedelta, **more: str) -> None:
        """A worker of the queue daily, whose runs see the clock stand `late` after 06:00 of `day`."""
        own = {name: value for name, value in self.env.items() if not name.startswith("PREFECT_API_DATABASE")}
        env = {**own, **self.desk.environment(day, late), "PREFECT_EXPERIMENTAL_EVENTS": "false", **more}
        prefect = str(Path(sys.executable).with_name("prefect"))
        self._start("worker", [prefect, "worker", "start", "--pool", "alvorada", "--work-queue", "daily"], env)

    def kill(self, name: str) -> None:
        """kill -9 of the process and of all that it has started."""
        process = self.processes.pop(name)
        signal_group(process.id.pid, signal.SIGKILL)
        process.stop()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    async def deploy(self, sources: str | None = None) -> Mapping[str, str]:
        with temporary_settings({PREFECT_API_URL: self.api_url}):
            return await deployments._apply(sources)

    async def redeploy_changed(self, name: str, **fields: Any) -> None:
        """Applies one deployment with another declaration."""
        with temporary_settings({PREFECT_API_URL: self.api_url}):
            async with get_client() as client:
                found = await deployments.found_deployments(client)
                [declared] = [one for one in deployments.declared_deployments(found) if one.name == name]
                changed = type(declared)(name, {**declared.fields, **fields})
                assert await deployments.apply_deployment(client, changed, found[name]) == "updated"

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body, default=str).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.api_url}{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text else None

    def deployment(self, name: str = "daily/daily") -> Any:
        return self.ask(f"/deployments/name/{name}")

    def schedule(self, day: dt.date) -> None:
        """What Prefect's scheduler makes of the declared schedule: the run of the day's 06:00."""
        at = decision_time(day)
        body = {"start_time": at, "end_time": at + dt.timedelta(hours=1), "min_runs": 1, "max_runs": 1}
        self.ask(f"/deployments/{self.deployment()['id']}/schedule", body)

    def runs(self) -> dict[str, Any]:
        """The runs of the daily deployment, by id."""
        body = {"deployments": {"id": {"any_": [self.deployment()["id"]]}}}
        return {run["id"]: run for run in self.ask("/flow_runs/filter", body)}

    async def look(self, day: dt.date, late: dt.timedelta) -> Round:
        """One look of the catch-up, `late` after 06:00 of `day`."""
        return await look(PrefectApi(self.api_url), self.desk.url, NOON, decision_time(day) + late)

    async def decisions(self, day: dt.date) -> list[str]:
        rows = await self.desk.rows("SELECT kind FROM decision WHERE as_of = $1", decision_time(day))
        return [row["kind"] for row in rows]

    async def ledger(self, day: dt.date) -> list[str]:
        query = "SELECT state FROM pipeline_runs WHERE kind = 'daily' AND as_of = $1 ORDER BY started_at, state"
        return sorted(row["state"] for row in await self.desk.rows(query, decision_time(day)))

    def _start(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        log = self.folder / f"{name}-{len(list(self.folder.glob('*.log')))}.log"
        self.processes[name] = ManagedProcess.start(name, command, log, env, self.folder)


async def prefect_desk(postgres: Postgres, desk: RunningDesk, name: str, folder: Path) -> PrefectDesk:
    """A server on a new database `name`, without deployments."""
    return PrefectDesk.start(await postgres.ensure_database_async(name), desk, folder)
