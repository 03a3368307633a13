"""Runs the stages of a daily run in order. A stage that fails does not end the run; what needs it is skipped.

Nor does a bug of ours in a stage end it at once: the report of what is known comes first, then the bug is raised.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import polars as pl
from prefect.client.schemas.objects import State
from prefect.states import get_state_exception

from desk.errors import AlvoradaError
from tasks.run.run import Run
from tasks.run.run_record import is_around_the_run
from tasks.run.stages import GateResult, PortfolioResult, RiskResult, StageResult, Stopwatch, TransformResult


class StageRunner:
    """`failures`: stage -> why it has no result in this run. `records`: one JSON object for each stage that ran.

    `has_lost_its_surroundings`: one of them failed as the database or Prefect's server was lost. `bug`: the first error
    that no stage should raise; who runs the stages raises it once the report is out.
    """

    def __init__(self, run: Run, records: list[dict[str, Any]]) -> None:
        self._run, self.records = run, records
        self.failures: dict[str, str] = {}
        self.has_lost_its_surroundings = False
        self.bug: BaseException | None = None

    async def call(self, name: str, stage: Callable[[], Awaitable[State[Any]]], *, needs: str | None = None) -> Any:
        """The stage's result; None where it failed, or where the stage `needs` has none.

        `stage` starts the stage's sub-flow and returns its final state. An error in it is recorded here, a bug also
        as `bug`. What stops the process is raised.
        """
        if needs in self.failures:
            self._skip(name, f"{name} needs {needs}")
            return None
        watch = Stopwatch()
        try:
            state = await stage()
        except pl.exceptions.PanicException as panic:  # no Exception in Python's tree: Prefect lets it through
            self._fail(name, panic, watch)
            return None
        if not state.is_completed():
            error = await get_state_exception(state)
            if not state.is_failed() or not isinstance(error, Exception):
                raise error  # cancelled or crashed: a stop signal
            self._fail(name, error, watch)
            return None
        result = await state.result(fetch=True)  # type: ignore[call-overload]  # its overloads lack `fetch`
        self._record(result)
        return result

    def _skip(self, name: str, reason: str) -> None:
        self.failures[name] = reason
        self._run.progress.event("stage", name, "skipped", 0.0, 0, reason)

    def _fail(self, name: str, error: BaseException, watch: Stopwatch) -> None:
        is_bug = not isinstance(error, AlvoradaError) and not is_around_the_run(error)
        words = f"{type(error).__name__}: {error}" if is_bug else str(error)
        self.failures[name] = f"{name}: {words}"
        self.has_lost_its_surroundings |= is_around_the_run(error)
        self.records.append({"name": name, "seconds": round(watch.seconds, 3), "error": words})
        self._run.progress.event("stage", name, "failed", watch.seconds, 0, words)
        if is_bug:
            self.bug = self.bug or error
        elif not isinstance(error, AlvoradaError):
            raise error  # without Prefect's server no stage can begin

    def _record(self, result: object) -> None:
        if isinstance(result, TransformResult | PortfolioResult | RiskResult | GateResult):
            result = result.stage
        if isinstance(result, StageResult):
            self.records.append({"name": result.name, "seconds": round(result.seconds, 3), "rows": result.rows})
