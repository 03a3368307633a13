"""Report: the gold of one decision -> the page, in the database and on disk, and Prefect's artifacts."""

from __future__ import annotations

import json
import platform
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from reports.calculations.defence import DefenceView, defence_view
from reports.elements.decision_facts import DecisionFacts
from reports.elements.formats import date
from reports.elements.locale import LANGUAGES, translate, use_locale
from reports.elements.report_data import ReportData
from reports.page.markdown_summary import actions_table, summary_markdown, withheld_markdown
from reports.page.png_export import PngImages
from reports.page.render import render
from tasks.alerts import report_delivery
from tasks.run.report_gold import read_report_gold
from tasks.run.report_page import content_sha256, write_page
from tasks.run.run import Run
from tasks.run.stages import StageResult, Stopwatch
from tasks.store import Report
from tasks.store.signed_links import report_address

SUMMARY, ACTIONS, LINK = "daily-report", "daily-actions", "daily-report-link"
"""Keys of the artifacts; the link is there where something serves the page."""
ORDER = ("instrument_id", "contract_id", "contracts_from", "contracts_to")
"""What makes an order another one for who deals it."""


@flow(name="report", flow_run_name="report-{run.day}", validate_parameters=False)
async def report(run: Run, failed_stages: Collection[str] = (), decision: DecisionFacts | None = None) -> StageResult:
    """Renders what is stored; the page names what is missing. `failed_stages`: stages of this run without a result.
    `decision`: what the page says of how the decision was made.

    Raises BadInput when the page cannot be written, and StoreError.
    """
    watch = Stopwatch()
    run.progress.event("stage", "report", "started")
    data = await read_report_gold(
        run.store,
        run.settings,
        run.as_of,
        run_id=str(run.run_id),
        code_version=run.code_version,
        failed_stages=failed_stages,
        decision=decision,
    )
    path, is_new = await _save_page(run, data, run.settings.report_language)
    for language in other_languages(run):
        await _save_page(run, data, language)
    await show_report(run, data, path)
    await queue_for_recipients(run, data)
    run.progress.event("stage", "report", "done", watch.seconds, None, "new" if is_new else "as it was")
    return StageResult("report", 1, int(is_new), watch.seconds)


def other_languages(run: Run) -> list[str]:
    """The languages of the page besides the one of the settings: a second one costs a rendering, not a run."""
    return [language for language in LANGUAGES if language != run.settings.report_language]


async def _save_page(run: Run, data: ReportData, language: str) -> tuple[Path, bool]:
    """Renders one page, on disk and in the database. Returns its path, and whether its content is new."""
    html = render(data, run.clock(), language)
    mark = "" if language == run.settings.report_language else f".{language}"
    path = write_page(run, html, mark=mark)
    page = Report(run.as_of, language, run.run_id, run.clock(), content_sha256(html), html)
    return path, await run.store.save_report(page)


async def show_report(run: Run, data: ReportData, path: Path) -> None:
    """Prefect's artifacts of the run, and the places of page and artifacts for who watches it."""
    served = run.settings.public_url
    address = None if served is None else report_address(served, run.day)
    withheld = report_delivery.withheld_sources(run.settings, data)
    with use_locale(run.settings.report_language):
        day = date(run.day)
        place = address or translate("{} on {}: ALVORADA_PUBLIC_URL is not set", path, platform.node())
        markdown = withheld_markdown(data, place, withheld) if withheld else summary_markdown(data, place)
        table = [] if withheld else actions_table(data)
        words = translate("Daily report of {}", day), translate("Orders of {}", day), translate("Report of {}", day)
        whole = translate("The whole page")
    await create_markdown_artifact(key=SUMMARY, markdown=markdown, description=words[0])
    await create_table_artifact(key=ACTIONS, table=table, description=words[1])
    made = [SUMMARY, ACTIONS]
    if address is not None:
        await create_link_artifact(key=LINK, link=address, link_text=words[2], description=whole)
        made.append(LINK)
    run.progress.event("result", "report", "done", message=str(path))
    run.progress.event("result", "artifact", "done", message=", ".join(made))


async def queue_for_recipients(run: Run, data: ReportData) -> None:
    """Queues the report for Slack and mail. The sender sends it, after this run and every few minutes."""
    if not report_delivery.is_sent_by_itself(run.settings, run.store.world, run.as_of, run.clock()):
        return
    withheld = report_delivery.withheld_sources(run.settings, data)
    payloads: dict[str, dict[str, Any]] = {}
    for language in report_delivery.reader_languages(run.settings):
        link = await report_delivery.link_of(run.store, run.settings, run.day, language, run.clock())
        images = PngImages() if withheld else await mail_pictures(run, data, language)
        payloads[language] = report_delivery.payload_of(data, link, language, images, withheld)
    before = await run.store.orders_before_restatement(run.as_of)
    again = sending_of(defence_view(data)) or restated_sending(data, before)
    queued = await report_delivery.queue_report(run.store, run.settings, payloads, run.clock(), again)
    message = queued.note or f"the report goes to {queued.rows} recipients"
    run.progress.event("note", "delivery", "done", message=message)


def sending_of(gate: DefenceView) -> str:
    """The name of a sending apart from that of the day's ordinary report, which is empty: who has had a page without
    orders is sent the one with them, and one that takes back what it had."""
    if gate.released or gate.stopped:
        return f"{'released' if gate.released else 'stopped'} {gate.proposal}"
    return "without orders" if gate.is_gated else ""


def restated_sending(data: ReportData, before: Sequence[Mapping[str, Any]] | None) -> str:
    """The name of the sending of a day that is decided anew with other orders than `before`, those of the version that
    it replaces (None where the day is not being restated); empty where who has had that one knows the orders."""
    if before is None:
        return ""
    orders = sorted(tuple(row[name] for name in ORDER) for row in data.latest("action").iter_rows(named=True))
    if orders == sorted(tuple(row[name] for name in ORDER) for row in before):
        return ""
    return f"restated {sha256(json.dumps(orders).encode()).hexdigest()[:12]}"


async def mail_pictures(run: Run, data: ReportData, language: str) -> PngImages:
    """The charts of the mail in one language. Where they cannot be drawn, the mail has no charts."""
    drawn = await report_delivery.drawn_pictures(run.settings, data, language)
    if drawn.reason:
        run.progress.event("note", "delivery", "done", message=f"mail without pictures: {drawn.reason}")
    return drawn
