"""What a person does after a run, and does wrong: nothing that is stored is lost by it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.postgres import Postgres
from desk.catalog import load_catalog
from desk.errors import BadInput
from tasks.store import open_store
from tests.alvorada.conftest import UsedDataDir

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]
TABLES = ("observation", "price_bar", "report", "pipeline_runs")
# Root may write everywhere: without these two rights it may not, and is like anybody else.
ORDINARY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


def error(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a person reads; the run's heading may stand before it."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Alvorada: decision day")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return lines[0]


async def rows(postgres: Postgres) -> dict[str, int]:
    connection = await asyncpg.connect(postgres.url("alvorada_sandbox"))
    try:
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
    finally:
        await connection.close()


def processes_of(data_dir: Path) -> list[str]:
    """Command lines of the processes that name this data directory in their arguments or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            if folder.name != str(os.getpid()) and str(data_dir).encode() in words:
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def test_the_world_used_last_is_what_url_and_report_mean(used_data_dir: UsedDataDir) -> None:
    assert processes_of(used_data_dir.path) == []  # a demo leaves nothing running
    assert used_data_dir.run("url").stdout.strip().endswith("/alvorada_sandbox")
    assert used_data_dir.run("url", "--world", "live").stdout.strip().endswith("/alvorada")
    assert used_data_dir.run("report").stdout.strip() == str(used_data_dir.page)


def test_a_report_gone_from_the_disk_comes_from_the_database(used_data_dir: UsedDataDir) -> None:
    before = used_data_dir.page.read_bytes()
    used_data_dir.page.unlink()
    done = used_data_dir.run("report", "--as-of", used_data_dir.day)
    assert (done.returncode, done.stdout.strip()) == (0, str(used_data_dir.page))
    assert "taken from the database" in done.stderr
    assert used_data_dir.page.read_bytes() == before
    shutil.rmtree(used_data_dir.page.parent)
    assert used_data_dir.run("report").stdout.strip() == str(used_data_dir.page)
    assert used_data_dir.page.read_bytes() == before
    assert processes_of(used_data_dir.path) == []


def test_a_report_that_is_not_stored_is_an_error(used_data_dir: UsedDataDir, live_postgres: Postgres) -> None:
    done = used_data_dir.run("report", "--as-of", "2020-03-19")
    assert done.returncode == 2
    assert "no report for 2020-03-19 in the sandbox world, on disk or in the database" in error(done)
    done = used_data_dir.run("report", "--world", "recorded")  # no such database, and asking makes none
    assert done.returncode == 2
    assert "no report yet in the recorded world" in error(done)


@pytest.mark.parametrize(
    ("command", "database", "code", "says"),
    [
        ("run --sources live", "alvorada_sandbox", 2, "holds 'sandbox' data, and this run is 'live'"),
        ("run --sources live", "no_such", 3, "the database 'no_such' does not exist at postgresql://alvorada@"),
        ("report --as-of 2020-03-19", "no_such", 3, "the database 'no_such' does not exist"),
        ("up", "no_such", 3, "the database 'no_such' does not exist"),
    ],
)
async def test_a_wrong_database_is_named(
    used_data_dir: UsedDataDir, live_postgres: Postgres, command: str, database: str, code: int, says: str
) -> None:
    before = await rows(live_postgres)
    port = free_port_arguments(command)
    done = used_data_dir.run(*command.split(), *port, DATABASE_URL=live_postgres.url(database))
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert await rows(live_postgres) == before
    assert LastWorld.read(used_data_dir.data_dir) == LastWorld("sandbox")  # a refused run has used no world


