"""Runs the flows for the command line: makes the stack, hands the flow its arguments, reads the state it ends in."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alvorada.cli.run_options import Origin
from alvorada.cli.terminal_progress import RunProgress
from alvorada.stack.data_dir import DEFAULT_SEED, Home, LastWorld
from alvorada.stack.local_stack import adopt, sandbox, stack
from alvorada.stack.processes import stop_signals
from desk.errors import AlvoradaError, Busy, StageFailed


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: Prefect's state name and message, and the places of what came out."""

    name: str
    message: str
    seconds: float
    results: dict[str, list[str]]
    good: bool = True

    def require_good(self) -> None:
        """Raises StageFailed where the run did not complete."""
        if not self.good:
            raise StageFailed(f"the run ended as {self.name}: {self.message}")


@contextmanager
def ground(home: Home, origin: Origin, seed: int) -> Iterator[Callable[[], None]]:
    """Everything that a run with this origin stands on, and this process's environment set for Prefect's import.

    Yields what is to be called right before the flow: it waits for the sandbox, which starts while Prefect is imported.
    A run that got to its end, good or bad, leaves its world as the one used last.
    """
    _check_settings(home)
    if origin.kind != "sandbox":
        with stop_signals(), stack(home, origin.world, seed) as ready:
            adopt(ready.environment())
            yield lambda: None
        LastWorld(origin.world).write(home)
        return
    with stop_signals(), sandbox(home, seed) as root, stack(home, origin.world, seed) as ready:
        adopt(ready.environment())
        yield lambda: adopt({"ALVORADA_SANDBOX_URL": root()})
    LastWorld(origin.world, seed).write(home)


def _check_settings(home: Home) -> None:
    """Before anything starts: every setting is readable, and a lake in a folder can be written. Raises BadInput."""
    from blocks.settings import load_settings
    from tasks.store.lake import Lake

    Lake.open(load_settings(home=home.path).lake)


def run_daily(
    home: Home, day: dt.date, origin: Origin, seed: int, progress: RunProgress, reason: str | None = None
) -> Ended:
    """One daily run in this process; what it could make is in the results of a failed one too. Raises AlvoradaError.

    `reason`: why the day, decided before, is restated.
    """
    began = time.monotonic()
    with ground(home, origin, seed) as complete:
        from flows.daily import daily

        parameters: dict[str, Any] = {"as_of": day, "sources": origin.kind, "progress": progress}
        parameters |= {name: value for name, value in _paths(origin).items() if value is not None}
        if reason is not None:
            parameters["reason"] = reason
        complete()
        state = _run(daily, parameters, progress)
    return _ended(state, began, progress)


def run_backfill(
    home: Home,
    days: tuple[dt.date, dt.date],
    only: tuple[str, ...],
    dry_run: bool,
    origin: Origin,
    seed: int,
    progress: RunProgress,
) -> Ended:
    """Fills what the ledger says is missing or failed between two days, both included."""
    began = time.monotonic()
    with ground(home, origin, seed) as complete:
        from flows.backfill import backfill

        parameters: dict[str, Any] = {"start": days[0], "end": days[1], "only": list(only), "dry_run": dry_run}
        parameters |= {"sources": origin.kind, "progress": progress}
        complete()
        state = _run(backfill, parameters, progress)
    return _ended(state, began, progress)


def _paths(origin: Origin) -> dict[str, Path | None]:
    return {"recording": origin.folder, "manifest": origin.manifest, "record": origin.record}


def run_import(home: Home, map_file: Path, progress: RunProgress) -> Ended:
    """Loads history files, as the map says, into the live database."""
    began = time.monotonic()
    with ground(home, Origin("live"), DEFAULT_SEED) as complete:
        from flows.history import import_history

        complete()
        state = _run(import_history, {"map_file": map_file, "progress": progress}, progress)
    return _ended(state, began, progress)


def _run(flow: Any, parameters: dict[str, Any], progress: RunProgress) -> Any:
    """The flow in an event loop of its own, with its progress shown. SIGTERM ends it as Ctrl-C does."""
    from prefect.exceptions import TerminationSignal  # Prefect's handler of SIGTERM, while a flow runs, raises it
    from prefect.logging.handlers import APILogHandler

    with progress:
        try:
            return asyncio.run(_to_its_end(flow, parameters))
        except TerminationSignal:
            raise KeyboardInterrupt from None
        finally:
            APILogHandler.flush()  # type: ignore[no-untyped-call]  # while its database is there


async def _to_its_end(flow: Any, parameters: dict[str, Any]) -> Any:
    """The state that the flow ends in. An error of ours that ended it is raised as it is, with its exit code."""
    from prefect.states import get_state_exception

    state = await flow(**parameters, return_state=True)
    if state.is_failed():
        error = await get_state_exception(state)
        if isinstance(error, Busy):
            raise Busy(f"another {flow.name} run is at work on this database: wait for its end, or stop it") from error
        if isinstance(error, AlvoradaError):
            raise error
    return state


def _ended(state: Any, began: float, progress: RunProgress) -> Ended:
    message = state.message or "" if state.is_completed() else first_line(state.message)
    return Ended(state.name, message, time.monotonic() - began, progress.results, bool(state.is_completed()))


def first_line(text: str | None) -> str:
    lines = (text or "no reason given").strip().splitlines()
    return lines[0] if lines else "no reason given"
