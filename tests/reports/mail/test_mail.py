"""Mail and Slack message: the numbers of the frames, only what Gmail, Outlook and Slack display, escaped, bounded."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser

import polars as pl
import pytest

from reports.elements.formats import brl, percent
from reports.elements.report_data import ReportData
from reports.mail import html, plain_text, slack
from reports.mail.digest import digest
from sandbox.slack import rejection
from tests.reports.png_bytes import png
from tests.reports.sample import sample

LINK = "https://desk.example/api/v1/reports/daily/2026-11-19"
HOSTILE = '<script>alert(1)</script>"&*<!channel>'


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def with_orders(data: ReportData, count: int, text: str) -> ReportData:
    orders = data.latest("action")
    many = pl.concat([orders] * (count // orders.height + 1)).head(count)
    renamed = many.with_columns(
        seq=pl.int_range(1, count + 1).cast(many.schema["seq"]),
        rationale=pl.lit(json.dumps({text[:600]: 0.5})),
        contract_id=pl.lit(text[:200]),
    )
    return dataclasses.replace(data, frames={**data.frames, "action": renamed, "ticket": data.frames["ticket"].clear()})


def without(data: ReportData) -> ReportData:
    return dataclasses.replace(data, frames={})


@pytest.fixture(scope="module")
def data() -> ReportData:
    return sample()


def test_the_mail_has_the_numbers_of_the_frames(data: ReportData) -> None:
    page = "".join(Tags(html.html(digest(data), LINK)).words)
    state = data.row("portfolio_state")
    assert state is not None
    for truth in (brl(state["nav_brl"]), brl(state["pnl_brl"], signed=True), percent(state["drawdown"])):
        assert truth in page
    limits = data.latest("risk_limits_status").filter(pl.col("status").is_in(["amber", "red", "breach"]))
    assert limits.height
    assert all(name in page for name in limits["name"])
    assert all(str(row["contract_id"]) in page for row in data.latest("action").iter_rows(named=True))
    strongest = data.latest("strategy_signals").sort(pl.col("score").abs(), descending=True, nulls_last=True)
    assert strongest["strategy_id"][0] in page


def test_the_mail_has_nothing_that_gmail_or_outlook_do_not_show(data: ReportData) -> None:
    pictures = {"fig-orders": png(1280, 600)}
    page = html.html(digest(data, pictures), LINK)
    tags = Tags(page)
    assert {tag for tag, _ in tags.tags} <= {
        "html", "head", "meta", "title", "body", "table", "tr", "td", "th", "h1", "h2", "p", "div", "b", "a", "img",
    }  # fmt: skip
    assert "data:" not in page
    assert "class=" not in page
    [image] = [attributes for tag, attributes in tags.tags if tag == "img"]
    assert image["src"] == "cid:fig-orders"
    assert image["alt"]
    assert (image["width"], image["height"]) == ("600", "281")
    widths = [int(a["width"] or 0) for tag, a in tags.tags if tag == "table" and (a.get("width") or "").isdigit()]
    assert widths == [640]


def test_a_picture_without_figure_is_left_out_and_one_that_is_not_a_png_is_refused(data: ReportData) -> None:
    assert digest(data, {"fig-of-another-report": png(10, 10)}).pictures == ()
    with pytest.raises(ValueError, match="not a PNG"):
        html.html(digest(data, {"fig-orders": b"GIF89a" + bytes(40)}), LINK)


@pytest.mark.parametrize("count", [1, 40, 2000])
def test_the_mail_stays_below_what_gmail_cuts(data: ReportData, count: int) -> None:
    page = html.html(digest(with_orders(data, count, "because " + "é<&" * 2000)), LINK)
    assert len(page.encode()) <= 90_000
    assert LINK in page
    left = re.search(r"And (\d+) more, in the attached page", page)
    assert (left is None) == (count <= 1)


def test_names_and_errors_are_text_in_the_mail(data: ReportData) -> None:
    page = html.html(digest(with_orders(data, 3, HOSTILE)), 'https://x/"onload="y')
    assert "<script" not in page
    assert "onload=" not in [name for _, attributes in Tags(page).tags for name in attributes]
    assert HOSTILE in "".join(Tags(page).words)
    assert html.html(digest(data), "javascript:alert(1)").count("<a ") == 0


def test_the_slack_message_has_every_part(data: ReportData) -> None:
    blocks = slack.blocks(digest(data), LINK)
    assert rejection({"text": "x", "blocks": blocks}) is None
    wording = json.dumps(blocks, ensure_ascii=False)
    state = data.row("portfolio_state")
    assert state is not None
    parts = [
        brl(state["nav_brl"]),
        "VaR 95%",
        "allowed",
        "Regime",
        "Top signals",
        "Changed sign:",
        "BREACH",
        "datasets ok",
        LINK,
    ]
    for part in parts:
        assert part in wording, part
    orders = data.latest("action").sort("seq")["contract_id"].to_list()
    assert f"Actions: {len(orders)}" in wording
    assert all(name in wording for name in orders)
    assert "more in the report" not in wording
    many = json.dumps(slack.blocks(digest(with_orders(data, 15, "x")), LINK), ensure_ascii=False)
    assert "And 3 more in the report." in many


def test_slack_stays_within_ours_and_its_limits_and_keeps_the_link(data: ReportData) -> None:
    blocks = slack.blocks(digest(with_orders(data, 2000, "é&<" * 5000)), LINK)
    assert len(blocks) <= 20
    assert slack.size(blocks) <= 8000
    assert rejection({"text": "x", "blocks": blocks}) is None
    assert blocks[-1]["text"]["text"] == f"<{LINK}|Open the full report>"


def test_names_and_errors_are_text_in_slack(data: ReportData) -> None:
    wording = json.dumps(slack.blocks(digest(with_orders(data, 3, HOSTILE)), "https://x|y>"), ensure_ascii=False)
    assert "<!channel>" not in wording
    assert "<script" not in wording
    assert "https://x" not in wording


def test_a_missing_result_is_named_and_never_a_zero(data: ReportData) -> None:
    short = digest(without(data))
    page, blocks = html.html(short, LINK), json.dumps(slack.blocks(short, LINK))
    for text in (page, blocks, plain_text.text(short, LINK)):
        assert "No targets were computed" in text
        assert "not known" in text
        assert not re.search(r"\b0\.00%", text)
    assert "book not marked" in short.title


def test_another_world_is_in_the_subject_and_above_everything(data: ReportData) -> None:
    assert data.world == "sandbox"
    short = digest(data)
    assert short.title.startswith("[sandbox] Alvorada 19 Nov 2026: NAV BRL ")
    assert "LIMIT BREACHED" in short.title
    assert "SANDBOX DATA" in html.html(short, LINK)
    live = digest(dataclasses.replace(data, world="live"))
    assert live.title.startswith("Alvorada ")
    assert live.banner == ""
