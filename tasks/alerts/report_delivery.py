"""The report on its way out: composed once, queued in the outbox once per (report, channel, recipient), sent by the
sender like every message. The row holds mail and Slack summary as they were composed; the page is attached as stored.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from blocks.settings import Settings
from desk import calendars
from desk.errors import BadInput
from desk.gold import GOLD
from desk.model import decision_time, desk_day
from reports.elements.report_data import HISTORY, ReportData
from reports.mail import html, plain_text, slack
from reports.mail.digest import digest
from tasks.alerts.outbox import put
from tasks.alerts.sending import Composer
from tasks.channels.message import Attachment, Message, Picture
from tasks.store import Report, Store

KIND: Literal["report"] = "report"
FILENAME = "full-report.html"
LATE = dt.timedelta(hours=18)
"""A report of a decision longer ago than this goes to nobody by itself: a backfill is no morning."""
NOBODY = "nobody is told: neither Slack nor mail is configured"


@dataclass(frozen=True, slots=True)
class Queued:
    """`rows`: of the outbox, new or there before; `note`: why there is none."""

    rows: int
    note: str = ""


def link_of(settings: Settings, day: dt.date) -> str:
    """The page that serves the report."""
    return f"{settings.public_url.rstrip('/')}/api/v1/reports/daily/{day}"


def goes_out(settings: Settings, world: str, as_of: dt.datetime, now: dt.datetime) -> bool:
    """Whether a run's report goes out by itself: of this morning, and of a world that ALVORADA_SEND_REPORTS means."""
    meant = settings.send_reports == "always" or (settings.send_reports == "live" and world == "live")
    return meant and now - as_of <= LATE


def payload_of(
    data: ReportData, link: str, language: str, pictures: Mapping[str, bytes] | None = None
) -> dict[str, Any]:
    """What the outbox keeps: subject, both bodies of the mail, Slack's blocks, the pictures (figure id -> PNG)."""
    short = digest(data, pictures)
    return {
        "title": short.title,
        "link": link,
        "as_of": data.as_of.isoformat(),
        "world": data.world,
        "language": language,
        "text": plain_text.text(short, link),
        "html": html.html(short, link),
        "slack": slack.blocks(short, link),
        "fallback": slack.text(short),
        "pictures": {p.cid: base64.b64encode(p.png).decode() for p in short.pictures},
    }


async def queue_report(
    store: Store, settings: Settings, payload: Mapping[str, Any], at: dt.datetime, again: str = ""
) -> Queued:
    """One row for Slack and one for each recipient, in one transaction. What was queued before is not queued again,
    whatever became of it and whatever the report says now; `again` names a deliberate further sending."""
    wanted: list[tuple[str, str | None]] = []
    if settings.slack_webhook_url is not None:
        wanted.append(("slack", None))
    if settings.smtp_host is not None:
        wanted += [("mail", recipient) for recipient in dict.fromkeys(settings.smtp_recipients)]
    if not wanted:
        return Queued(0, NOBODY)
    name = f"{KIND}:{store.world}:{payload['as_of']}:{payload['language']}{f':{again}' if again else ''}"
    async with store.connections.acquire() as connection, connection.transaction():
        for channel, recipient in wanted:
            await put(
                connection,
                channel=channel,
                kind=KIND,
                dedupe_key=f"{name}:{channel}:{recipient or ''}",
                payload={**payload, "again": again},
                at=at,
                recipients=None if recipient is None else [recipient],
            )
    return Queued(len(wanted))


async def send_again(
    store: Store, settings: Settings, now: dt.datetime, day: dt.date | None = None, again: str = ""
) -> Queued:
    """Queues the stored report of `day` (None: the latest); for the command line and the API. Without `again` who has
    it gets nothing. Raises BadInput where there is no such report."""
    report = await store.read_report(settings.report_language, decision_time(day) if day else None)
    if report is None:
        raise BadInput(f"there is no report of {day}" if day else "there is no report yet")
    data = await stored_data(store, settings, report)
    link = link_of(settings, desk_day(report.as_of))
    return await queue_report(store, settings, payload_of(data, link, report.language), now, again)


async def stored_data(store: Store, settings: Settings, report: Report) -> ReportData:
    """What the stored report was made of, as the database has it now."""
    return await gold_of(store, settings, report.as_of, str(report.run_id))


async def gold_of(store: Store, settings: Settings, as_of: dt.datetime, run_id: str = "") -> ReportData:
    """What a report of the decision reads, whether or not one was ever rendered."""
    since = decision_time(calendars.b3().offset(desk_day(as_of), -(settings.history_days - 1)))
    frames: dict[str, pl.DataFrame] = {
        name: await store.read_gold(name, since if name in HISTORY else as_of, as_of) for name in GOLD
    }
    return ReportData(as_of, store.world, run_id, "", frames)  # type: ignore[arg-type]


def message_id(payload: Mapping[str, Any]) -> str:
    """The same for every sending of the same report: mail that comes twice, after a crash, is seen as one."""
    name = f"{KIND}.{payload['world']}.{payload['as_of']}.{payload['language']}.{payload['again']}"
    return f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@alvorada>"


def composer(store: Store) -> Composer:
    """Makes the message of a queued report; the whole page comes from the database, where there is one."""

    async def compose(payload: Mapping[str, Any]) -> Message:
        as_of = dt.datetime.fromisoformat(payload["as_of"])
        report = await store.read_report(payload["language"], as_of)
        page = () if report is None else (Attachment(FILENAME, report.html.encode()),)
        pictures = payload["pictures"].items()
        return Message(
            kind=KIND,
            title=payload["title"],
            at=as_of,
            link=payload["link"],
            message_id=message_id(payload),
            paragraphs=(payload["fallback"],) if payload["fallback"] else (),
            text=payload["text"],
            html=payload["html"],
            blocks=tuple(payload["slack"]),
            pictures=tuple(Picture(cid, base64.b64decode(png)) for cid, png in pictures),
            attachments=page,
        )

    return compose
