"""Runs the stages of a daily run in order. A stage that fails does not end the run; what needs it is skipped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import get_state_exception

from desk.errors import AlvoradaError
from tasks.run.run import Run
from tasks.run.run_record import is_around_the_run
from tasks.run.stages import PortfolioResult, StageResult, Stopwatch, TransformResult


class StageRunner:
    """`failures`: stage -> why it has no result in this run. `records`: one JSON object for each stage that ran.

    `has_lost_its_surroundings`: one of them failed as the database or Prefect's server was lost.
    """

    def __init__(self, run: Run, records: list[dict[str, Any]]) -> None:
        self._run, self.records = run, records
        self.failures: dict[str, str] = {}
        self.has_lost_its_surroundings = False

    async def call(self, name: str, stage: Callable[[], Awaitable[State[Any]]], *, needs: str | None = None) -> Any:
        """The stage's result; None where it failed, or where the stage `needs` has none.

        `stage` starts the stage's sub-flow and returns its final state. An AlvoradaError in it is recorded here; any
        other error is a bug, and is raised.
        """
        if needs in self.failures:
            self._skip(name, f"{name} needs {needs}")
            return None
        watch = Stopwatch()
        state = await stage()
        if not state.is_completed():
            await self._fail(name, state, watch)
            return None
        result = await state.result(fetch=True)  # type: ignore[call-overload]  # its overloads lack `fetch`
        self._record(result)
        return result

    def _skip(self, name: str, reason: str) -> None:
        self.failures[name] = reason
        self._run.progress.event("stage", name, "skipped", 0.0, 0, reason)

    async def _fail(self, name: str, state: State[Any], watch: Stopwatch) -> None:
        error = await get_state_exception(state)
        self.failures[name] = f"{name}: {error}"
        self.has_lost_its_surroundings |= is_around_the_run(error)
        self.records.append({"name": name, "seconds": round(watch.seconds, 3), "error": str(error)})
        self._run.progress.event("stage", name, "failed", watch.seconds, 0, str(error))
        if not isinstance(error, AlvoradaError):
            raise error

    def _record(self, result: object) -> None:
        if isinstance(result, TransformResult | PortfolioResult):
            result = result.stage
        if isinstance(result, StageResult):
            self.records.append({"name": result.name, "seconds": round(result.seconds, 3), "rows": result.rows})
