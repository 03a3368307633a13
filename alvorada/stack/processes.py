"""Processes that the local stack starts: each in a process group of its own, and stopped for sure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from desk.errors import AlvoradaError

LEASH = Path(__file__).with_name("parent_death_signal.py")
GRACE_SECONDS = 8.0


class ChildFailed(AlvoradaError):
    """A process of the stack ended, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A process that may outlive us, told from a later one with the same number by its start time."""

    name: str
    pid: int
    born: int

    @classmethod
    def of(cls, name: str, pid: int) -> Mark:
        return cls(name, pid, birth(pid) or 0)

    @property
    def alive(self) -> bool:
        return birth(self.pid) == self.born != 0


def birth(pid: int) -> int | None:
    """Start time of a live process in clock ticks since boot; None when there is none, or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


class Child:
    """One running process, its log, and its group (its children are in it too)."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name, self.log = name, log
        self._process = process
        self.mark = Mark.of(name, process.pid)

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        log: Path,
        env: Mapping[str, str],
        cwd: Path,
        grace: float = GRACE_SECONDS,
    ) -> Child:
        """Starts `command` in its own session, leashed: it gets SIGTERM when we die, even by kill -9."""
        log.parent.mkdir(parents=True, exist_ok=True)
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*leash, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        return cls(name, process, log)

    def ended(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def wait_for(self, ready: Callable[[], str | None], seconds: float) -> str:
        """What `ready` returns once it is not None. Raises ChildFailed when the process ends, or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            answer = ready()
            if answer is not None:
                return answer
            if (code := self.ended()) is not None:
                raise ChildFailed(
                    f"{self.name} ended at its start with code {code}: {self.last_line()} (log: {self.log})"
                )
            if time.monotonic() > deadline:
                raise ChildFailed(f"{self.name} did not answer within {seconds:.0f} s (log: {self.log})")
            time.sleep(0.05)

    def finish(self, seconds: float) -> None:
        """Waits for its end. Raises ChildFailed for a code other than 0, or when the time is over."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ChildFailed(f"{self.name} did not end within {seconds:.0f} s (log: {self.log})") from None
        if code:
            raise ChildFailed(f"{self.name} failed with code {code}: {self.last_line()} (log: {self.log})")

    def last_line(self) -> str:
        lines = self.text().strip().splitlines()
        return lines[-1].strip() if lines else "it printed nothing"

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        signal_group(self.mark.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        signal_group(self.mark.pid, signal.SIGKILL)  # and whoever of the group is left
        self._process.wait()


def signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def stop_all(children: Sequence[Child], grace: float = GRACE_SECONDS) -> None:
    """Last started, first stopped."""
    for child in reversed(children):
        child.stop(grace)


def reap(marks: Sequence[Mark], grace: float = GRACE_SECONDS) -> list[str]:
    """Ends processes that a dead supervisor left behind; returns the names of those that still lived."""
    left = [mark for mark in marks if mark.alive]
    for mark in left:
        signal_group(mark.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(mark.alive for mark in left) and time.monotonic() < deadline:
        time.sleep(0.05)
    for mark in left:
        if mark.alive:
            signal_group(mark.pid, signal.SIGKILL)
    return [mark.name for mark in left]


@contextmanager
def stop_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end us as Ctrl-C does: by KeyboardInterrupt, so that everything is cleaned up."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
