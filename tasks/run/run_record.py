"""The row of a run in `pipeline_runs`: opened when the run starts, closed once when it ends, however it ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import httpx
from prefect.runtime import flow_run

from desk.errors import Busy, DamagedBody, RowsRefused, StoreError, WrongWorld
from tasks.run.run import Run
from tasks.run.stop_signals import STOPPED
from tasks.store import ledger
from tasks.store.pipeline_runs import RunStart, RunState, begin_run, finish_run

ABOUT_THE_DATA = (WrongWorld, DamagedBody, RowsRefused, Busy)
"""StoreErrors that the same run would meet again."""


def is_around_the_run(error: BaseException) -> bool:
    """Whether what surrounds the run ended it: the database or Prefect's server was lost. The run itself may be well,
    and is made again when they are back."""
    if isinstance(error, httpx.HTTPStatusError):  # Prefect's server without its database
        return error.response.is_server_error
    return isinstance(error, StoreError | httpx.TransportError) and not isinstance(error, ABOUT_THE_DATA)


class RunRecord:
    """A context manager. Leaving it closes the row with the last `conclude`; as failed where an error ends the body, as
    died where that came from around the run, as cancelled where somebody stopped it.

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

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has stopped the run."""
        return self._state == "cancelled"

    def conclude(self, state: RunState, message: str, gaps: Sequence[str] = ()) -> None:
        """Sets the state, message and gaps (what is missing, by name) with which the row will be closed."""
        self._state, self._message, self._gaps = state, message, tuple(gaps)

    async def __aenter__(self) -> RunRecord:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        run = self._run
        if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
            self.conclude("cancelled", STOPPED)
        elif error is not None:
            state: RunState = "died" if is_around_the_run(error) else "failed"
            self.conclude(state, f"{type(error).__name__}: {error}")
        await finish_run(
            run.store, run.run_id, self._state, run.clock(), gaps=self._gaps, message=self._message, stages=self.stages
        )
