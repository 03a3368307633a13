"""Slack: where the text of every Slack message is made, and sent by an incoming webhook.

An alert message: header, one section for each alert, one for those without room, the link last. The text of each alert
is alert_text's, shared with the mail. A report brings blocks of its own (reports/mail/slack.py), sent as they are.

Slack's limits: header 150 characters, section 3,000. Ours: 20 blocks, 8,000 characters in all. Names and errors are
escaped: they cannot add a mention, a link or markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from blocks import webhook
from desk.alerts.model import AlertLine
from desk.text import clipped
from reports.elements.locale import translate, use_locale
from tasks.channels.alert_text import (
    line_facts,
    line_summary,
    line_title,
    message_links,
    message_paragraphs,
    message_title,
    moment,
    status_word,
)
from tasks.channels.message import DeliveryFailed, Message, Receipt

HEADER, SECTION, BLOCKS, TOTAL = 150, 3000, 20, 8000
FALLBACK = 1500
DETAILED = 12
SUMMARY = 280
MARKUP = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
"""Characters that mrkdwn reads as style, and their look-alikes: mrkdwn knows no escape for them."""
ITALIC = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""An underscore inside a word, as in VAR_BREACH, is only an underscore."""
MARKS = {"critical": "🔴", "warning": "🟠", "info": "🔵", "resolved": "🟢"}


class Slack:
    """The channel `slack`. `seconds`: the time limit of a request; `language`: that of the channel's readers."""

    name = "slack"

    def __init__(self, url: str, seconds: float = webhook.SECONDS, language: str = "en") -> None:
        self._url, self._seconds, self._language = url, seconds, language

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        """One request. When Slack refuses the blocks, a second one with the text only. Raises DeliveryFailed."""
        with use_locale(self._language):
            payload = slack_payload(message)
        try:
            try:
                answer = await webhook.post(self._url, payload, self._seconds)
            except webhook.SlackRefused as refusal:
                if "invalid_blocks" not in str(refusal):
                    raise
                answer = await webhook.post(self._url, {"text": payload["text"]}, self._seconds)
        except webhook.SlackRefused as refusal:
            raise DeliveryFailed(self.name, str(refusal), retry_after=refusal.retry_after) from None
        return Receipt(self.name, {"reply": answer})


def slack_payload(message: Message) -> dict[str, Any]:
    """The webhook's JSON: `text` for notifications and old clients, and at most BLOCKS `blocks`; TOTAL characters."""
    if message.blocks:
        return {"text": _fallback(message), "blocks": list(message.blocks)}
    head = clipped(one_line(message_title(message)), HEADER)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": head, "emoji": True}}]
    closing = _closing(message)
    for paragraph in message_paragraphs(message)[:4]:
        blocks.append(_section(clipped(safe(paragraph), SECTION)))
    rest: list[AlertLine] = []
    for line in message.lines:
        block = _section(_line_text(line))
        if rest or len(blocks) >= DETAILED or _size([*blocks, block, *closing]) > TOTAL - FALLBACK - 1200:
            rest.append(line)
        else:
            blocks.append(block)
    if rest:
        names = ", ".join(safe(line_title(line)) for line in rest)
        blocks.append(_section(clipped(translate("And {} more: {}", len(rest), names), 1000)))
    payload = {"text": _fallback(message), "blocks": [*blocks, *closing]}
    while _size(payload) > TOTAL and len(blocks) > 1:  # paragraphs that are too long together
        blocks.pop()
        payload["blocks"] = [*blocks, *closing]
    return payload


def safe(text: str) -> str:
    """`text` escaped for mrkdwn, on one line."""
    return webhook.escaped(ITALIC.sub("＿", one_line(text).translate(MARKUP)))


def one_line(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(text.split())


def _line_text(line: AlertLine) -> str:
    mark = MARKS["resolved"] if line.status == "resolved" else MARKS[line.severity]
    title = clipped(line_title(line), 200)
    facts = " · ".join(f"{name}: {safe(value)}" for name, value in line_facts(line))
    summary = safe(clipped(line_summary(line), SUMMARY))
    return f"{mark} *{status_word(line)}: {safe(title)}*\n{summary}\n{facts}"


def _fallback(message: Message) -> str:
    parts = [one_line(message_title(message)), *(one_line(paragraph) for paragraph in message_paragraphs(message))]
    parts += [f"{translate(line.status)}: {line_title(line)}" for line in message.lines]
    room = FALLBACK - len(message.link) - 300
    text = clipped(safe(clipped(" | ".join(parts), room)), room + 200)
    return f"{text} {_address(message.link)}".strip()


def _closing(message: Message) -> list[dict[str, Any]]:
    """The link to the page, and the time of the message."""
    parts = [f"<{_address(address)}|{words}>" for address, words in message_links(message) if _address(address)]
    return [_section(" · ".join([*parts, moment(message.at)]))]


def _address(link: str) -> str:
    """The link, escaped; empty where it is no address that Slack's markup can contain."""
    good = link.startswith(("http://", "https://")) and not set(link) & set('<>|" ') and len(link) <= 800
    return link.replace("&", "&amp;") if good else ""


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _size(payload: object) -> int:
    return len(json.dumps(payload, ensure_ascii=False))
