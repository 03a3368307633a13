"""The daily run: ingest from all sources, then transform, signals, portfolio, risk and report.

When the run is over, however it ended, the alerts are evaluated. They do not change its result.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import deployment, flow_run
from prefect.states import Completed, Failed

from blocks.settings import load_settings
from desk import calendars
from desk.errors import BadInput, Busy, StageFailed
from desk.model import DECISION_TIME, SAO_PAULO, decision_time, desk_day
from flows.decided_day import reproduce, restate, show_difference, undo_dead_restatements
from flows.gate import gate
from flows.ingest import IngestResult, ingest
from flows.portfolio import portfolio
from flows.post_run import after_run
from flows.report import report
from flows.risk import risk
from flows.signals import signals
from flows.transform import transform
from reports.elements.report_data import ReportData
from tasks.run.decision_plan import facts_of, plan_decision, record_decision
from tasks.run.model_book import open_book
from tasks.run.progress import Progress
from tasks.run.run import Run
from tasks.run.run_context import clock_of, open_run
from tasks.run.run_record import RunRecord
from tasks.run.stage_runner import StageRunner
from tasks.run.stages import GateResult, PortfolioResult, RiskResult, Stopwatch, TransformResult
from tasks.run.stop_signals import ends_when_stopped

HOUR = 3600
ACTIONS_HELD = "ActionsHeld"


@dataclass(frozen=True, slots=True)
class Files:
    """A recording to read the responses from (`manifest`: its list of responses), and a folder to record them to."""

    recording: Path | None = None
    manifest: Path | None = None
    record: Path | None = None


def run_name() -> str:
    """`daily-2026-01-12`: the decision day, or today in São Paulo where the schedule gives none."""
    as_of = flow_run.parameters.get("as_of")
    return f"daily-{as_of or dt.datetime.now(SAO_PAULO).date()}"


@flow(name="daily", flow_run_name=run_name, timeout_seconds=HOUR + 300, validate_parameters=False)
@ends_when_stopped
async def daily(
    as_of: dt.date | str | None = None,
    sources: str = "live",
    progress: Progress | None = None,
    recording: Path | None = None,
    manifest: Path | None = None,
    record: Path | None = None,
    reason: str | None = None,
) -> State[Any]:
    """One decision day. `as_of` None: today in São Paulo. On a day without a B3 session the run ends Completed at once.

    A day that was decided before is Reproduced: its stored page, nothing computed or written. With a `reason` it is
    restated: decided anew, as a new version.

    Completed; CompletedWithGaps naming the datasets that are stale, failed or absent; ActionsHeld where the gate issues
    no orders; Failed when a required dataset is absent or a stage has no result. Whatever can be computed is computed
    and reported in all four.
    """
    now = clock_of(load_settings())()
    day = requested_day(as_of, now) or day_at(now)
    if day is None or not calendars.b3().is_business_day(day):
        return Completed(message=f"{day or desk_day(now)} has no B3 session: nothing to do")
    files = Files(recording, manifest, record)
    async with open_run(decision_time(day), sources, progress=progress, reason=reason) as run:
        try:
            async with run.store.run_lock("run", str(run.run_id)), run.store.run_lock("flow", "daily"):
                return await recorded_run(run, files)
        except Busy as error:
            if deployment.id is None:
                raise
            # Prefect's late run and one by hand, say: the day has one decision, and nothing has failed.
            return Completed(name="AlreadyRunning", message=f"{error}, which decides")


async def recorded_run(run: Run, files: Files) -> State[Any]:
    """The run with its row in the desk's record, and the alerts after it. The caller holds the locks."""
    record = await RunRecord.open(run, "daily", run.as_of)
    try:
        async with record, time_limit():
            return await decide_once(run, record, files)
    finally:
        if not record.is_cancelled:
            await after_run(run)


