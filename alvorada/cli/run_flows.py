"""Runs a flow for the command line: prepares its environment, passes its arguments, reads the state it ends in."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alvorada.cli.run_options import Origin
from alvorada.cli.terminal_progress import RunProgress
from alvorada.stack.data_dir import DataDir, LastWorld
from alvorada.stack.local_stack import open_stack, set_environment
from alvorada.stack.processes import interrupt_on_stop_signals, repeat_interrupt
from alvorada.stack.sandbox_process import sandbox_in_use
from blocks.disk_space import require_space
from blocks.settings import load_settings
from desk.errors import AlvoradaError, Busy, StageFailed
from desk.worlds import DEFAULT_SEED
from tasks.store.lake import Lake


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended: Prefect's state name and message; `outputs`: kind -> paths of what it made; `seconds`: wall."""

    name: str
    message: str
    seconds: float
    outputs: dict[str, list[str]]
    completed: bool = True

    def require_completed(self) -> None:
        """Raises StageFailed where the run did not complete."""
        if not self.completed:
            raise StageFailed(f"the run ended as {self.name}: {self.message}")


def run_daily(
    data_dir: DataDir, day: dt.date, origin: Origin, seed: int, progress: RunProgress, reason: str | None = None
) -> RunResult:
    """One daily run in this process. A failed run has outputs too. Raises AlvoradaError.

    `reason`: why the day, decided before, is restated.
    """
    start = time.monotonic()
    with run_environment(data_dir, origin, seed) as wait_for_sandbox:
        from flows.daily import daily

        parameters: dict[str, Any] = {"as_of": day, "sources": origin.kind, "progress": progress}
        paths = {"recording": origin.folder, "manifest": origin.manifest, "record": origin.record}
        parameters |= {name: path for name, path in paths.items() if path is not None}
        if reason is not None:
            parameters["reason"] = reason
        wait_for_sandbox()
        state = _run_flow(daily, parameters, progress)
    return _result(state, start, progress)


def run_backfill(
    data_dir: DataDir,
    days: tuple[dt.date, dt.date],
    only: tuple[str, ...],
    dry_run: bool,
    origin: Origin,
    seed: int,
    progress: RunProgress,
) -> RunResult:
    """Fetches the cells of the ledger in the states `only` between two days, both included. Raises AlvoradaError."""
    start = time.monotonic()
    with run_environment(data_dir, origin, seed) as wait_for_sandbox:
        from flows.backfill import backfill

        parameters: dict[str, Any] = {"start": days[0], "end": days[1], "only": list(only), "dry_run": dry_run}
        parameters |= {"sources": origin.kind, "progress": progress}
        wait_for_sandbox()
        state = _run_flow(backfill, parameters, progress)
    return _result(state, start, progress)


def run_import(data_dir: DataDir, map_file: Path, progress: RunProgress) -> RunResult:
    """Loads the history files that the map names into the live database. Raises AlvoradaError."""
    start = time.monotonic()
    with run_environment(data_dir, Origin("live"), DEFAULT_SEED) as wait_for_sandbox:
        from flows.history import import_history

        wait_for_sandbox()
        state = _run_flow(import_history, {"map_file": map_file, "progress": progress}, progress)
    return _result(state, start, progress)


def run_verification(data_dir: DataDir, last: LastWorld, progress: RunProgress) -> RunResult:
    """Computes every decided day of the world's book again, and holds it against its record. Raises AlvoradaError."""
    start = time.monotonic()
    with run_environment(data_dir, Origin("stored", world=last.world), last.seed):
        from flows.verify import verify

        state = _run_flow(verify, {"sources": "stored", "progress": progress}, progress)
    return _result(state, start, progress)


@contextmanager
def run_environment(data_dir: DataDir, origin: Origin, seed: int) -> Iterator[Callable[[], None]]:
    """The stack that a run of this origin needs, with this process's environment set. Prefect reads the environment
    when it is imported, so a flow must be imported inside the block.

    Yields a function to call right before the flow: it waits for the sandbox, which starts while Prefect is imported.
    A run that reaches its end, good or bad, makes its world the last world. Raises BadInput for a setting that cannot
    be read or a lake folder that cannot be written, before anything starts.
    """
    settings = load_settings(home=data_dir.path)
    folder = Lake.open(settings.lake).folder
    if folder is not None:
        require_space(folder, settings.min_free_mb, "raw payloads")
    require_space(data_dir.path, settings.min_free_mb, "reports and the database")
    if origin.kind != "sandbox":
        with interrupt_on_stop_signals(), open_stack(data_dir, origin.world, seed) as stack:
            set_environment(stack.environment())
            yield lambda: None
        LastWorld(origin.world).write(data_dir)
        return
    with (
        interrupt_on_stop_signals(),
        sandbox_in_use(data_dir, seed) as root_url,
        open_stack(data_dir, origin.world, seed) as stack,
    ):
        set_environment(stack.environment())
        yield lambda: set_environment({"ALVORADA_SANDBOX_URL": root_url()})
    LastWorld(origin.world, seed).write(data_dir)


def _run_flow(flow: Any, parameters: dict[str, Any], progress: RunProgress) -> Any:
    """The flow's final state. It runs in an event loop of its own. Raises KeyboardInterrupt for a stop signal."""
    from prefect.exceptions import TerminationSignal  # raised by Prefect's handler of SIGTERM while a flow runs
    from prefect.logging.handlers import APILogHandler

    with progress:
        try:
            return asyncio.run(_final_state(flow, parameters))
        except (TerminationSignal, asyncio.CancelledError):
            raise KeyboardInterrupt from None
        finally:
            APILogHandler.flush()  # type: ignore[no-untyped-call]  # while its database still runs


async def _final_state(flow: Any, parameters: dict[str, Any]) -> Any:
    """The state that the flow ends in. Raises the AlvoradaError that ended it, with its own exit code."""
    import httpx
    from prefect.states import get_state_exception

    from alvorada.stack.prefect_start import started
    from tasks.run.run_record import is_around_the_run
    from tasks.run.stop_signals import cancel_on_stop_signals

    try:
        with cancel_on_stop_signals(repeat_interrupt):
            state = await started(partial(flow, **parameters, return_state=True))
    except httpx.HTTPError as lost:
        if not is_around_the_run(lost):
            raise
        raise StageFailed(
            f"the run was ended: Prefect cannot record it any more, is PostgreSQL there? ({first_line(str(lost))})."
            " What is stored stays, and the same command goes on from it"
        ) from lost
    if state.is_failed():
        error = await get_state_exception(state)
        if isinstance(error, Busy):
            raise Busy(f"another {flow.name} run is at work on this database: wait for its end, or stop it") from error
        if isinstance(error, AlvoradaError):
            raise error
    return state


def _result(state: Any, start: float, progress: RunProgress) -> RunResult:
    message = state.message or "" if state.is_completed() else first_line(state.message)
    return RunResult(state.name, message, time.monotonic() - start, progress.outputs, bool(state.is_completed()))


def first_line(text: str | None) -> str:
    """The first line of a state's message, for an error of one line."""
    lines = (text or "no reason given").strip().splitlines()
    return lines[0] if lines else "no reason given"