def free_port_arguments(command: str) -> list[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return ["--port", str(probe.getsockname()[1])] if command == "up" else []


def test_a_wrong_password_is_reported_and_not_shown(used_data_dir: UsedDataDir, live_postgres: Postgres) -> None:
    wrong = re.sub(r":[^:@]+@", ":hush@", live_postgres.url("alvorada_sandbox"))
    done = used_data_dir.run("run", "--sources", "live", DATABASE_URL=wrong)
    assert done.returncode == 3
    assert "refuses this user or password (DATABASE_URL)" in error(done)
    assert "hush" not in done.stderr


@pytest.fixture
def mute_server() -> Iterator[int]:
    """A port whose connections end at once, without a word of PostgreSQL's."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_a_server_that_is_no_postgresql_is_told(used_data_dir: UsedDataDir, mute_server: int) -> None:
    done = used_data_dir.run("run", "--sources", "live", DATABASE_URL=f"postgresql://me:hush@127.0.0.1:{mute_server}/x")
    assert done.returncode == 3
    assert f"the database at postgresql://me@127.0.0.1:{mute_server}/x cannot be" in error(done)


@pytest.mark.parametrize(
    ("variable", "says"),
    [("ALVORADA_LAKE_URL", "set ALVORADA_LAKE_URL"), ("ALVORADA_HOME", "set ALVORADA_HOME to another one")],
)
def test_a_folder_that_may_not_be_written_is_named(
    used_data_dir: UsedDataDir, tmp_path: Path, variable: str, says: str
) -> None:
    if os.geteuid() == 0 and not shutil.which(ORDINARY[0]):
        pytest.skip("root may write everywhere, and there is no setpriv to take that right away")
    tmp_path.chmod(0o555)
    done = used_data_dir.run("demo", prefix=ORDINARY if os.geteuid() == 0 else (), **{variable: str(tmp_path)})
    tmp_path.chmod(0o755)
    assert done.returncode == 2
    assert str(tmp_path) in error(done)
    assert "Permission denied" in error(done)
    assert says in error(done)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ALVORADA_HISTORY_DAYS", "many"), ("ALVORADA_BASE_URLS", "{"), ("ALVORADA_NOW", "noon"), ("SMTP_PORT", "0")],
)
def test_a_setting_that_cannot_be_read_is_named_before_anything_starts(
    used_data_dir: UsedDataDir, variable: str, value: str
) -> None:
    done = used_data_dir.run("demo", **{variable: value})
    assert done.returncode == 2
    assert re.match(rf"alvorada: {variable}(:| 'noon' is not a time)", error(done))


async def test_a_second_run_beside_a_running_one_is_told_in_one_line(
    used_data_dir: UsedDataDir, live_postgres: Postgres
) -> None:
    async with open_store(live_postgres.url("alvorada_sandbox"), "sandbox") as store, store.run_lock("flow", "daily"):
        before = await rows(live_postgres)
        done = used_data_dir.run("demo")
        assert done.returncode == 3
        assert error(done).startswith("alvorada: another daily run is at work on this database: wait for its end")
        assert await rows(live_postgres) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_demo_says_so_and_leaves_nothing_running(used_data_dir: UsedDataDir, number: signal.Signals) -> None:
    process = used_data_dir.start("demo", "--seed", "11")  # the day is decided for the seed that was run
    log, deadline = used_data_dir.path / "started.log", time.monotonic() + 100
    while not re.search(r"^source ", log.read_text(), re.MULTILINE):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    process.send_signal(number)
    assert process.wait(60) == 130
    output = log.read_text()
    assert output.splitlines()[-1] == "alvorada: stopped"
    assert "Traceback" not in output
    assert processes_of(used_data_dir.path) == []


def test_without_a_network_every_source_fails_and_nothing_comes_from_the_sandbox(used_data_dir: UsedDataDir) -> None:
    """No key of FRED, EIA or BEA and no licence of Cboe's either: that is no failure, they are off."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}"
    done = used_data_dir.run("run", HTTP_PROXY=nowhere, HTTPS_PROXY=nowhere, http_proxy=nowhere, https_proxy=nowhere)
    assert done.returncode == 1
    failed = re.findall(r"^source (\w+) +failed .*cannot connect", done.stderr, re.MULTILINE)
    assert len(set(failed)) == len(load_catalog().sources) - 4
    assert "MissingKey" not in done.stderr
    assert re.search(r"^source fred +skipped .*off: its key or licence is not set", done.stderr, re.MULTILINE)
    assert "fredgraph.csv" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("alvorada: the run ended as Failed: required dataset ")
    assert "Traceback" not in done.stderr
    page = Path(re.findall(r"^Report: (.*)$", done.stdout, re.MULTILINE)[0])
    assert page.parent.name == "live"  # what is missing, it says
    assert used_data_dir.run("url").stdout.strip().endswith("/alvorada")  # the world used last is live now
    LastWorld("sandbox").write(used_data_dir.data_dir)


def test_a_file_of_the_last_world_that_is_not_ours_is_named(tmp_path: Path, used_data_dir: UsedDataDir) -> None:
    assert LastWorld.read(used_data_dir.data_dir).world in ("sandbox", "live")
    (tmp_path / "last-world.json").write_text('{"world": "mars", "seed": 7}')
    with pytest.raises(BadInput, match=r"last-world\.json cannot be read .*delete it"):
        LastWorld.read(DataDir(tmp_path))
