"""The result of one stage of the daily run: rows made, rows written, seconds."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import StageFailed
from desk.model import decision_time
from desk.portfolio import BookRun
from desk.portfolio.book_state_json import to_json
from desk.strategies import STRATEGIES
from tasks.run.panel_input import PanelInput
from tasks.run.run import Run
from tasks.store import WriteCounts

Frames = Mapping[str, pl.DataFrame]


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
class RiskResult:
    """The result of the risk stage, with what it measured of the proposed book."""

    stage: StageResult
    measured: MeasuredRisk


@dataclass(frozen=True, slots=True)
class GateResult:
    """The result of the gate. `states`: as_of -> the book after that day, as it is recorded. `stopped`: the checks that
    stop the orders; empty where they are issued."""

    stage: StageResult
    states: Mapping[dt.datetime, str]
    stopped: tuple[str, ...]


class ProposedBook:
    """The book's tables of the days after the last decision (`frames`), the tickets of the run's day, why it differs
    from the last decision (`changes`), and the books after the last days. Only the gate stores them.

    Not a dataclass, as PanelInput is none: Prefect would walk through it.
    """

    __slots__ = ("changes", "frames", "states", "tickets")

    def __init__(
        self, frames: Frames, tickets: pl.DataFrame, changes: Frames, states: Mapping[dt.datetime, str]
    ) -> None:
        self.frames, self.tickets, self.changes, self.states = frames, tickets, changes, states


class MeasuredRisk:
    """The risk tables of a proposed book, from the day `since` on. No dataclass, as ProposedBook is none."""

    __slots__ = ("frames", "since")

    def __init__(self, frames: Frames, since: dt.datetime) -> None:
        self.frames, self.since = frames, since


def stored_states(book: BookRun) -> dict[dt.datetime, str]:
    """as_of -> the book after that day, as a decision keeps it."""
    ids, strategies = load_desk_parameters().instrument_ids, [strategy.id for strategy in STRATEGIES]
    return {decision_time(day): to_json(state, ids, strategies) for day, state in book.states.items()}


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


def finish_stage(
    run: Run, name: str, rows: int, written: Mapping[str, WriteCounts] | None, watch: Stopwatch
) -> StageResult:
    """Reports the stage as done, and returns its result. `written`: table -> counts, as Store.write_gold returns; None
    of a stage whose rows the gate writes."""
    touched = sum(counts.touched for counts in (written or {}).values())
    words = "for the gate" if written is None else f"{touched:,} written"
    run.progress.event("stage", name, "done", watch.seconds, rows, words)
    return StageResult(name, rows, touched, watch.seconds)
