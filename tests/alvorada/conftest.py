"""A data directory in which `alvorada demo` has run once, for the tests of what comes after a run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import postgres_in_use
from alvorada.stack.postgres import Postgres
from alvorada.stack.supervisor import stop_stack

ROOT = Path(__file__).resolve().parents[2]
QUICK = {"ALVORADA_HISTORY_DAYS": "30", "ALVORADA_RETRY_DELAYS_SECONDS": "[0]", "COLUMNS": "200"}
NOON = "2026-11-19T12:00:00-03:00"
"""The clock of every command. Before 06:00 the newest day is yesterday's, which is history; until 06:45 a run waits for
what is late."""
REMOVED = ("DATABASE_URL", "FRED_API_KEY", "HTTP_PROXY", "HTTPS_PROXY")


def environment(data_dir: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, without variables that would lead a command to other databases or servers."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in REMOVED and not name.startswith(("PREFECT_", "ALVORADA_"))
    }
    return {**kept, **QUICK, "ALVORADA_HOME": str(data_dir), **extra}


@dataclass(frozen=True)
class UsedDataDir:
    """`day`: the decision day that `demo` ran; `page`: its report on disk."""

    path: Path
    day: str
    page: Path

    @property
    def data_dir(self) -> DataDir:
        return DataDir(self.path)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "alvorada", *arguments]

    def run(self, *arguments: str, prefix: Sequence[str] = (), **env: str) -> subprocess.CompletedProcess[str]:
        command = [*prefix, *self.command(*arguments)]
        return subprocess.run(
            command, cwd=ROOT, env=self._environment(env), capture_output=True, text=True, check=False, timeout=900
        )

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Its stderr goes to `started.log` in the data directory."""
        with (self.path / "started.log").open("w") as log:
            return subprocess.Popen(
                self.command(*arguments), cwd=ROOT, env=self._environment(env), stderr=log, text=True
            )

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        return environment(self.path, {"ALVORADA_NOW": NOON, **extra})


@pytest.fixture(scope="session")
def used_data_dir(tmp_path_factory: pytest.TempPathFactory, guard: None) -> Iterator[UsedDataDir]:
    path = tmp_path_factory.mktemp("used")
    done = UsedDataDir(path, "", path).run("demo")
    assert done.returncode == 0, done.stderr
    found = re.search(r"^Report: (.*/reports/sandbox/(.*)\.html)$", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    yield UsedDataDir(path, found[2], Path(found[1]))
    stop_stack(DataDir(path))
    Postgres(path).stop()


@pytest.fixture
def live_postgres(used_data_dir: UsedDataDir) -> Iterator[Postgres]:
    """The PostgreSQL of the used data directory, kept running."""
    with postgres_in_use(used_data_dir.data_dir) as postgres:
        yield postgres


@pytest.fixture(autouse=True)
def hangup_is_not_ignored() -> Iterator[None]:
    """A suite that nohup has started ignores SIGHUP, and so would what it tests."""
    before = signal.getsignal(signal.SIGHUP)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
