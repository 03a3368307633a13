"""Report: one decision's gold -> the page, in the database and on disk, and Prefect's artifacts."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import polars as pl
from prefect import flow
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from desk.errors import BadInput
from desk.gold import GOLD
from desk.model import decision_time
from flows.stages import StageResult, Stopwatch
from flows.transform import history_start
from reports.data import HISTORY, ReportData
from reports.render import render
from reports.summary import actions_table, summary_markdown
from tasks.run import Run
from tasks.store import Report

ARTIFACTS = ("daily-report", "daily-actions", "daily-report-link")


@flow(name="report", validate_parameters=False)
async def report(run: Run) -> StageResult:
    """Renders what there is; what is not there, the page says in words."""
    watch = Stopwatch()
    run.progress.event("stage", "report", "started")
    data = await report_data(run)
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
    run.progress.event("stage", "report", "done", watch.seconds, None, "new" if saved else "as it was")
    run.progress.event("result", "report", "done", message=str(path))
    run.progress.event("result", "artifact", "done", message=", ".join(ARTIFACTS))
    return StageResult("report", 1, int(saved), watch.seconds)


async def report_data(run: Run) -> ReportData:
    """The gold that the page reads: the history of some tables, today's rows of the others."""
    since = decision_time(history_start(run))
    frames: dict[str, pl.DataFrame] = {
        name: await run.store.read_gold(name, since if name in HISTORY else run.as_of, run.as_of) for name in GOLD
    }
    return ReportData(run.as_of, run.store.world, str(run.run_id), run.code_version, frames)  # type: ignore[arg-type]


def write_page(run: Run, html: str) -> Path:
    """`{home}/reports/{world}/{day}.html`, whole or not at all. Raises BadInput when the folder cannot be written."""
    folder = run.settings.home.absolute() / "reports" / run.store.world
    path = folder / f"{run.day}.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(html, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise BadInput(f"cannot write the report to {path} ({error.strerror})") from error
    return path


def without_stamp(html: str) -> str:
    """The page without the one element that says when it was rendered: equal for equal data."""
    return re.sub(r'<time id="rendered-at".*?</time>', "", html, flags=re.DOTALL)
