"""The row of a run in `pipeline_runs`: opened when the run starts, closed once when it ends, however it ends."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from prefect.runtime import flow_run

from tasks.run.run import Run
from tasks.store import ledger
from tasks.store.pipeline_runs import RunStart, RunState, begin_run, finish_run


class RunRecord:
    """A context manager. Leaving it closes the row with the last `conclude`, or as failed where an error ends the body.

    `stages`: one JSON object for each stage or file of the run (name, seconds, rows or error), in order.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._state: RunState = "failed"
        self._message = "the run ended without a conclusion"
        self._gaps: tuple[str, ...] = ()
        self.stages: list[dict[str, Any]] = []

    @classmethod
    async def open(
        cls, run: Run, kind: str, as_of: dt.datetime | None, parameters: Mapping[str, Any] | None = None
    ) -> RunRecord:
        """Marks what killed runs left open, and inserts this run's row in state `running`. Raises StoreError.

        `kind`: daily, backfill or import. The caller holds the lock ("run", run_id).
        """
        own = flow_run.id
        await ledger.mark_dead_runs(run.store, run.clock())
        await begin_run(
            run.store,
            RunStart(
                run.run_id, kind, run.sources, run.clock(), run.code_version, as_of, parameters or {},
                uuid.UUID(own) if own else None,
            ),
        )  # fmt: skip
        return cls(run)

    def conclude(self, state: RunState, message: str, gaps: Sequence[str] = ()) -> None:
        """Sets the state, message and gaps (what is missing, by name) with which the row will be closed."""
        self._state, self._message, self._gaps = state, message, tuple(gaps)

    async def __aenter__(self) -> RunRecord:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        run = self._run
        if error is not None:
            self.conclude("failed", f"{type(error).__name__}: {error}")
        await finish_run(
            run.store, run.run_id, self._state, run.clock(), gaps=self._gaps, message=self._message, stages=self.stages
        )
