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

import pytest

from alvorada.children import Mark, birth
from alvorada.home import Home, database_name
from alvorada.ports import listener
from alvorada.postgres import Postgres
from alvorada.postgres_account import free_port, port_is_free
from alvorada.stack import Running, Stack, asyncpg_url, postgres_in_use, running
from alvorada.supervisor import take_down
from desk.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS = 150.0


def test_each_world_and_each_seed_has_its_database() -> None:
    names = [database_name("live"), database_name("sandbox"), database_name("sandbox", 11), database_name("recorded")]
    assert names == ["alvorada", "alvorada_sandbox", "alvorada_sandbox_11", "alvorada_recorded"]
    with pytest.raises(BadInput, match="unknown world 'mars'"):
        database_name("mars")


def test_a_flow_gets_the_server_where_one_runs_and_the_database_of_prefect_where_none_does(tmp_path: Path) -> None:
    home = Home(tmp_path)
    inner = asyncpg_url("postgresql://me@127.0.0.1:5/prefect")
    alone = Stack(home, "live", "postgresql://me@h/d", None, inner).environment({"PATH": "/bin"})
    assert alone["PREFECT_API_DATABASE_CONNECTION_URL"] == "postgresql+asyncpg://me@127.0.0.1:5/prefect"
    assert "PREFECT_API_URL" not in alone
    assert (alone["DATABASE_URL"], alone["PREFECT_EXPERIMENTAL_EVENTS"]) == ("postgresql://me@h/d", "false")
    served = Stack(home, "live", "postgresql://me@h/d", "http://s/api", inner).environment({})
    assert served["PREFECT_API_URL"] == "http://s/api"
    assert "PREFECT_API_DATABASE_CONNECTION_URL" not in served


def test_a_stack_file_of_a_dead_supervisor_is_no_running_stack(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert running(home) is None
    alive = Mark.of("up", os.getpid())
    Running(alive, (), "http://s/api", "http://s", "live", ready=True).write(home)
    assert running(home) == Running(alive, (), "http://s/api", "http://s", "live", ready=True)
    Running(alive, (), "http://s/api", "http://s", "live").write(home)  # still starting
    assert running(home) is None
    Running(Mark("up", os.getpid(), born=1), (), "http://s/api", "http://s", "live", ready=True).write(home)
    assert running(home) is None
    home.stack_file.write_text("{")
    with pytest.raises(BadInput, match="delete it"):
        running(home)


def test_down_says_when_there_is_nothing_to_stop(tmp_path: Path) -> None:
    assert take_down(Home(tmp_path)) == "nothing is running"


def test_a_port_that_nobody_listens_on_has_no_listener() -> None:
    assert listener(free_port()) is None


@pytest.mark.process
def test_the_last_user_of_postgresql_stops_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    code = (
        "import sys; from pathlib import Path; from alvorada.home import Home;"
        "from alvorada.stack import postgres_in_use\n"
        f"with postgres_in_use(Home(Path({str(tmp_path)!r}))): print('in', flush=True); sys.stdin.read()"
    )
    with postgres_in_use(home) as postgres:
        other = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
    assert postgres.status().running  # the other one still uses it
    other.communicate("")
    assert not postgres.status().running


def up(home: Path, port: int) -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "DATABASE_URL"))}
    return subprocess.Popen(
        [sys.executable, "-m", "alvorada", "up", "--port", str(port)],
        cwd=ROOT,
        env={**env, "ALVORADA_HOME": str(home)},
        stderr=(home / "up.log").open("w"),
        text=True,
    )


def wait_ready(process: subprocess.Popen[str], home: Path) -> Running:
    deadline = time.monotonic() + UP_SECONDS
    while (found := running(Home(home))) is None:
        assert process.poll() is None, (home / "up.log").read_text()
        assert time.monotonic() < deadline, (home / "up.log").read_text()
        time.sleep(0.2)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    take_down(Home(tmp_path))


def answer(url: str, body: object = None) -> object:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.loads(response.read())


@pytest.mark.process
@pytest.mark.timeout(400)
def test_up_serves_the_deployments_and_down_leaves_nothing_even_after_kill_9(home: Path) -> None:
    port = free_port()
    first = up(home, port)
    stack = wait_ready(first, home)
    assert stack.api_url == f"http://127.0.0.1:{port}/api"
    daily = answer(f"{stack.api_url}/deployments/name/daily/daily")
    assert isinstance(daily, dict)
    assert daily["schedules"][0]["schedule"] == {"cron": "0 6 * * *", "timezone": "America/Sao_Paulo", "day_or": True}
    queues = answer(f"{stack.api_url}/work_pools/alvorada/queues/filter", {})
    assert isinstance(queues, list)
    assert {queue["name"]: queue["concurrency_limit"] for queue in queues}.items() >= {
        "daily": 1,
        "backfill": 1,
    }.items()
    assert isinstance(answer(f"{stack.api_url}/deployments/name/backfill/backfill"), dict)

    command = [sys.executable, "-m", "alvorada", "up", "--port", str(free_port())]
    env = {**os.environ, "ALVORADA_HOME": str(home)}
    second = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 2
    assert re.search(rf"already runs here \(pid {first.pid}, ", second.stderr)

    first.send_signal(signal.SIGKILL)
    first.wait()
    assert running(Home(home)) is None
    said = take_down(Home(home))
    assert said.startswith("the stack had died; stopped what it left:")
    assert all(birth(mark.pid) != mark.born for mark in stack.children)
    assert not Postgres(home).status().running

    again = up(home, port)  # the same port at once
    children = wait_ready(again, home).children
    assert take_down(Home(home)) == "stopped"
    assert again.wait(10) == 0
    assert not any(mark.alive for mark in children)
    assert port_is_free(port)
    assert not Postgres(home).status().running
