"""Slack by an incoming webhook: header, one section per alert, one for those that have no room, the link last.

Limits of Slack's that the design keeps: header 150 characters, section 3,000; ours: 20 blocks, 8,000 characters in all.
Names and errors are text: no mention, link or markup comes out of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from blocks import webhook
from desk.alerts.model import AlertLine
from tasks.channels.message import DeliveryFailed, Message, Receipt, line_facts, line_title, moment

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
    name = "slack"

    def __init__(self, url: str, seconds: float = webhook.SECONDS) -> None:
        self._url, self._seconds = url, seconds

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        """Raises DeliveryFailed. Where Slack finds the blocks wrong, the text goes alone: nothing may be stuck."""
        payload = slack_payload(message)
        try:
            try:
                said = await webhook.post(self._url, payload, self._seconds)
            except webhook.SlackRefused as refusal:
                if "invalid_blocks" not in str(refusal):
                    raise
                said = await webhook.post(self._url, {"text": payload["text"]}, self._seconds)
        except webhook.SlackRefused as refusal:
            raise DeliveryFailed(self.name, str(refusal), retry_after=refusal.retry_after) from None
        return Receipt(self.name, {"reply": said})


def slack_payload(message: Message) -> dict[str, Any]:
    """The webhook's JSON: `text` for notifications and old clients, `blocks` for the rest. At most BLOCKS and TOTAL."""
    if message.blocks:
        return {"text": _fallback(message), "blocks": list(message.blocks)}
    head = webhook.clipped(one_line(message.title), HEADER)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": head, "emoji": True}}]
    closing = _closing(message)
    for words in message.paragraphs[:4]:
        blocks.append(_section(webhook.clipped(safe(words), SECTION)))
    rest: list[AlertLine] = []
    for line in message.lines:
        block = _section(_line_text(line))
        if rest or len(blocks) >= DETAILED or _size([*blocks, block, *closing]) > TOTAL - FALLBACK - 1200:
            rest.append(line)
        else:
            blocks.append(block)
    if rest:
        names = ", ".join(safe(line_title(line)) for line in rest)
        blocks.append(_section(webhook.clipped(f"And {len(rest)} more: {names}", 1000)))
    payload = {"text": _fallback(message), "blocks": [*blocks, *closing]}
    while _size(payload) > TOTAL and len(blocks) > 1:  # paragraphs of the caller's that are too long together
        blocks.pop()
        payload["blocks"] = [*blocks, *closing]
    return payload


def safe(text: str) -> str:
    """Text from outside as text in mrkdwn, on one line."""
    return webhook.escaped(ITALIC.sub("＿", one_line(text).translate(MARKUP)))


def one_line(text: str) -> str:
    return " ".join(text.split())


def _line_text(line: AlertLine) -> str:
    mark = MARKS["resolved"] if line.status == "resolved" else MARKS[line.severity]
    word = "Resolved" if line.status == "resolved" else line.severity.capitalize()
    title = webhook.clipped(line_title(line), 200)
    facts = " · ".join(f"{name}: {safe(value)}" for name, value in line_facts(line))
    summary = safe(webhook.clipped(line.summary, SUMMARY))
    return f"{mark} *{word}: {safe(title)}*\n{summary}\n{facts}"


def _fallback(message: Message) -> str:
    parts = [one_line(message.title), *(one_line(words) for words in message.paragraphs)]
    parts += [f"{line.status}: {line_title(line)}" for line in message.lines]
    room = FALLBACK - len(message.link) - 300
    text = webhook.clipped(safe(webhook.clipped(" | ".join(parts), room)), room + 200)
    return f"{text} {_address(message.link)}".strip()


def _closing(message: Message) -> list[dict[str, Any]]:
    """When it was said, and the page that shows it."""
    address, when = _address(message.link), moment(message.at)
    return [_section(f"<{address}|Open the page> · {when}" if address else when)]


def _address(link: str) -> str:
    """The link where it is an address that Slack's markup can hold, else nothing."""
    good = link.startswith(("http://", "https://")) and not set(link) & set('<>|" ') and len(link) <= 800
    return link.replace("&", "&amp;") if good else ""


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _size(payload: object) -> int:
    return len(json.dumps(payload, ensure_ascii=False))
