"""Delivery of a report: once for each (report, recipient, channel), whatever fails, through the alerts' outbox."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import uuid
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import pytest

from blocks.settings import Settings, load_settings
from blocks.smtp import MailServer
from desk.catalog.alert_rules import load_alerts
from desk.errors import BadInput
from reports.elements.report_data import ReportData
from reports.page import png_export
from tasks.alerts import report_delivery
from tasks.alerts.postgres_records import PostgresRecords
from tasks.alerts.sending import Composer, send_due
from tasks.channels.mail import Mail
from tasks.channels.message import Channel, Message, Receipt
from tasks.channels.slack import Slack as SlackChannel
from tasks.store import Report, Store
from tests.fixtures.deliveries import Mailbox, Slack
from tests.reports.png_bytes import png
from tests.reports.sample import sample

PAGE = "<!DOCTYPE html><title>the whole page</title>" + "x" * 200_000
LINK = "http://127.0.0.1:8000/api/v1/reports/daily/2026-11-19"
TWO = ("pm@example.com", "risk@example.com")


class Crash(BaseException):
    """kill -9 of the sender."""


class Post:
    """The channels of one test, a clock that goes on by itself, and everything queued so far sent."""

    def __init__(self, store: Store, slack: Slack, box: Mailbox, data: ReportData) -> None:
        self.store, self.slack, self.box, self.data = store, slack, box, data
        self.now = data.as_of + dt.timedelta(minutes=5)
        self.records = PostgresRecords(store, load_alerts().rules)
        self.settings = settings(slack, box, *TWO)
        server = MailServer("127.0.0.1", box.port, "insecure")
        self.channels: list[Channel] = [Mail(server, "desk@example.com", TWO), SlackChannel(slack.url)]

    async def queue(self, again: str = "", **figures: bytes) -> report_delivery.QueueResult:
        pictures = {name.replace("_", "-"): body for name, body in figures.items()}
        payloads = {
            language: report_delivery.payload_of(self.data, LINK, language, pictures)
            for language in report_delivery.reader_languages(self.settings)
        }
        return await report_delivery.queue_report(self.store, self.settings, payloads, self.now, again)

    async def send(self, later: dt.timedelta = dt.timedelta(), channels: Sequence[Channel] = ()) -> tuple[int, int]:
        self.now += later
        composers: dict[str, Composer] = {report_delivery.KIND: report_delivery.composer(self.store)}
        done = await send_due(
            self.records, channels or self.channels, lambda: self.now, composers=composers, sleep=no_wait
        )
        return done.sent, done.failed

    def mailed(self) -> list[str]:
        return sorted(name for to, _ in self.box.got for name in to)


async def no_wait(seconds: float) -> None:
    return None


def settings(slack: Slack, box: Mailbox, *recipients: str, **more: Any) -> Settings:
    given = {"slack_webhook_url": slack.url, "smtp_host": "127.0.0.1", "smtp_port": box.port} | more
    return load_settings(smtp_recipients=recipients, smtp_security="insecure", **given)


@pytest.fixture
async def post(store: Store, slack: Slack, mailbox: Mailbox) -> Post:
    data = sample()
    await store.save_report(Report(data.as_of, "en", uuid.uuid4(), data.as_of, "0" * 64, PAGE))
    return Post(store, slack, mailbox, data)


def parts(message: EmailMessage) -> list[tuple[str, str]]:
    return [(part.get_content_type(), str(part.get_content_disposition())) for part in message.walk()]


@pytest.mark.db
async def test_a_report_reaches_slack_and_each_recipient_once(post: Post) -> None:
    assert (await post.queue(fig_orders=png(900, 300))).rows == 3
    assert await post.send() == (3, 0)
    assert post.mailed() == sorted(TWO)
    [sent] = post.slack.messages
    assert len(sent["blocks"]) <= 20
    assert LINK in sent["blocks"][-1]["text"]["text"]
    assert "Alvorada 19 Nov 2026" in sent["text"]
    message = post.box.got[0][1]
    assert parts(message) == [
        ("multipart/mixed", "None"),
        ("multipart/alternative", "None"),
        ("text/plain", "None"),
        ("multipart/related", "None"),
        ("text/html", "None"),
        ("image/png", "inline"),
        ("text/html", "attachment"),
    ]
    body = message.get_body(("html",))
    assert body is not None
    assert 'src="cid:fig-orders"' in body.get_content()
    assert len(body.get_content().encode()) <= 90_000
    [image] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<fig-orders>"
    assert image.get_content() == png(900, 300)
    [page] = message.iter_attachments()
    assert page.get_filename() == "full-report.html"
    assert page.get_content().strip() == PAGE


@pytest.mark.db
async def test_queued_again_it_is_not_sent_again_unless_somebody_says_so(post: Post) -> None:
    await post.queue()
    await post.send()
    await post.queue()
    assert await post.send(dt.timedelta(hours=1)) == (0, 0)
    await post.queue(again="asked by pm")
    await post.queue(again="asked by pm")
    assert await post.send() == (3, 0)
    assert post.mailed() == sorted(TWO * 2)
    assert len({str(message["Message-ID"]) for _, message in post.box.got}) == 2


@pytest.mark.db
async def test_who_is_new_on_the_list_gets_it_and_the_others_do_not_twice(post: Post) -> None:
    await post.queue()
    await post.send()
    post.settings = settings(post.slack, post.box, *TWO, "new@example.com")
    await post.queue()
    await post.send()
    assert post.mailed() == ["new@example.com", *sorted(TWO)]
    assert len(post.slack.messages) == 1


@pytest.mark.db
async def test_mail_down_for_an_hour_is_slack_at_once_and_one_mail_each_later(post: Post) -> None:
    await post.queue()
    post.box.refuse = ["451 later"] * 3
    assert await post.send() == (1, 2)
    assert (len(post.slack.messages), post.mailed()) == (1, [])
    await post.send(dt.timedelta(minutes=30))
    await post.send(dt.timedelta(minutes=30))
    await post.send(dt.timedelta(minutes=30))
    assert (len(post.slack.messages), post.mailed()) == (1, sorted(TWO))


class DiesBefore:
    """The process is gone before anything is sent."""

    name = "mail"

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        raise Crash


class DiesAfter(DiesBefore):
    """The process is gone after the other side took it, and before that is on record."""

    def __init__(self, inner: Channel) -> None:
        self.inner = inner

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        await self.inner.send(message, recipients)
        raise Crash


@pytest.mark.db
async def test_a_crash_before_the_sending_loses_nothing_and_doubles_nothing(post: Post) -> None:
    await post.queue()
    with pytest.raises(Crash):
        await post.send(channels=[DiesBefore()])
    await post.queue()  # the run is started again too
    await post.send()
    assert post.mailed() == sorted(TWO)


@pytest.mark.db
async def test_a_crash_between_a_sending_and_its_record_shows_as_the_same_mail(post: Post) -> None:
    await post.queue()
    with pytest.raises(Crash):
        await post.send(channels=[DiesAfter(post.channels[0])])
    await post.send()
    assert set(post.mailed()) == set(TWO)
    assert len({str(message["Message-ID"]) for _, message in post.box.got}) == 1


@pytest.mark.db
async def test_the_link_of_a_message_is_signed_and_where_nothing_is_served_there_is_none(post: Post) -> None:
    day = dt.date(2026, 11, 19)
    for address, found in (
        ("https://desk.example", r"https://desk\.example/api/v1/reports/daily/2026-11-19\?\S+"),
        (None, ""),
    ):
        post.settings = post.settings.model_copy(update={"public_url": address})
        link = await report_delivery.link_of(post.store, post.settings, day, "pt", post.now)
        assert re.fullmatch(found, link)
        assert ("language=pt" in link) == (address is not None), "the page that opens is in the reader's language"
        payload = report_delivery.payload_of(post.data, link, "en")
        for text in (payload["html"], payload["text"], json.dumps(payload["slack"])):
            assert ("&amp;signature=" in text or "&signature=" in text) == (address is not None)
            assert ("http" in text) == (address is not None)


@pytest.mark.db
async def test_two_senders_at_once_send_once(post: Post) -> None:
    await post.queue()
    await asyncio.gather(post.send(), post.send())
    assert post.mailed() == sorted(TWO)
    assert len(post.slack.messages) == 1


@pytest.mark.db
async def test_without_a_channel_it_says_that_nobody_is_told(post: Post) -> None:
    post.settings = load_settings(slack_webhook_url=None, smtp_host=None)
    queued = await post.queue()
    assert (queued.rows, queued.note) == (0, "nobody is told: neither Slack nor mail is configured")


@pytest.mark.db
async def test_a_stored_report_is_sent_from_what_the_database_holds(post: Post) -> None:
    queued = await report_delivery.send_again(post.store, post.settings, post.now, dt.date(2026, 11, 19))
    assert queued.rows == 3
    await post.send()
    assert post.mailed() == sorted(TWO)
    assert "book not marked" in post.box.subjects()[0]  # there is a page and no gold here: nothing is made up
    with pytest.raises(BadInput, match="no report of 2020-01-02"):
        await report_delivery.send_again(post.store, post.settings, post.now, dt.date(2020, 1, 2))


@pytest.mark.db
async def test_a_report_that_is_sent_again_has_its_pictures(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn anew; where no browser is here, those that the page was sent with before; of an older page none."""

    async def stored(*_: Any, **__: Any) -> ReportData:
        return post.data

    def drawing(found: png_export.PngImages) -> None:
        monkeypatch.setattr(report_delivery, "export_png", lambda specs: found)

    async def again(name: str) -> list[bytes]:
        post.now += dt.timedelta(minutes=1)
        await report_delivery.send_again(post.store, post.settings, post.now, again=name)
        await post.send()
        message = post.box.got[-1][1]
        return [part.get_content() for part in message.walk() if part.get_content_type() == "image/png"]

    monkeypatch.setattr(report_delivery, "read_report_gold", stored)
    drawing(png_export.no_images("no browser"))
    assert await again("never had any") == []
    await post.queue(fig_orders=png(900, 300))
    await post.send()
    assert await again("from the first sending") == [png(900, 300)]
    drawing(png_export.PngImages({"fig-orders": png(20, 10)}))
    assert await again("drawn") == [png(20, 10)]
    drawing(png_export.no_images("no browser"))
    newer = Report(post.data.as_of, "en", uuid.uuid4(), post.now + dt.timedelta(minutes=1), "b" * 64, PAGE + "2")
    await post.store.save_report(newer)
    assert await again("of the restated page") == []


@pytest.mark.db
async def test_a_report_that_may_not_be_sent_on_goes_out_without_a_number(post: Post) -> None:
    withheld = report_delivery.withheld_sources(load_settings(readers="others"), post.data)
    assert "b3_market_data" in withheld
    assert "bcb_sgs" not in withheld
    for language, words in (("en", "It is not sent on: the terms of"), ("pt", "termos de")):
        payload = report_delivery.payload_of(post.data, LINK, language, withheld=withheld)
        assert words in payload["text"]
        assert "b3_market_data" in payload["html"]
        text = (payload["text"] + payload["html"] + str(payload["slack"])).replace(LINK, "")
        assert not re.search(r"NAV|VaR|DI1|[0-9],[0-9]|%", text.replace(payload["title"], ""))
    await report_delivery.queue_report(post.store, post.settings, {"en": payload}, post.now)
    await post.send()
    assert post.mailed() == sorted(TWO)
    assert all(not list(mail.iter_attachments()) for _, mail in post.box.got)
