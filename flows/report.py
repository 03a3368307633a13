"""Report: one decision's gold -> the page, in the database and on disk, and Prefect's artifacts."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import re
from collections.abc import Collection
from pathlib import Path

import polars as pl
from prefect import flow
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from blocks.atomic_write import write_atomically
from desk.errors import BadInput
from desk.gold import GOLD
from desk.model import decision_time
from flows.transform import history_start
from reports.elements.report_data import HISTORY, ReportData
from reports.page.pictures import MAIL_FIGURES, Pictures, pictures
from reports.page.render import figure_specs, render
from reports.page.summary import actions_table, summary_markdown
from tasks.alerts import report_delivery
from tasks.run.run import Run
from tasks.run.stages import StageResult, Stopwatch
from tasks.store import Report

ARTIFACTS = ("daily-report", "daily-actions", "daily-report-link")
MADE_BY = {
    "transform": ("feature",),
    "portfolio": (
        "target_position",
        "portfolio_state",
        "pnl_attribution",
        "pnl_by_strategy",
        "pnl_by_factor",
        "action",
    ),
    "risk": ("risk_metrics_daily", "component_var", "dv01_ladder", "stress_test_results", "risk_limits_status"),
}
"""What a stage that failed did not make in this run: rows of an earlier run of the same day are not today's. Signals
are not here: that stage writes what its agents and strategies could not see before it fails."""


@flow(name="report", validate_parameters=False)
async def report(run: Run, broken: Collection[str] = ()) -> StageResult:
    """Renders what there is; what is not there, the page says in words. `broken`: stages that failed in this run."""
    watch = Stopwatch()
    run.progress.event("stage", "report", "started")
    data = await report_data(run, broken)
    html = render(data, run.clock(), run.settings.report_language)
    path = write_page(run, html)
    digest = hashlib.sha256(without_stamp(html).encode()).hexdigest()
    saved = await run.store.save_report(
        Report(run.as_of, run.settings.report_language, run.run_id, run.clock(), digest, html)
    )
    await create_markdown_artifact(
        key=ARTIFACTS[0], markdown=summary_markdown(data), description=f"Daily report of {run.day}"
    )
    await create_table_artifact(key=ARTIFACTS[1], table=actions_table(data), description=f"Orders of {run.day}")
    await create_link_artifact(
        key=ARTIFACTS[2], link=path.as_uri(), link_text=f"Report of {run.day}", description="The whole page"
    )
    await _queue(run, data)
    run.progress.event("stage", "report", "done", watch.seconds, None, "new" if saved else "as it was")
    run.progress.event("result", "report", "done", message=str(path))
    run.progress.event("result", "artifact", "done", message=", ".join(ARTIFACTS))
    return StageResult("report", 1, int(saved), watch.seconds)


async def _queue(run: Run, data: ReportData) -> None:
    """Into the outbox, for who is to have it; the sender, which runs after this run and every few minutes, sends it."""
    if not report_delivery.goes_out(run.settings, run.store.world, run.as_of, run.clock()):
        return
    link = report_delivery.link_of(run.settings, run.day)
    drawn = await _pictures(run, data)
    payload = report_delivery.payload_of(data, link, run.settings.report_language, drawn)
    queued = await report_delivery.queue_report(run.store, run.settings, payload, run.clock())
    said = queued.note or f"the report goes to {queued.rows} recipients"
    run.progress.event("note", "delivery", "done", message=said)


async def _pictures(run: Run, data: ReportData) -> Pictures:
    """The mail's charts, where there is a mail to send; why there are none is said, and the mail goes out all the
    same."""
    if run.settings.smtp_host is None:
        return Pictures()
    specs = {name: spec for name, spec in figure_specs(data).items() if name in MAIL_FIGURES}
    drawn = await asyncio.to_thread(pictures, specs)
    if drawn.reason:
        run.progress.event("note", "delivery", "done", message=f"mail without pictures: {drawn.reason}")
    return drawn


async def report_data(run: Run, broken: Collection[str] = ()) -> ReportData:
    """The gold that the page reads: the history of some tables, today's rows of the others."""
    since = decision_time(history_start(run))
    frames: dict[str, pl.DataFrame] = {
        name: await run.store.read_gold(name, since if name in HISTORY else run.as_of, run.as_of) for name in GOLD
    }
    made = not_made_dropped(frames, broken, run.as_of)
    return ReportData(run.as_of, run.store.world, str(run.run_id), run.code_version, made)  # type: ignore[arg-type]


def not_made_dropped(
    frames: dict[str, pl.DataFrame], broken: Collection[str], as_of: dt.datetime
) -> dict[str, pl.DataFrame]:
    """The frames without the decision's own rows of tables that a broken stage should have made."""
    stale = {table for stage in broken for table in MADE_BY.get(stage, ())}
    return {name: frame.filter(pl.col("as_of") < as_of) if name in stale else frame for name, frame in frames.items()}


def write_page(run: Run, html: str) -> Path:
    """`{home}/reports/{world}/{day}.html`, whole or not at all. Raises BadInput when the folder cannot be written."""
    folder = run.settings.home.absolute() / "reports" / run.store.world
    path = folder / f"{run.day}.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, html)
    except OSError as error:
        raise BadInput(f"cannot write the report to {path} ({error.strerror})") from error
    return path


def without_stamp(html: str) -> str:
    """The page without the one element that says when it was rendered: equal for equal data."""
    return re.sub(r'<time id="rendered-at".*?</time>', "", html, flags=re.DOTALL)
