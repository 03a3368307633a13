"""A day that was decided before: reproduced from its record, or restated as a new version of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from desk.model import desk_day
from flows.report import other_languages, report, show_report
from flows.transform import transform
from reports.elements.formats import moment
from reports.elements.report_data import ReportData
from reports.page.diff import version_differences
from tasks.run.decision_plan import stored_facts
from tasks.run.model_book import open_book
from tasks.run.report_gold import read_report_gold
from tasks.run.report_page import remove_page, write_page
from tasks.run.run import Run
from tasks.run.run_record import RunRecord
from tasks.run.stage_runner import StageRunner
from tasks.store import Decision

REPRODUCED = "Reproduced"


async def reproduce(run: Run, record: RunRecord, decision: Decision) -> State[Any]:
    """The stored page, byte for byte; nothing is fetched, computed or written. A day of history has no page before it
    is first run: its page is made of its record."""
    made = (
        f"decided at {moment(decision.decided_at)} (version {decision.version}, {decision.kind}) by run"
        f" {decision.run_id}, code {decision.code_version}"
    ).replace("\u00a0", " ")
    stored = await run.store.read_report(run.settings.report_language, run.as_of)
    if stored is not None:
        path = write_page(run, stored.html)
        for language in other_languages(run):
            other = await run.store.read_report(language, run.as_of)
            if other is not None:
                write_page(run, other.html, mark=f".{language}")
        await show_report(run, await read_report_gold(run.store, run.settings, run.as_of), path)
        record.conclude("completed", f"reproduced: {made}")
        return Completed(name=REPRODUCED, message=f"{made}; nothing is written")
    stages = StageRunner(run, record.stages)
    inception = await open_book(run)
    await stages.call("transform", lambda: transform(run, inception, {}, return_state=True))
    facts = stored_facts(decision)
    await stages.call("report", lambda: report(run, tuple(stages.failures), facts, return_state=True))
    if stages.bug is not None:
        raise stages.bug
    if stages.failures:
        message = "; ".join(stages.failures.values())
        record.conclude("failed", message)
        return Failed(message=message)
    record.conclude("completed", f"page made of the record: {made}")
    return Completed(name=REPRODUCED, message=f"{made}; its page is new")


async def undo_dead_restatements(run: Run) -> None:
    """Puts back what a restatement that was killed has left open: the rows, and the page on disk."""
    for as_of in await run.store.undo_restatements():
        day = desk_day(as_of)
        await _write_current(run, as_of)
        run.progress.event("note", "restate", "done", message=f"an unfinished restatement of {day} is undone")


async def restate(run: Run, decide: Callable[[ReportData], Awaitable[State[Any]]]) -> State[Any]:
    """A new version of a decided day, by `decide`, which runs the stages, shows the difference and records the version.

    The version before it is kept. Where later days have gone on from that, it stays the current one, and the new one is
    kept beside it. A run that fails leaves everything as it was.
    """
    before = await read_report_gold(run.store, run.settings, run.as_of)
    await run.store.begin_restatement(run.as_of, run.run_id, run.clock())
    try:
        state = await decide(before)
    finally:
        await undo_dead_restatements(run)
    if state.is_completed():
        await _show_pages(run)
    return state


async def show_difference(run: Run, before: ReportData) -> None:
    """What the restated rows change, as text."""
    after = await read_report_gold(run.store, run.settings, run.as_of)
    run.progress.event("result", "difference", "done", message=version_differences(before, after))


async def _show_pages(run: Run) -> None:
    """Where later days have gone on from the version before: its page is the day's, and the new one lies beside it."""
    newest = (await run.store.decisions(run.as_of, run.as_of))[-1]
    if not newest.is_beside:
        return
    for language, mark in _page_marks(run).items():
        page = await run.store.read_report_version(language, run.as_of, newest.version)
        if page is None:
            continue
        path = write_page(run, page.html, mark=f".v{newest.version}{mark}")
        if not mark:
            message = f"later days have gone on from the version before, which stays; version {newest.version}: {path}"
            run.progress.event("note", "restate", "done", message=message)
    await _write_current(run, run.as_of)


async def _write_current(run: Run, as_of: dt.datetime) -> None:
    """The day's stored page in every language; one that is not stored, as an earlier release kept one language only, is
    another version's, and is taken away."""
    day = desk_day(as_of)
    for language, mark in _page_marks(run).items():
        stored = await run.store.read_report(language, as_of)
        if stored is not None:
            write_page(run, stored.html, day, mark)
        elif mark:
            remove_page(run, day, mark)


def _page_marks(run: Run) -> dict[str, str]:
    """Language -> what its page's name ends in; the language of the settings comes first."""
    return {run.settings.report_language: ""} | {language: f".{language}" for language in other_languages(run)}
