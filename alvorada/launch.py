"""Runs the flows for the command line: makes the stack, hands the flow its arguments, reads the state it ends in."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alvorada.home import Home
from alvorada.origins import Origin
from alvorada.progress import RunProgress
from alvorada.stack import Stack, adopt, sandbox, stack
from desk.errors import StageFailed


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: Prefect's state name and message, and the places of what came out."""

    name: str
    message: str
    seconds: float
    results: dict[str, list[str]]


@contextmanager
def ground(home: Home, origin: Origin, seed: int) -> Iterator[Stack]:
    """Everything that a run with this origin stands on, and this process's environment set for it."""
    with stack(home, origin.world, seed) as ready:
        env = ready.environment()
        if origin.kind != "sandbox":
            adopt(env)
            yield ready
            return
        with sandbox(home, seed) as root:
            adopt({**env, "ALVORADA_SANDBOX_URL": root})
            yield ready


def run_daily(home: Home, day: dt.date, origin: Origin, seed: int, progress: RunProgress) -> Ended:
    """One daily run in this process. Raises AlvoradaError; StageFailed when the flow ends in Failed."""
    began = time.monotonic()
    with ground(home, origin, seed):
        from flows.daily import daily

        parameters: dict[str, Any] = {"as_of": day, "sources": origin.kind, "progress": progress}
        parameters |= {name: value for name, value in _paths(origin).items() if value is not None}
        with progress:
            state = asyncio.run(daily(**parameters, return_state=True))
    return _ended(state, began, progress)


def run_backfill(
    home: Home,
    first: dt.date,
    last: dt.date,
    only: tuple[str, ...],
    dry_run: bool,
    origin: Origin,
    seed: int,
    progress: RunProgress,
) -> Ended:
    """Fills what the ledger says is missing or failed between two days."""
    began = time.monotonic()
    with ground(home, origin, seed):
        from flows.backfill import backfill

        with progress:
            state = asyncio.run(
                backfill(
                    start=first,
                    end=last,
                    only=list(only),
                    dry_run=dry_run,
                    sources=origin.kind,
                    progress=progress,
                    return_state=True,
                )
            )
    return _ended(state, began, progress)


def _paths(origin: Origin) -> dict[str, Path | None]:
    return {"recording": origin.folder, "manifest": origin.manifest, "record": origin.record}


def _ended(state: Any, began: float, progress: RunProgress) -> Ended:
    if not state.is_completed():
        raise StageFailed(f"the run ended as {state.name}: {first_line(state.message)}")
    return Ended(state.name, state.message or "", time.monotonic() - began, progress.results)


def first_line(text: str | None) -> str:
    lines = (text or "no reason given").strip().splitlines()
    return lines[0] if lines else "no reason given"


def in_debug() -> bool:
    return os.environ.get("ALVORADA_DEBUG") == "1"
