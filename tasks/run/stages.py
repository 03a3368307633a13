"""The result of one stage of the daily run: rows made, rows written, seconds."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from desk.errors import StageFailed
from tasks.run.panel_input import PanelInput
from tasks.run.run import Run
from tasks.store import Written


@dataclass(frozen=True, slots=True)
class StageResult:
    """`rows`: rows that the stage computed; `written`: those of them that were new or changed in the store."""

    name: str
    rows: int
    written: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TransformResult:
    """The result of the transform stage, with the panel for the stages after it."""

    stage: StageResult
    panel_input: PanelInput


@dataclass(frozen=True, slots=True)
class PortfolioResult:
    """The result of the portfolio stage, with the book that it proposes to the gate."""

    stage: StageResult
    proposed: ProposedBook


@dataclass(frozen=True, slots=True)
class GateResult:
    """The result of the gate. `states`: as_of -> the book after that day, as it is recorded. `stopped`: the checks that
    stop the orders; empty where they are issued."""

    stage: StageResult
    states: Mapping[dt.datetime, str]
    stopped: tuple[str, ...]


class ProposedBook:
    """The orders of the run's day (ACTION rows) and their tickets, which only the gate issues, and the books after the
    last days.

    Not a dataclass, as PanelInput is none: Prefect would walk through it.
    """

    __slots__ = ("orders", "states", "tickets")

    def __init__(self, orders: pl.DataFrame, tickets: pl.DataFrame, states: Mapping[dt.datetime, str]) -> None:
        self.orders, self.tickets, self.states = orders, tickets, states


class Stopwatch:
    """Starts when it is made."""

    __slots__ = ("_began",)

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began


def require_rows(stage: str, frames: Mapping[str, pl.DataFrame]) -> int:
    """Rows of all frames. Raises StageFailed for a frame without rows: no stage succeeds without its output."""
    empty = [name for name, frame in frames.items() if frame.is_empty()]
    if empty:
        raise StageFailed(f"{stage} made no row of {', '.join(empty)}")
    return sum(frame.height for frame in frames.values())


def finish_stage(run: Run, name: str, rows: int, written: Mapping[str, Written], watch: Stopwatch) -> StageResult:
    """Reports the stage as done, and returns its result. `written`: table -> counts, as Store.write_gold returns."""
    touched = sum(counts.touched for counts in written.values())
    run.progress.event("stage", name, "done", watch.seconds, rows, f"{touched:,} written")
    return StageResult(name, rows, touched, watch.seconds)
