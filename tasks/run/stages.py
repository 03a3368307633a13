"""How a stage of the daily run is timed, told and remembered, whatever becomes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from desk.errors import StageFailed
from tasks.run.run import Run
from tasks.store import Written


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage made: rows in all, and how many of them were new or changed."""

    name: str
    rows: int
    written: int
    seconds: float
    message: str = ""


class Stopwatch:
    """Started when made; `seconds` since then."""

    __slots__ = ("_began",)

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began


def require_rows(stage: str, frames: Mapping[str, pl.DataFrame]) -> int:
    """Rows of all frames. Raises StageFailed for a frame without any: nothing succeeds without its output."""
    empty = [name for name, frame in frames.items() if frame.is_empty()]
    if empty:
        raise StageFailed(f"{stage} made no row of {', '.join(empty)}")
    return sum(frame.height for frame in frames.values())


def done(run: Run, name: str, rows: int, written: Mapping[str, Written], watch: Stopwatch) -> StageResult:
    touched = sum(counts.touched for counts in written.values())
    run.progress.event("stage", name, "done", watch.seconds, rows, f"{touched:,} written")
    return StageResult(name, rows, touched, watch.seconds)
