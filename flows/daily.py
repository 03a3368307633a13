"""The daily run: ingest from all sources, then transform, signals, portfolio, risk, report; an explicit final state.

Alerts are evaluated once the run is over, however it ended: they change nothing of it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, get_state_exception

from blocks.settings import load_settings
from desk import calendars
from desk.errors import AlvoradaError, BadInput
from desk.model import DECISION_TIME, SAO_PAULO, decision_time, desk_day
from flows.ingest import Ingested, ingest
from flows.portfolio import open_book, portfolio
from flows.post_run import after_run
from flows.report import report
from flows.risk import risk
from flows.signals import signals
from flows.transform import transform
from tasks.run.progress import Progress
from tasks.run.run import Run
from tasks.run.run_context import clock_of, open_run
from tasks.run.stages import StageResult, Stopwatch
from tasks.store import ledger
from tasks.store.pipeline_runs import RunStart, begin_run, finish_run

HOUR = 3600
REQUIRED_STAGES = ("transform", "signals", "portfolio", "risk", "report")


def run_name() -> str:
    """`daily-2026-01-12`: the decision day, also where the schedule gave none."""
    as_of = flow_run.parameters.get("as_of")
    return f"daily-{as_of or dt.datetime.now(SAO_PAULO).date()}"


@flow(name="daily", flow_run_name=run_name, timeout_seconds=HOUR, validate_parameters=False)
async def daily(
    as_of: dt.date | str | None = None,
    sources: str = "live",
    progress: Progress | None = None,
    recording: Path | None = None,
    manifest: Path | None = None,
    record: Path | None = None,
) -> State[Any]:
    """One decision day. `as_of` None: today in São Paulo. On a day without a B3 session there is nothing but a word.

    Completed; CompletedWithGaps naming the datasets that are stale, failed or absent; Failed when a required dataset is
    absent or a stage made nothing. Whatever can be computed is computed and reported in all three.
    """
    now = clock_of(load_settings())()
    day = asked_day(as_of, now) or day_at(now)
    if day is None or not calendars.b3().is_business_day(day):
        return Completed(message=f"{day or desk_day(now)} has no B3 session: nothing to do")
    fetch = {"recording": recording, "manifest": manifest, "record": record}
    async with (
        open_run(decision_time(day), sources, progress=progress) as run,
        run.store.run_lock("run", str(run.run_id)),
        run.store.run_lock("flow", "daily"),
    ):
        await ledger.bury(run.store, run.clock())
        await begin_run(run.store, start_of(run))
        try:
            return await _stages(run, fetch)
        finally:
            await after_run(run)


def asked_day(as_of: dt.date | str | None, now: dt.datetime) -> dt.date | None:
    """The day as a deployment's parameters name it. Raises BadInput, also for a decision that is still to come."""
    try:
        day = dt.date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise BadInput(f"as_of {as_of!r} is not a date: write it as YYYY-MM-DD, like 2026-01-12") from None
    if day and decision_time(day) > now:
        raise BadInput(f"as_of {day} is in the future: its decision time is 06:00 America/Sao_Paulo")
    return day


def day_at(now: dt.datetime) -> dt.date | None:
    """The decision day that the schedule means at `now`: the session of today's date in São Paulo, the one before it
    ahead of 06:00, and None where today has none."""
    local = now.astimezone(SAO_PAULO)
    if not calendars.b3().is_business_day(local.date()):
        return None
    return local.date() if local.time() >= DECISION_TIME else calendars.b3().offset(local.date(), -1)


def start_of(run: Run) -> RunStart:
    own = flow_run.id
    return RunStart(
        run.run_id, "daily", run.sources, run.clock(), run.code_version, run.as_of, {}, uuid.UUID(own) if own else None
    )


async def _stages(run: Run, fetch: dict[str, Path | None]) -> State[Any]:
    watch, stages, broken = Stopwatch(), list[dict[str, Any]](), dict[str, str]()
    ingested = Ingested()

    async def stage(name: str, call: Callable[[], Awaitable[State[Any]]], *needs: str) -> Any:
        lacking = [need for need in needs if need in broken]
        if lacking:
            broken[name] = f"{name} needs {', '.join(lacking)}"
            run.progress.event("stage", name, "skipped", 0.0, 0, broken[name])
            return None
        began = Stopwatch()
        state = await call()
        if state.is_completed():
            result = await state.result(fetch=True)  # type: ignore[call-overload]  # its overloads forget `fetch`
            if isinstance(result, StageResult):
                stages.append({"name": name, "seconds": round(result.seconds, 3), "rows": result.rows})
            return result
        error = await get_state_exception(state)
        broken[name] = f"{name}: {error}"
        stages.append({"name": name, "seconds": round(began.seconds, 3), "error": str(error)})
        run.progress.event("stage", name, "failed", began.seconds, 0, str(error))
        if not isinstance(error, AlvoradaError):
            raise error
        return None

    try:
        run.inception = await open_book(run)
        ingested = await stage("ingest", lambda: ingest(run, **fetch, return_state=True)) or Ingested()
        await stage("transform", lambda: transform(run, ingested.errors, return_state=True))
        await stage("signals", lambda: signals(run, return_state=True), "transform")
        await stage("portfolio", lambda: portfolio(run, return_state=True), "signals")
        await stage("risk", lambda: risk(run, return_state=True), "portfolio")
        await stage("report", lambda: report(run, tuple(broken), return_state=True))
    except BaseException as error:
        await finish_run(
            run.store, run.run_id, "failed", run.clock(), message=f"{type(error).__name__}: {error}", stages=stages
        )
        raise
    return await _conclude(run, broken, stages, watch)


async def _conclude(run: Run, broken: dict[str, str], stages: list[dict[str, Any]], watch: Stopwatch) -> State[Any]:
    """The run's own words and its final state."""
    status = await run.store.read_gold("dataset_status", run.as_of, run.as_of)
    gaps = status.filter(status["state"] != "ok").select("dataset", "state").rows()
    required = [name for name, state in gaps if state == "absent" and run.catalog.datasets[name].required]
    named = ", ".join(f"{name} {state}" for name, state in gaps)
    failures = [f"required dataset {name} is absent" for name in required] + list(broken.values())
    if failures:
        message = "; ".join(failures) + (f" (gaps: {named})" if named else "")
        await finish_run(
            run.store,
            run.run_id,
            "failed",
            run.clock(),
            gaps=[name for name, _ in gaps],
            message=message,
            stages=stages,
        )
        return Failed(message=message)
    if gaps:
        await finish_run(
            run.store,
            run.run_id,
            "completed_with_gaps",
            run.clock(),
            gaps=[name for name, _ in gaps],
            message=named,
            stages=stages,
        )
        return Completed(name="CompletedWithGaps", message=named)
    await finish_run(run.store, run.run_id, "completed", run.clock(), message="", stages=stages)
    return Completed(message=f"{run.day} in {watch.seconds:.0f} s")
