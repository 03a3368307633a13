"""Processes of the stack, with real ones: ready, failed, stubborn, orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alvorada.stack import processes
from alvorada.stack.processes import (
    STOP_SIGNALS,
    ManagedProcess,
    ProcessFailed,
    ProcessId,
    deferred_stop_signals,
    interrupt_on_stop_signals,
    start_time,
    terminate_orphans,
)

pytestmark = pytest.mark.process
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
# A process with a child of its own in the same group, both ignoring SIGTERM; it prints the child's pid.
FAMILY = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(p.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[ManagedProcess]]:
    processes: list[ManagedProcess] = []
    yield processes
    for process in processes:
        process.stop(grace=0.0)


def start(code: str, folder: Path, started: list[ManagedProcess]) -> ManagedProcess:
    process = ManagedProcess.start("the test", [sys.executable, "-c", code], folder / "log", dict(os.environ), folder)
    started.append(process)
    return process


def gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while start_time(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    return start_time(pid) is None


def test_it_waits_until_the_process_is_ready(tmp_path: Path, started: list[ManagedProcess]) -> None:
    child = start("import time; time.sleep(0.2); print('ready at 7', flush=True); time.sleep(60)", tmp_path, started)
    assert child.wait_for(lambda: child.output().strip() or None, 20) == "ready at 7"
    child.stop()
    assert gone(child.id.pid)


def test_a_process_that_ends_at_its_start_is_reported_with_its_last_line(
    tmp_path: Path, started: list[ManagedProcess]
) -> None:
    child = start("import sys; print('no such thing'); sys.exit(3)", tmp_path, started)
    with pytest.raises(ProcessFailed, match=r"the test ended at its start with code 3: no such thing \(log: .*log\)"):
        child.wait_for(lambda: None, 20)


def test_a_process_that_never_answers_is_given_up(tmp_path: Path, started: list[ManagedProcess]) -> None:
    child = start("import time; time.sleep(60)", tmp_path, started)
    with pytest.raises(ProcessFailed, match="did not answer within 0 s"):
        child.wait_for(lambda: None, 0.2)


def test_sigterm_ignored_is_followed_by_sigkill(tmp_path: Path, started: list[ManagedProcess]) -> None:
    child = start(STUBBORN, tmp_path, started)
    child.wait_for(lambda: child.output() or None, 20)
    child.stop(grace=0.3)
    assert gone(child.id.pid)


def test_the_children_of_a_child_go_with_it(tmp_path: Path, started: list[ManagedProcess]) -> None:
    child = start(FAMILY, tmp_path, started)
    grandchild = int(child.wait_for(lambda: child.output().strip() or None, 20))
    child.stop(grace=0.3)
    assert gone(grandchild)


def test_a_child_does_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from alvorada.stack.processes import ManagedProcess;"
        "command = [sys.executable, '-c', 'import time; time.sleep(60)'];"
        "c = ManagedProcess.start('c', command, Path('log'), dict(os.environ), Path('.'));"
        "print(c.id.pid, flush=True); time.sleep(60)"
    )
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)  # the child itself asks for the parent death signal
    assert start_time(child) is not None
    parent.kill()
    parent.wait()
    assert gone(child)


def test_orphans_are_ended_but_not_a_later_process_with_the_same_number(tmp_path: Path) -> None:
    lives = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        ids = [ProcessId.of("ours", lives.pid), ProcessId("an old one", stranger.pid, start_time=1)]
        assert terminate_orphans(ids, grace=2.0) == ["ours"]
        assert lives.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
    finally:
        for process in (lives, stranger):
            process.kill()
            process.wait()


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_an_interrupt_that_is_dropped_comes_again(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python drops what is raised in a destructor: a run that was stopped there would go on to its end."""
    before = signal.getsignal(number)
    went_on: list[object] = []
    monkeypatch.setattr(processes, "REPEAT_SECONDS", 0.1)
    monkeypatch.setattr(sys, "unraisablehook", lambda dropped: went_on.append(dropped.exc_type))

    class Destroyed:
        def __del__(self) -> None:
            signal.raise_signal(number)

    def work() -> None:
        with interrupt_on_stop_signals():
            Destroyed()
            time.sleep(30)
            went_on.append("the second is dropped too")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert went_on == [KeyboardInterrupt]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(number) is before


def test_a_stop_signal_waits_for_what_must_end() -> None:
    done = []

    def work() -> None:
        with interrupt_on_stop_signals():
            with deferred_stop_signals():
                for number in STOP_SIGNALS:
                    signal.raise_signal(number)
                done.append("the stop has ended")
            done.append("nobody was interrupted")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the stop has ended"]


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupt_on_stop_signals():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_start_that_computes_is_waited_for(tmp_path: Path, started: list[ManagedProcess]) -> None:
    """Three seconds of work without a word, where a second and a half of standing still would be too long."""
    work = "end = time.monotonic() + 3\nwhile time.monotonic() < end: pass"
    busy = f"import time\n{work}\nprint('up', flush=True); time.sleep(60)"
    child = start(busy, tmp_path, started)
    assert child.wait_for(lambda: child.output().strip() or None, 1.5) == "up"


def test_a_start_that_stands_still_is_given_up(tmp_path: Path, started: list[ManagedProcess]) -> None:
    child = start("import time; time.sleep(60)", tmp_path, started)
    child.wait_for(lambda: "it runs" if start_time(child.id.pid) else None, 20)
    with pytest.raises(ProcessFailed, match="the test did not answer within"):
        child.wait_for(lambda: None, 1.0)
