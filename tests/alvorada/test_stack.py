"""The local stack with its real parts: shared PostgreSQL, environment of a flow, `up` and `down`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alvorada.stack.data_dir import DataDir, LastWorld, database_name
from alvorada.stack.local_stack import Stack, asyncpg_url, postgres_in_use
from alvorada.stack.ports import listener
from alvorada.stack.postgres import Postgres
from alvorada.stack.postgres_account import free_port, port_is_free
from alvorada.stack.processes import ProcessId, start_time
from alvorada.stack.running_stack import RunningStack, find_running_stack
from alvorada.stack.supervisor import stop_stack
from desk.errors import BadInput
from tests.alvorada.conftest import UsedDataDir, environment
from tests.fixtures.deliveries import eventually

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS = 400.0


def test_each_world_and_each_seed_has_its_database() -> None:
    names = [database_name("live"), database_name("sandbox"), database_name("sandbox", 11), database_name("recorded")]
    assert names == ["alvorada", "alvorada_sandbox", "alvorada_sandbox_11", "alvorada_recorded"]
    with pytest.raises(BadInput, match="unknown world 'mars'"):
        database_name("mars")


def test_a_flow_gets_the_server_where_one_runs_and_the_database_of_prefect_where_none_does(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    inner = asyncpg_url("postgresql://me@127.0.0.1:5/prefect")
    alone = Stack(data_dir, "live", "postgresql://me@h/d", None, inner).environment({"PATH": "/bin"})
    assert alone["PREFECT_API_DATABASE_CONNECTION_URL"] == "postgresql+asyncpg://me@127.0.0.1:5/prefect"
    assert "PREFECT_API_URL" not in alone
    assert (alone["DATABASE_URL"], alone["PREFECT_EXPERIMENTAL_EVENTS"]) == ("postgresql://me@h/d", "false")
    served = Stack(data_dir, "live", "postgresql://me@h/d", "http://s/api", inner).environment({})
    assert served["PREFECT_API_URL"] == "http://s/api"
    assert "PREFECT_API_DATABASE_CONNECTION_URL" not in served


def test_a_stack_file_of_a_dead_supervisor_is_no_running_stack(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    assert find_running_stack(data_dir) is None
    alive = ProcessId.of("up", os.getpid())
    RunningStack(alive, (), "http://s/api", "http://s", "live", ready=True).write(data_dir)
    assert find_running_stack(data_dir) == RunningStack(alive, (), "http://s/api", "http://s", "live", ready=True)
    RunningStack(alive, (), "http://s/api", "http://s", "live").write(data_dir)  # still starting
    assert find_running_stack(data_dir) is None
    RunningStack(ProcessId("up", os.getpid(), start_time=1), (), "http://s/api", "http://s", "live", ready=True).write(
        data_dir
    )
    assert find_running_stack(data_dir) is None
    data_dir.stack_file.write_text("{")
    with pytest.raises(BadInput, match="delete it"):
        find_running_stack(data_dir)


def test_down_says_when_there_is_nothing_to_stop(tmp_path: Path) -> None:
    assert stop_stack(DataDir(tmp_path)) == "nothing is running"


def test_a_port_that_nobody_listens_on_has_no_listener() -> None:
    assert listener(free_port()) is None


@pytest.mark.process
def test_the_last_user_of_postgresql_stops_it_also_under_one_stop_signal_after_another(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    code = (
        "import sys; from pathlib import Path; from alvorada.stack.data_dir import DataDir;"
        "from alvorada.stack.local_stack import postgres_in_use\n"
        f"with postgres_in_use(DataDir(Path({str(tmp_path)!r}))): print('in', flush=True); sys.stdin.read()"
    )
    with postgres_in_use(data_dir) as postgres:
        other = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
    assert postgres.status().running  # the other one still uses it
    while other.poll() is None:
        other.send_signal(signal.SIGTERM)
        time.sleep(0.02)
    assert other.wait() != 0
    assert not postgres.status().running


def up(data_dir: Path, port: int, *options: str) -> subprocess.Popen[str]:
    with (data_dir / "up.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "alvorada", "up", "--port", str(port), "--api-port", str(free_port()), *options],
            cwd=ROOT,
            env=environment(data_dir, {}),
            stderr=log,
            text=True,
        )


def wait_ready(process: subprocess.Popen[str], data_dir: Path) -> RunningStack:
    deadline = time.monotonic() + UP_SECONDS
    while (found := find_running_stack(DataDir(data_dir))) is None:
        assert process.poll() is None, (data_dir / "up.log").read_text()
        assert time.monotonic() < deadline, (data_dir / "up.log").read_text()
        time.sleep(0.2)
    return found


@pytest.fixture
def data_dir(used_data_dir: UsedDataDir) -> Iterator[Path]:
    yield used_data_dir.path
    stop_stack(used_data_dir.data_dir)


def answer(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.loads(response.read())


def prefect(stack: RunningStack, data_dir: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("prefect")), *arguments]
    env = environment(data_dir, {"PREFECT_API_URL": stack.api_url, "COLUMNS": "200"})
    done = subprocess.run(command, env=env, cwd=data_dir, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ended(stack: RunningStack, run_id: str) -> Any:
    """The flow run once it is in a final state."""
    deadline = time.monotonic() + UP_SECONDS
    while (run := answer(f"{stack.api_url}/flow_runs/{run_id}"))["state_type"] not in (
        "COMPLETED",
        "FAILED",
        "CRASHED",
    ):
        assert time.monotonic() < deadline, run["state"]
        time.sleep(0.5)
    return run


def check_deployments(stack: RunningStack) -> None:
    daily = answer(f"{stack.api_url}/deployments/name/daily/daily")
    assert daily["schedules"][0]["schedule"] == {"cron": "0 6 * * *", "timezone": "America/Sao_Paulo", "day_or": True}
    assert daily["schedules"][0]["active"]
    assert set(daily["tags"]) >= {"alvorada", "daily"}
    assert daily["parameters"]["sources"] == "sandbox"
    queues = answer(f"{stack.api_url}/work_pools/alvorada/queues/filter", {})
    limits = {queue["name"]: queue["concurrency_limit"] for queue in queues}
    assert (limits["daily"], limits["backfill"]) == (1, 1)
    assert answer(f"{stack.api_url}/deployments/name/backfill/backfill")["work_queue_name"] == "backfill"


def check_that_what_is_killed_comes_back(data_dir: Path, stack: RunningStack, deployment: str, api: str) -> None:
    """PostgreSQL and the worker are killed under `up`; a run ends well afterwards, at the same addresses."""
    server = Postgres(data_dir).status()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    worker = next(process for process in stack.processes if process.name == "the worker")
    os.killpg(worker.pid, signal.SIGKILL)
    eventually(lambda: "the worker ended with code -9" in (data_dir / "up.log").read_text(), 240)
    eventually(lambda: Postgres(data_dir).status().running, 240)
    after = Postgres(data_dir).status()
    assert (after.port, after.pid == server.pid) == (server.port, False)
    assert "PostgreSQL had ended: started again in" in (data_dir / "up.log").read_text()
    now = RunningStack.read(DataDir(data_dir))
    assert now is not None
    alive = {process.name for process in now.processes if process.alive}
    assert {"the worker", "the Prefect server", "the API", "the catch-up", "the sandbox"} <= alive
    eventually(lambda: healthy(f"{stack.api_url}/ready") and healthy(f"{api}/health"), 240)
    closed = answer(
        f"{stack.api_url}/deployments/{deployment}/create_flow_run",
        {"parameters": {"as_of": "2026-01-11"}, "state": {"type": "SCHEDULED"}},
    )
    assert ended(stack, closed["id"])["state_name"] == "Completed"


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.mark.process
@pytest.mark.timeout(1500)
def test_up_runs_the_deployments_and_down_leaves_nothing_even_after_kill_9(
    used_data_dir: UsedDataDir, data_dir: Path
) -> None:
    port = free_port()
    first = up(data_dir, port, "--sandbox")
    stack = wait_ready(first, data_dir)
    assert stack.api_url == f"http://127.0.0.1:{port}/api"
    check_deployments(stack)
    api = re.search(r"^API +(\S+)", (data_dir / "up.log").read_text(), re.MULTILINE)
    assert api is not None
    assert answer(f"{api[1]}/health") == {"status": "ok"}
    with urllib.request.urlopen(stack.ui_url, timeout=10) as page:
        assert b"<html" in page.read()
    earlier = answer(f"{stack.api_url}/flow_runs/filter", {"sort": "START_TIME_DESC"})
    assert f"daily-{used_data_dir.day}" in [run["name"] for run in earlier]  # the demo's, in the same PostgreSQL

    output = prefect(stack, data_dir, "deployment", "run", "daily/daily", "--param", f"as_of={used_data_dir.day}")
    deployment = answer(f"{stack.api_url}/deployments/name/daily/daily")["id"]
    closed = answer(
        f"{stack.api_url}/deployments/{deployment}/create_flow_run",
        {"parameters": {"as_of": "2026-01-10"}, "state": {"type": "SCHEDULED"}},
    )
    found = re.search(r"UUID: ([0-9a-f-]{36})", output)
    assert found is not None, output
    run = ended(stack, found[1])
    assert run["state_type"] == "COMPLETED", run["state"]
    assert run["name"] == f"daily-{used_data_dir.day}"
    inner = answer(f"{stack.api_url}/flow_runs/filter", {"flow_runs": {"start_time": {"after_": run["start_time"]}}})
    ids = [other["id"] for other in inner]
    artifacts = answer(f"{stack.api_url}/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": ids}}})
    assert {artifact["key"] for artifact in artifacts} == {"daily-report", "daily-actions", "daily-report-link"}
    saturday = ended(stack, closed["id"])
    assert saturday["state"]["message"] == "2026-01-10 has no B3 session: nothing to do"
    assert saturday["state_name"] == "Completed"

    check_that_what_is_killed_comes_back(data_dir, stack, deployment, api[1])

    command = [sys.executable, "-m", "alvorada", "up", "--port", str(free_port()), "--api-port", str(free_port())]
    second = subprocess.run(
        command, cwd=ROOT, env=environment(data_dir, {}), capture_output=True, text=True, check=False, timeout=60
    )
    assert second.returncode == 2
    assert re.search(rf"already runs here \(pid {first.pid}, ", second.stderr)

    first.send_signal(signal.SIGKILL)
    first.wait()
    assert find_running_stack(DataDir(data_dir)) is None
    output = stop_stack(DataDir(data_dir))
    assert output.startswith("the stack had died; stopped what it left:")
    assert all(start_time(process.pid) != process.start_time for process in stack.processes)
    assert not Postgres(data_dir).status().running

    again = up(data_dir, port)  # the same port at once
    processes = wait_ready(again, data_dir).processes
    assert stop_stack(DataDir(data_dir)) == "stopped"
    assert again.wait(10) == 0
    assert not any(process.alive for process in processes)
    assert port_is_free(port)
    assert not Postgres(data_dir).status().running
    LastWorld("sandbox").write(used_data_dir.data_dir)