@asynccontextmanager
async def time_limit(seconds: float = HOUR) -> AsyncIterator[None]:
    """Ends the body after an hour. Raises StageFailed, so that the run's record and the alerts tell it; Prefect's own
    time-out, which cancels and tells neither, comes later."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise StageFailed(f"the run was ended after {seconds / 60:.0f} minutes") from error


def requested_day(as_of: dt.date | str | None, now: dt.datetime) -> dt.date | None:
    """The day that the parameter names. Raises BadInput for text that is no date, and for a decision in the future."""
    try:
        day = dt.date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise BadInput(f"as_of {as_of!r} is not a date: write it as YYYY-MM-DD, like 2026-01-12") from None
    if day and decision_time(day) > now:
        raise BadInput(f"as_of {day} is in the future: its decision time is 06:00 America/Sao_Paulo")
    return day


def day_at(now: dt.datetime) -> dt.date | None:
    """The decision day of a run that starts at `now` without as_of: today in São Paulo, or the session before today
    when it is not yet 06:00. None where today has no B3 session."""
    local = now.astimezone(SAO_PAULO)
    if not calendars.b3().is_business_day(local.date()):
        return None
    return local.date() if local.time() >= DECISION_TIME else calendars.b3().offset(local.date(), -1)


async def decide_once(run: Run, record: RunRecord, files: Files) -> State[Any]:
    """A decision that was made is reproduced, or restated where the run has a reason; else it is made now.

    Raises BadInput for a restatement of a day without a decision.
    """
    await undo_dead_restatements(run)
    decision = await run.store.decision(run.as_of)
    if run.reason is not None:
        if decision is None:
            raise BadInput(f"there is no decision of {run.day} to restate: a run without --restate makes one")
        return await restate(run, lambda before: run_stages(run, record, files, before))
    if decision is not None:
        return await reproduce(run, record, decision)
    return await run_stages(run, record, files)


async def run_stages(run: Run, record: RunRecord, files: Files, before: ReportData | None = None) -> State[Any]:
    """Every stage in order; what depends on a failed stage is skipped. Returns the run's final state.

    A run that completes has made the decision, and records it; one that fails has made none. `before`: the version that
    is restated. A bug of ours in a stage is raised when the report is out.
    """
    watch, stages = Stopwatch(), StageRunner(run, record.stages)
    inception = await open_book(run)
    plan = await plan_decision(run)
    ingested: IngestResult | None = await stages.call(
        "ingest", lambda: ingest(run, files.recording, files.manifest, files.record, return_state=True)
    )
    fetched = ingested or IngestResult()
    transformed: TransformResult | None = await stages.call(
        "transform", lambda: transform(run, inception, fetched.off | fetched.errors, return_state=True)
    )
    panel = transformed.panel_input if transformed else None
    await stages.call("signals", lambda: signals(run, panel, return_state=True), needs="transform")
    book: PortfolioResult | None = await stages.call(
        "portfolio", lambda: portfolio(run, panel, return_state=True), needs="signals"
    )
    proposed = book.proposed if book is not None else None
    risky: RiskResult | None = await stages.call(
        "risk", lambda: risk(run, proposed, panel, return_state=True), needs="portfolio"
    )
    measured = risky.measured if risky is not None else None
    gated: GateResult | None = await stages.call(
        "gate", lambda: gate(run, proposed, measured, panel, return_state=True), needs="portfolio"
    )
    failed = tuple(stages.failures)
    await stages.call("report", lambda: report(run, failed, facts_of(plan), return_state=True))
    stopped = gated.stopped if gated is not None else ()
    state = await conclude(run, record, stages, watch, stopped)
    if stages.bug is not None:
        raise stages.bug
    if state.is_completed() and gated is not None:
        if before is not None:
            await show_difference(run, before)
        await record_decision(run, plan, gated.states)
    return state


async def conclude(
    run: Run, record: RunRecord, stages: StageRunner, watch: Stopwatch, stopped: Sequence[str]
) -> State[Any]:
    """The final state, by the stages' failures, by the checks that have `stopped` the orders and by the state of each
    dataset; also concludes the run's record."""
    status = await run.store.read_gold("dataset_status", run.as_of, run.as_of)
    states = dict(status.filter(status["state"] != "ok").select("dataset", "state").iter_rows())
    gaps = ", ".join(f"{name} {state}" for name, state in states.items())
    absent = (f"required dataset {name} is absent" for name in run.catalog.required_absent(states))
    reasons = [*absent, *stages.failures.values()]
    if reasons:
        message = "; ".join(reasons) + (f" (gaps: {gaps})" if gaps else "")
        record.conclude("died" if stages.has_lost_its_surroundings else "failed", message, list(states))
        return Failed(message=message)
    if stopped:
        message = f"no actions are issued: {'; '.join(stopped)}" + (f" (gaps: {gaps})" if gaps else "")
        record.conclude("completed_with_gaps", message, ["actions", *states])
        return Completed(name=ACTIONS_HELD, message=message)
    if gaps:
        record.conclude("completed_with_gaps", gaps, list(states))
        return Completed(name="CompletedWithGaps", message=gaps)
    record.conclude("completed", "")
    return Completed(message=f"{run.day} in {watch.seconds:.0f} s")
