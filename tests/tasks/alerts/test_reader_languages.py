"""Each reader gets every message in their own language: the report, and the alerts."""

from __future__ import annotations

import re
import uuid

import pytest

from desk.errors import BadInput
from tasks.alerts import report_delivery
from tasks.store import Report
from tests.reports.png_bytes import png
from tests.tasks.alerts.test_report_delivery import PAGE, TWO, Post, post, settings

__all__ = ["post"]


@pytest.mark.db
async def test_each_reader_gets_subject_body_and_page_in_their_own_language(post: Post) -> None:
    page = PAGE.replace("the whole page", "a página inteira")
    await post.store.save_report(Report(post.data.as_of, "pt", uuid.uuid4(), post.data.as_of, "1" * 64, page))
    own = {"mail_languages": {"pm@example.com": "pt"}, "slack_language": "pt"}
    post.settings = settings(post.slack, post.box, *TWO, **own)
    assert report_delivery.reader_languages(post.settings) == ("pt", "en")
    await post.queue(fig_orders=png(900, 300))
    await post.send()
    mails = {to[0]: mail for to, mail in post.box.got}
    for name, day, order, title in (
        ("pm", "19/11/2026", r"ORDENS: \d+\s+1\. (Tomar|Aplicar|Vender)", "a página"),
        ("risk", "19 Nov", r"ACTIONS: \d+\s+1\. (Pay|Receive|Sell)", "the whole"),
    ):
        mail = mails[f"{name}@example.com"]
        assert day in str(mail["Subject"])
        text = mail.get_body(("plain",))
        assert text is not None
        assert re.search(order, text.get_content())
        [attached] = mail.iter_attachments()
        assert title in attached.get_content()
    assert "*Ordens: " in str(post.slack.messages[0]["blocks"])
    with pytest.raises(BadInput, match="no recipient is called pn@"):
        settings(post.slack, post.box, *TWO, mail_languages={"pn@example.com": "pt"})
