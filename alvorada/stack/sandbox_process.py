"""The simulated sources as a process of their own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alvorada.stack.data_dir import DataDir, project_root
from alvorada.stack.processes import ManagedProcess, deferred_stop_signals, interrupt_on_stop_signals
from alvorada.stack.running_stack import find_running_stack
from desk.worlds import DEFAULT_SEED

START_SECONDS = 60.0


@contextmanager
def sandbox_in_use(data_dir: DataDir, seed: int = DEFAULT_SEED) -> Iterator[Callable[[], str]]:
    """A sandbox: that of ALVORADA_SANDBOX_URL, the one that `up` runs with this seed, or one for this block alone.

    It starts at once; the function that is yielded waits until it answers, and returns its root URL. Raises
    ProcessFailed.
    """
    url = os.environ.get("ALVORADA_SANDBOX_URL")
    up = find_running_stack(data_dir)
    if not url and up and up.sandbox_seed == seed:
        url = up.sandbox_url
    if url:
        root = url.rstrip("/")
        yield lambda: root
        return
    log = data_dir.logs / f"sandbox-{os.getpid()}.log"
    with interrupt_on_stop_signals():
        process = start_sandbox(seed, log)
        try:
            yield lambda: sandbox_url(process)
        except KeyboardInterrupt:
            log.unlink(missing_ok=True)
            raise
        finally:
            with deferred_stop_signals():
                process.stop()
    log.unlink(missing_ok=True)  # after an error it stays, and the error names it


def start_sandbox(seed: int, log: Path) -> ManagedProcess:
    """Starts a sandbox on a free port; `sandbox_url` waits for it."""
    return ManagedProcess.start("the sandbox", sandbox_command(seed), log, dict(os.environ), project_root())


def sandbox_command(seed: int, port: int = 0) -> list[str]:
    """The command of a sandbox; port 0 takes a free one."""
    return [sys.executable, "-m", "sandbox", "--port", str(port), "--seed", str(seed)]


def sandbox_url(process: ManagedProcess) -> str:
    """Waits for the line that says where the sandbox listens; returns the URL in it. Raises ProcessFailed."""

    def printed_url() -> str | None:
        found = re.search(r"https?://[^\s'\"<>]+(?=\s)", process.output())
        return found.group().rstrip("/.,") if found else None

    return process.wait_for(printed_url, START_SECONDS)
