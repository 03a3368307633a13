"""A test suite that is ended by a signal leaves no PostgreSQL behind: a real pytest run, a real signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fixtures.postgres_guard import postmasters

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.timeout(240)]
ROOT = Path(__file__).resolve().parents[2]
SUITE = """
import time
from pathlib import Path

from alvorada.stack.postgres import Postgres


def test_slow(postgres, tmp_path, request):
    other = Postgres(tmp_path)
    request.addfinalizer(other.stop)
    other.start()
    folders = [str(server.data) for server in (postgres, other)]
    Path("started").with_suffix(".new").write_text("\\n".join(folders))
    Path("started.new").rename("started")
    time.sleep(200)
"""


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> list[Path]:
    while not path.exists():
        assert process.poll() is None, "the inner pytest ended before its servers had started"
        time.sleep(0.1)
    return [Path(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_postgresql_is_left(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    options = ["-p", "tests.fixtures.postgres", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "temporary")]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *options, "test_suite.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        folders = wait_for(tmp_path / "started", process)
        assert len(postmasters(folders)) == 2
        process.send_signal(number)
        code = process.wait(60)
    finally:
        process.kill()
        process.wait()
    assert code == (pytest.ExitCode.INTERRUPTED if number == signal.SIGTERM else -signal.SIGKILL)
    if number == signal.SIGTERM:
        assert postmasters(folders) == []  # every fixture was torn down before pytest ended
    while postmasters(folders) or folders[0].exists():  # the guard has the time limit of this test
        time.sleep(0.1)
