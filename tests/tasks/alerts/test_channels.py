"""Messages as they arrive at a real SMTP server and at a stand-in for Slack with its limits; text with markup in it."""

from __future__ import annotations

import datetime as dt
import json
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from blocks.smtp import MailServer
from desk.alerts.model import AlertKey, AlertLine
from sandbox.slack import rejection
from tasks.alerts.evaluation import alert_message
from tasks.channels.alert_text import duration
from tasks.channels.mail import HTML_BYTES, Mail, html_of, mail_of, text_of
from tasks.channels.message import Attachment, DeliveryFailed, Message, Picture
from tasks.channels.slack import BLOCKS, TOTAL, Slack, slack_payload
from tests.fixtures.deliveries import Mailbox
from tests.fixtures.deliveries import Slack as SlackServer

AT = dt.datetime(2026, 11, 19, 12, 12, tzinfo=dt.UTC)
LINK = "https://desk.example/api/v1/monitoring/alerts?rule=VAR_BREACH&world=live"
NASTY = "<script>alert(1)</script> & *bold* _it_ `code` ~no~ <!channel> <@U123> <http://evil|ok> @here"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def line(subject: str = "portfolio", summary: str = "words", status: str = "firing", **more: object) -> AlertLine:
    key = AlertKey("VAR_BREACH", subject)
    return AlertLine(key, status, "warning", 0.0412, 0.03, summary, AT, **more)  # type: ignore[arg-type]


def message(*lines: AlertLine) -> Message:
    return alert_message(lines or (line(),), AT, LINK, "live")


def mail_channel(box: Mailbox, *recipients: str) -> Mail:
    return Mail(MailServer("127.0.0.1", box.port, "insecure"), "desk@example.com", recipients or ("ana@example.com",))


def html_part(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]


async def test_an_alert_says_subject_value_threshold_when_since_when_and_where(
    slack: SlackServer, mailbox: Mailbox
) -> None:
    alert = message(line(held_back=5, held_since=AT))
    await Slack(slack.url).send(alert)
    receipt = await mail_channel(mailbox, "ana@example.com", "rui@example.com").send(alert)
    [(recipients, mail)] = mailbox.got
    assert sorted(recipients) == ["ana@example.com", "rui@example.com"]
    assert receipt.details["message_id"] == mail["Message-ID"]
    plain = mail.get_body(("plain",))
    assert plain is not None
    for text in (slack.said()[0], str(plain.get_content()), html_part(mail)):
        for part in ("VAR_BREACH", "portfolio", "4.12%", "3.00%", "19 Nov 2026 09:12", "5 held back since 09:12"):
            assert part in text
    assert LINK.replace("&", "&amp;") in slack.messages[0]["text"]
    assert LINK in str(plain.get_content())
    assert LINK.replace("&", "&amp;") in html_part(mail)
    guide = "https://desk.example/api/v1/runbook/alerts#var_breach"
    assert f"What to do: {guide}" in str(plain.get_content())
    assert f'<a href="{guide}"' in html_part(mail)
    assert f"<{guide}|What to do>" in json.dumps(slack.messages[0])
    assert alert_message([line()], AT, "", "live").guide == ""
    assert mail["Subject"] == "Warning: VAR_BREACH · portfolio"


def test_a_resolved_alert_says_how_long_it_took() -> None:
    ended = message(line(status="resolved", ended_at=AT + dt.timedelta(minutes=75)))
    assert "after 1 h 15 min" in text_of(ended)
    assert "Resolved" in slack_payload(ended)["text"] or "resolved" in slack_payload(ended)["text"]
    assert ended.title == "Resolved: VAR_BREACH · portfolio"


def test_a_held_value_brings_the_link_to_decide_it_and_no_other_alert_does() -> None:
    decide = "https://desk.example/api/v1/held/word/1795000000/" + "ab" * 32
    held = AlertLine(AlertKey("DATA_SUSPECT", "usdbrl_ptax_sell"), "firing", "critical", 1.0, None, "held", AT)
    alert = alert_message([line(), held], AT, LINK, "live", decide)
    again = Message.from_json(json.loads(json.dumps(alert.to_json())))
    assert again == alert
    assert decide in text_of(again)
    assert f'<a href="{decide}"' in html_of(again)
    assert f"<{decide}|Release or reject what is held>" in json.dumps(slack_payload(again))
    for others in ([line()], [AlertLine(held.key, "resolved", "critical", 0.0, None, "held", AT, ended_at=AT)]):
        plain = alert_message(others, AT, LINK, "live", decide)
        assert "Release or reject" not in text_of(plain) + html_of(plain) + json.dumps(slack_payload(plain))
    queued_before = {name: value for name, value in alert.to_json().items() if name != "decide"}
    assert Message.from_json(queued_before).decide == ""


def test_of_another_world_the_title_says_so() -> None:
    assert alert_message([line()], AT, LINK, "sandbox").title.startswith("[sandbox] ")


