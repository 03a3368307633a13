"""Processes that the local stack starts: each in a process group of its own, which ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from desk.errors import AlvoradaError

PARENT_DEATH_SIGNAL = Path(__file__).with_name("parent_death_signal.py")
GRACE_SECONDS = 8.0
"""From SIGTERM to SIGKILL."""
POLL_SECONDS = 0.05
PATIENCE = 10
"""Times as long as it may be still, a start may take in all."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
REPEAT_SECONDS = 10.0
"""From an interrupt to the next one, where the first has not ended what it was to end."""


class ProcessFailed(AlvoradaError):
    """A process of the stack ended, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """Identifies a process that may outlive this one: by its pid, and by its start time, as pids are used again.

    `start_time`: clock ticks since boot; 0 where the process had ended before it was read.
    """

    name: str
    pid: int
    start_time: int

    @classmethod
    def of(cls, name: str, pid: int) -> ProcessId:
        """The identity of the process that has this pid now."""
        return cls(name, pid, start_time(pid) or 0)

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return start_time(self.pid) == self.start_time != 0


def start_time(pid: int) -> int | None:
    """Start time of a live process in clock ticks since boot (field 22 of proc(5) stat); None for none or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


class ManagedProcess:
    """A process that this one started, with its log and its process group (its own children are in the group)."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name, self.log = name, log
        self._process, self._started = process, time.monotonic()
        self.id = ProcessId.of(name, process.pid)

    @classmethod
    def start(cls, name: str, command: Sequence[str], log: Path, env: Mapping[str, str], cwd: Path) -> ManagedProcess:
        """Starts `command` in its own session. It receives SIGTERM when this process dies, even by SIGKILL."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*ending_with_parent(), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        return cls(name, process, log)

    def age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._started

    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def wait_for(self, ready: Callable[[], str | None], seconds: float) -> str:
        """What `ready` returns once it is not None. Raises ProcessFailed when the process ends, neither prints nor
        computes for `seconds`, or is not ready after PATIENCE times as long: on a busy machine that takes minutes."""
        begun = last = time.monotonic()
        done = self.progress()
        while True:
            if (now_done := self.progress()) != done:
                done, last = now_done, time.monotonic()
            answer = ready()
            if answer is not None:
                return answer
            if (code := self.exit_code()) is not None:
                raise ProcessFailed(
                    f"{self.name} ended at its start with code {code}: {self.last_line()} (log: {self.log})"
                )
            now = time.monotonic()
            if now - last > seconds or now - begun > PATIENCE * seconds:
                raise ProcessFailed(f"{self.name} did not answer within {now - begun:.0f} s (log: {self.log})")
            time.sleep(POLL_SECONDS)

    def wait_until_done(self, seconds: float) -> None:
        """Waits for its end. Raises ProcessFailed for an exit code other than 0, or when the time is over."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ProcessFailed(f"{self.name} did not end within {seconds:.0f} s (log: {self.log})") from None
        if code:
            raise ProcessFailed(f"{self.name} failed with code {code}: {self.last_line()} (log: {self.log})")

    def progress(self) -> tuple[int, int]:
        """The length of its log, and the CPU time of its process in ticks: what does not change is stuck."""
        size = self.log.stat().st_size if self.log.exists() else 0
        try:
            stat = Path(f"/proc/{self.id.pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return size, 0
        fields = stat.rpartition(")")[2].split()
        return size, int(fields[11]) + int(fields[12])

    def last_line(self) -> str:
        """The last line of its log, for messages."""
        lines = self.output().strip().splitlines()
        return lines[-1].strip() if lines else "it printed nothing"

    def output(self) -> str:
        """Everything that it has printed so far, stdout and stderr."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Ends it and its group: SIGTERM, then SIGKILL after `grace` seconds to what is left."""
        signal_group(self.id.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        signal_group(self.id.pid, signal.SIGKILL)
        self._process.wait()


def ending_with_parent() -> list[str]:
    """The words to put before a command, so that its process receives SIGTERM when this process dies."""
    return [sys.executable, "-I", "-S", str(PARENT_DEATH_SIGNAL), str(os.getpid())]


def signal_group(pid: int, number: signal.Signals) -> None:
    """Sends a signal to the process group of `pid`; nothing happens where it has ended."""
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


def stop_all(processes: Sequence[ManagedProcess], grace: float = GRACE_SECONDS) -> None:
    """Stops them in the reverse order of their start."""
    for process in reversed(processes):
        process.stop(grace)


def terminate_orphans(processes: Sequence[ProcessId], grace: float = GRACE_SECONDS) -> list[str]:
    """Ends processes that a dead supervisor left behind; returns the names of those that still ran."""
    orphans = [process for process in processes if process.alive]
    for orphan in orphans:
        signal_group(orphan.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(orphan.alive for orphan in orphans) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for orphan in orphans:
        if orphan.alive:
            signal_group(orphan.pid, signal.SIGKILL)
    return [orphan.name for orphan in orphans]


@contextmanager
def interrupt_on_stop_signals() -> Iterator[None]:
    """Inside, SIGTERM, SIGHUP and SIGINT raise KeyboardInterrupt, so that every `finally` runs.

    The interrupt is repeated every REPEAT_SECONDS until the block is left: one that is raised in a destructor or in a
    library's callback is dropped there, and a wait for a thread that waits for this one ends with the next. A SIGHUP
    that is ignored stays ignored: that is what nohup is for. In a thread other than the main one, where Python handles
    no signal, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        repeat_interrupt()
        raise KeyboardInterrupt

    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    taken = [number for number in STOP_SIGNALS if number != signal.SIGHUP or hangs_up]
    before = {number: signal.signal(number, interrupt) for number in (*taken, signal.SIGALRM)}
    try:
        yield
    finally:
        if signal.getitimer(signal.ITIMER_REAL)[1] == REPEAT_SECONDS:  # ours, and not that of a test's time limit
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def repeat_interrupt() -> None:
    """Makes the handler of SIGALRM, which interrupts as a stop signal does, run every REPEAT_SECONDS from now on."""
    signal.setitimer(signal.ITIMER_REAL, REPEAT_SECONDS, REPEAT_SECONDS)


@contextmanager
def deferred_stop_signals() -> Iterator[None]:
    """Around what must end once it has begun: a stop signal inside is handled when the block has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    numbers = (*STOP_SIGNALS, signal.SIGALRM)
    before = {number: signal.signal(number, lambda number, _: received.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for pending in dict.fromkeys(received):
            signal.raise_signal(pending)
