"""A home whose commands are killed, and the comparison of its database with that of a twin which was not.

For the flow test of kills and for bench/kills.py.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alvorada.stack.data_dir import DataDir
from desk.gold import GOLD
from desk.model import SILVER
from tests.fixtures.flows import FILLED_DAY, RunningDesk

ROOT = Path(__file__).resolve().parents[2]
PATIENCE, ENDING = 1800.0, 10.0


class HomeToKill:
    """A home of its own, and the commands that work there: with its own PostgreSQL, or `given` addresses in the
    environment. `day`: the morning that their clock shows."""

    def __init__(
        self, path: Path, sandbox_root: str, *, day: dt.date = FILLED_DAY, given: Mapping[str, str] | None = None
    ) -> None:
        self.home = DataDir(path)
        environment = RunningDesk("", path, sandbox_root).environment(day)
        outside = ("DATABASE_URL", "PREFECT_API_URL", "PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_HOME")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in outside},
            **{name: value for name, value in environment.items() if name not in outside},
            **(given or {}),
        }

    def killed(self, arguments: tuple[str, ...], at: str, after: float = 0.0) -> None:
        """Runs the command and kills its process group `after` seconds from when it prints a line that matches."""
        process = self._start(arguments)
        assert process.stderr is not None
        alarm = threading.Timer(PATIENCE, process.kill)
        alarm.start()
        seen = []
        for line in process.stderr:
            seen.append(line)
            if re.match(at, line.strip()):
                time.sleep(after)
                os.killpg(process.pid, signal.SIGKILL)
                break
        else:
            process.wait()
            raise AssertionError(f"no line {at!r} in:\n{''.join(seen)}")
        alarm.cancel()
        process.stderr.close()
        assert process.wait(10) == -signal.SIGKILL

    def killed_in(self, arguments: tuple[str, ...], mark: str, after: float) -> str | None:
        """Runs the command and kills its process group `after` seconds from when it says a line whose step is `mark`
        (from its start for an empty one). Returns the step of the last line that it said, empty for none; None where it
        had ended before."""
        process = self._start(arguments)
        alarm = threading.Timer(after, _kill_group, (process,))
        last, waits = "", bool(mark)
        if not waits:
            alarm.start()
        assert process.stderr is not None
        for line in process.stderr:
            last = step_of(line) or last
            if waits and last == mark:
                waits = False
                alarm.start()
        code = process.wait()
        alarm.cancel()
        process.stderr.close()
        assert code in (0, -signal.SIGKILL), f"exit code {code} after {last}"
        return last if code else None

    def timed(self, arguments: tuple[str, ...]) -> list[tuple[str, float]]:
        """Runs the command to its end, which must be exit code 0: each step that it said, and the seconds from the
        step before it; the last is the end."""
        process, began = self._start(arguments), time.monotonic()
        assert process.stderr is not None
        found, lines = [], []
        for line in process.stderr:
            lines.append(line)
            if step := step_of(line):
                found.append((step, time.monotonic() - began))
                began = time.monotonic()
        assert process.wait() == 0, "".join(lines)
        process.stderr.close()
        return [*found, ("", time.monotonic() - began)]

    def finished(self, arguments: tuple[str, ...]) -> str:
        """Runs the command to its end, which must be exit code 0. Returns its output on stderr."""
        process = self._start(arguments)
        try:
            _, output = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert process.returncode == 0, output
        return output

    def _start(self, arguments: tuple[str, ...]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "alvorada", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def processes(self) -> list[str]:
        """Command lines of the processes that know of this home and are there yet after the seconds of ENDING:
        PostgreSQL takes its pid file away a moment before it ends."""
        deadline = time.monotonic() + ENDING
        while (found := self._living()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def _living(self) -> list[str]:
        mark, found = str(self.home.path).encode(), []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                command = (folder / "cmdline").read_bytes()
                if mark in command or b"ALVORADA_HOME=" + mark in (folder / "environ").read_bytes():
                    found.append(command.replace(b"\0", b" ").decode(errors="replace"))
            except OSError:  # it ended just now, or belongs to another user
                continue
        return found


def _kill_group(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def step_of(line: str) -> str:
    """`stage signals` or `source fred` of a line of progress; empty for another line."""
    match = re.match(r"\s*(source|stage)\s+(\w+)", line)
    return f"{match[1]} {match[2]}" if match else ""


BODY = "(SELECT sha256 FROM payload WHERE payload.payload_id = own.payload_id)"


def columns_of(name: str) -> str:
    """What two databases must agree on: not which run wrote a row, and of its payload the bytes, not the number."""
    table = SILVER.get(name)
    columns = table.stored_schema if table else GOLD[name].schema
    return ", ".join(BODY if column == "payload_id" else column for column in columns)


async def differences(ours: RunningDesk, theirs: RunningDesk) -> dict[str, Any]:
    """Silver and gold tables that differ: rows here, rows there, and a few that only one side has."""
    found = {}
    for name in [*SILVER, *GOLD]:
        row = f"SELECT ROW({columns_of(name)})::text AS line FROM {name} AS own"
        mark = f"SELECT count(*), sum(hashtextextended(line, 0)) FROM ({row}) AS rows"
        if tuple((await ours.rows(mark))[0]) != tuple((await theirs.rows(mark))[0]):
            here, there = [[record["line"] for record in await desk.rows(row)] for desk in (ours, theirs)]
            only = sorted(set(here) ^ set(there))
            found[name] = (len(here), len(there), len(only), only[:4])
    return found