def test_text_from_outside_stays_text() -> None:
    hostile = message(line(NASTY, NASTY), line("x" * 5000, NASTY * 50))
    payload = slack_payload(hostile)
    sections = [block["text"]["text"] for block in payload["blocks"] if block["type"] == "section"]
    links = f"<{hostile.guide}|What to do> · <{LINK.replace('&', '&amp;')}|Open the page>"
    assert sections.pop() == f"{links} · 19 Nov 2026 09:12 São Paulo"
    for text in [*sections, payload["text"].removesuffix(LINK.replace("&", "&amp;"))]:
        assert "<" not in text
        assert ">" not in text
        assert "`" not in text
    assert all("*bold*" not in text and "_it_" not in text for text in sections)
    assert all(block["text"].get("verbatim") for block in payload["blocks"][1:])
    mail = mail_of(hostile, "desk@example.com", ["ana@example.com"])
    tags = Tags(html_part(mail))
    assert set(tags.seen) <= {"html", "head", "meta", "body", "table", "tr", "td", "div", "p", "h1", "a"}
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert "&lt;script&gt;" in html_part(mail)


def test_a_line_break_in_a_name_is_no_further_header() -> None:
    mail = mail_of(message(line("portfolio\r\nBcc: eve@example.com")), "desk@example.com", ["ana@example.com"])
    assert "Bcc" not in mail
    assert "eve@example.com" in mail["Subject"]


@pytest.mark.parametrize("count", [1, 12, 15, 60, 1000])
@pytest.mark.parametrize("words", ["short", "ã" * 600, NASTY * 6])
def test_however_many_alerts_slack_takes_it_and_mail_is_not_cut(count: int, words: str) -> None:
    many = message(*(line(f"subject {i} {words[:40]}", words) for i in range(count)))
    payload = slack_payload(many)
    assert rejection(payload) is None
    assert len(payload["blocks"]) <= BLOCKS
    assert len(json.dumps(payload, ensure_ascii=False)) <= TOTAL
    assert LINK.replace("&", "&amp;") in payload["text"]
    assert LINK.replace("&", "&amp;") in payload["blocks"][-1]["text"]["text"]
    html = html_of(many)
    assert len(html.encode()) <= HTML_BYTES
    assert LINK.replace("&", "&amp;") in html
    if count > 12:
        assert "more: VAR_BREACH · subject" in payload["blocks"][-2]["text"]["text"]
    if count == 1000:
        assert "more: VAR_BREACH · subject" in html


def test_long_paragraphs_fit_too() -> None:
    long = Message(kind="watchdog", title="t" * 900, at=AT, link=LINK, paragraphs=("p & < " * 4000,) * 12)
    assert rejection(slack_payload(long)) is None
    assert len(json.dumps(slack_payload(long), ensure_ascii=False)) <= TOTAL
    assert len(html_of(long).encode()) <= HTML_BYTES


def test_a_link_that_is_no_address_is_left_out() -> None:
    for link in ("", "javascript:alert(1)", "http://evil|x", "https://e.example/<b>"):
        odd = Message(kind="test", title="t", at=AT, link=link)
        assert "|Open" not in json.dumps(slack_payload(odd))
        assert "javascript" not in html_of(odd)


def test_a_message_comes_back_from_the_outbox_as_it_went_in() -> None:
    full = message(line(NASTY, held_back=3, held_since=AT), line(status="resolved", ended_at=AT))
    assert Message.from_json(json.loads(json.dumps(full.to_json()))) == full


async def test_pictures_and_files_go_with_the_mail(mailbox: Mailbox) -> None:
    report = Message(
        kind="report",
        title="Report",
        at=AT,
        html='<p><img src="cid:nav" alt="NAV"></p>',
        pictures=(Picture("nav", PNG),),
        attachments=(Attachment("report.html", b"<html></html>"),),
    )
    await mail_channel(mailbox).send(report)
    [(_, mail)] = mailbox.got
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
                     "image/png", "text/html"]  # fmt: skip
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert (picture["Content-ID"], picture.get_payload(decode=True)) == ("<nav>", PNG)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["report.html"]


async def test_who_is_refused_is_named_and_the_others_have_it(mailbox: Mailbox) -> None:
    mailbox.refused = {"eve@example.com"}
    receipt = await mail_channel(mailbox, "ana@example.com", "eve@example.com").send(message())
    assert list(receipt.refused) == ["eve@example.com"]
    assert [recipients for recipients, _ in mailbox.got] == [["ana@example.com"]]


async def test_slacks_wish_to_wait_is_handed_on(slack: SlackServer) -> None:
    slack.will(429, retry_after=17)
    with pytest.raises(DeliveryFailed) as caught:
        await Slack(slack.url).send(message())
    assert caught.value.retry_after == 17
    slack.will(500)
    with pytest.raises(DeliveryFailed, match="500"):
        await Slack(slack.url).send(message())
    slack.will("silence")
    with pytest.raises(DeliveryFailed, match="did not answer"):
        await Slack(slack.url, seconds=0.2).send(message())


async def test_a_server_that_is_not_there_is_one_line(mailbox: Mailbox) -> None:
    nobody = Mail(MailServer("127.0.0.1", 1, "insecure", seconds=1), "desk@example.com", ["ana@example.com"])
    with pytest.raises(DeliveryFailed, match=r"mail: 127\.0\.0\.1:1 cannot be reached"):
        await nobody.send(message())


def test_durations() -> None:
    spans = {45: "45 s", 720: "12 min", 11_100: "3 h 05 min", 187_200: "2 d 4 h"}
    assert {seconds: duration(dt.timedelta(seconds=seconds)) for seconds in spans} == spans
