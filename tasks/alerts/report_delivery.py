"""Delivery of a report: composed once, and queued in the outbox once for each (report, channel, recipient).

The sender sends it like every message. The outbox row holds the mail and the Slack blocks as they were composed; the
page is attached as it is stored when the mail is sent.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from blocks.settings import Settings
from desk.catalog import load_catalog
from desk.catalog.licences import load_licences, not_sent_on
from desk.errors import BadInput
from desk.model import decision_time, desk_day
from reports.elements.formats import date
from reports.elements.locale import translate, use_locale
from reports.elements.receipts import used_sources
from reports.elements.report_data import ReportData
from reports.mail import html, plain_text, slack
from reports.mail.digest import digest
from reports.page.png_export import MAIL_FIGURES, PngImages, export_png
from reports.page.render import figure_specs
from tasks.alerts.outbox import put
from tasks.alerts.sending import Composer
from tasks.channels.message import Attachment, Message, Picture
from tasks.run.report_gold import read_report_gold
from tasks.store import Report, Store
from tasks.store.signed_links import report_link

KIND: Literal["report"] = "report"
FILENAME = "full-report.html"
LATE = dt.timedelta(hours=18)
"""The age of a decision from which its report is not sent by itself: a run for a past day sends nothing."""
NO_CHANNEL = "nobody is told: neither Slack nor mail is configured"


@dataclass(frozen=True, slots=True)
class QueueResult:
    """`rows`: outbox rows of the report, new or queued before; `note`: the reason where there is none."""

    rows: int
    note: str = ""


async def link_of(store: Store, settings: Settings, day: dt.date, language: str, now: dt.datetime) -> str:
    """The signed link to the report of `day` in a reader's language; empty where nothing is served. Raises
    StoreError."""
    if settings.public_url is None:
        return ""
    return await report_link(store, settings.public_url, day, language, now)


def is_sent_by_itself(settings: Settings, world: str, as_of: dt.datetime, now: dt.datetime) -> bool:
    """True for a decision at most LATE ago, of a world whose reports ALVORADA_SEND_REPORTS lets out."""
    is_enabled = settings.send_reports == "always" or (settings.send_reports == "live" and world == "live")
    return is_enabled and now - as_of <= LATE


def payload_of(
    data: ReportData,
    link: str,
    language: str,
    pictures: Mapping[str, bytes] | None = None,
    withheld: Sequence[str] = (),
) -> dict[str, Any]:
    """The JSON of the outbox row: subject, both bodies of the mail, Slack's blocks, the pictures (base64).

    `pictures`: figure id -> PNG. `withheld`: sources in it that may not be sent on: then no number is in it.
    """
    if withheld:
        return _without_numbers(data, link, language, withheld)
    with use_locale(language):
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


def _without_numbers(data: ReportData, link: str, language: str, withheld: Sequence[str]) -> dict[str, Any]:
    """That the report is there, and why it is not in the message."""
    with use_locale(language):
        title = translate("Alvorada {}: the report is ready", date(data.day))
        reason = translate("It is not sent on: the terms of {} do not allow it without consent.", ", ".join(withheld))
        where = (translate("Whoever may read it finds it here: {}", link),) if link else ()
    paragraphs = (title, reason, *where)
    return {
        "title": title,
        "link": link,
        "as_of": data.as_of.isoformat(),
        "world": data.world,
        "language": language,
        "text": "\n\n".join(paragraphs) + "\n",
        "html": "<!DOCTYPE html><html><body>"
        + "".join(f"<p>{escape(one)}</p>" for one in paragraphs)
        + "</body></html>",
        "slack": [{"type": "section", "text": {"type": "plain_text", "text": one}} for one in paragraphs],
        "fallback": title,
        "pictures": {},
        "without_page": True,
    }


def withheld_sources(settings: Settings, data: ReportData) -> tuple[str, ...]:
    """The sources behind a decision that may not be sent on to those whom the channels reach. Raises BadCatalog."""
    licences = load_licences(load_catalog())
    if settings.readers == "desk":
        return not_sent_on(licences, (), settings.consents)
    return not_sent_on(licences, used_sources(data) or licences, settings.consents)


def reader_languages(settings: Settings) -> tuple[str, ...]:
    """The languages in which a report is sent: of the Slack channel and of each recipient of mail."""
    return tuple(dict.fromkeys(language for _, _, language in _targets(settings)))


def mail_languages(settings: Settings) -> tuple[str, ...]:
    """The languages in which a report is mailed."""
    return tuple(dict.fromkeys(language for channel, _, language in _targets(settings) if channel == "mail"))


def _targets(settings: Settings) -> list[tuple[str, str | None, str]]:
    """(channel, recipient, language) of each message of a report."""
    found: list[tuple[str, str | None, str]] = []
    if settings.slack_webhook_url is not None:
        found.append(("slack", None, settings.channel_language))
    if settings.smtp_host is not None:
        found += [("mail", name, settings.mail_language(name)) for name in dict.fromkeys(settings.smtp_recipients)]
    return found


async def queue_report(
    store: Store, settings: Settings, payloads: Mapping[str, Mapping[str, Any]], at: dt.datetime, again: str = ""
) -> QueueResult:
    """Queues one row for Slack and one for each mail recipient, in one transaction. Raises StoreError.

    `payloads`: language -> `payload_of`, one for each of `reader_languages`.

    A row that was queued before is not queued again, sent or not, even if the report has changed since. `again` is the
    name of a further, deliberate sending: it has rows of its own.
    """
    targets = _targets(settings)
    if not targets:
        return QueueResult(0, NO_CHANNEL)
    async with store.connections.acquire() as connection, connection.transaction():
        for channel, recipient, language in targets:
            payload = payloads[language]
            name = f"{KIND}:{store.world}:{payload['as_of']}:{language}{f':{again}' if again else ''}"
            await put(
                connection,
                channel=channel,
                kind=KIND,
                dedupe_key=f"{name}:{channel}:{recipient or ''}",
                payload={**payload, "again": again},
                at=at,
                recipients=None if recipient is None else [recipient],
            )
    return QueueResult(len(targets))


async def drawn_pictures(settings: Settings, data: ReportData, language: str) -> PngImages:
    """The charts of the mail in one language; none where nobody is mailed in it."""
    if language not in mail_languages(settings):
        return PngImages()
    specs = {name: spec for name, spec in figure_specs(data, language).items() if name in MAIL_FIGURES}
    return await asyncio.to_thread(export_png, specs)


async def _sent_pictures(store: Store, language: str, report: Report) -> dict[str, bytes]:
    """The charts that this page was mailed with before: figure id -> PNG. Those of an earlier version are none."""
    query = """
        SELECT payload -> 'pictures' AS pictures FROM outbox
        WHERE kind = $1 AND payload ->> 'as_of' = $2 AND payload ->> 'language' = $3 AND created_at >= $4
          AND (payload -> 'pictures')::text <> '{}'
        ORDER BY created_at DESC LIMIT 1
    """
    async with store.connections.acquire() as connection:
        found = await connection.fetchval(query, KIND, report.as_of.isoformat(), language, report.rendered_at)
    pictures: dict[str, str] = json.loads(found) if isinstance(found, str) else found or {}
    return {name: base64.b64decode(png) for name, png in pictures.items()}


async def send_again(
    store: Store, settings: Settings, now: dt.datetime, day: dt.date | None = None, again: str = ""
) -> QueueResult:
    """Queues the stored report of `day` (None: the latest), for the command line and the API, with its charts: drawn
    anew, or those that it was sent with where no browser is here.

    Without `again`, recipients that have it get nothing. Raises BadInput when there is no such report, and StoreError.
    """
    report = await store.read_report(settings.report_language, decision_time(day) if day else None)
    if report is None:
        raise BadInput(f"there is no report of {day}" if day else "there is no report yet")
    data = await read_report_gold(store, settings, report.as_of, run_id=str(report.run_id))
    withheld, payloads = withheld_sources(settings, data), dict[str, dict[str, Any]]()
    for language in reader_languages(settings):
        link = await link_of(store, settings, desk_day(report.as_of), language, now)
        charts: Mapping[str, bytes] = {} if withheld else await drawn_pictures(settings, data, language)
        if not charts and not withheld and (page := await store.read_report(language, report.as_of)) is not None:
            charts = await _sent_pictures(store, language, page)
        payloads[language] = payload_of(data, link, language, charts, withheld)
    return await queue_report(store, settings, payloads, now, again)


def message_id(payload: Mapping[str, Any]) -> str:
    """The Message-ID, equal for each sending of one report: mail programs show a mail that comes twice as one."""
    name = f"{KIND}.{payload['world']}.{payload['as_of']}.{payload['language']}.{payload['again']}"
    return f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@alvorada>"


def composer(store: Store) -> Composer:
    """The function that makes the message of a queued report, with the stored page attached where there is one."""

    async def compose(payload: Mapping[str, Any]) -> Message:
        as_of = dt.datetime.fromisoformat(payload["as_of"])
        report = await store.read_report(payload["language"], as_of)
        whole = None if payload.get("without_page") else report
        page = () if whole is None else (Attachment(FILENAME, whole.html.encode()),)
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
