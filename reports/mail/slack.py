"""The Slack message: header, sections, and the link last. At most TOTAL characters."""

from __future__ import annotations

import json
from typing import Any

from desk.text import clipped
from reports.elements.locale import translate, use_locale
from reports.mail.digest import Digest
from reports.mail.plain_text import limit_lines, signal_lines

TOTAL = 8000
"""Characters of the message as JSON."""
HEADER, SECTION, FIELD = 150, 2800, 400
"""Characters of one text: Slack allows 150 in a header, 3000 in a section, 2000 in a field."""
MOST_ORDERS = 12
"""Tickets in the message; the report has the others."""
NAMED_ORDERS = 3
"""Orders in the one line of a notification."""
SIMILAR_MARKS = str.maketrans("*~`", "∗∼ˋ")


def blocks(digest: Digest, link: str = "") -> list[dict[str, Any]]:
    """Block Kit blocks of the message, in the digest's language; `link` is the address of the report, empty for none.

    Text from outside is plain text or escaped: it makes no mention and no link.
    """
    with use_locale(digest.language):
        return _blocks(digest, link)


def _blocks(digest: Digest, link: str) -> list[dict[str, Any]]:
    out = [_header(digest.title)]
    if digest.banner:
        out.append(_plain(digest.banner))
    if digest.gate:
        out.append(_gate(digest))
    fields = [
        {"type": "mrkdwn", "text": f"*{safe(name)}*\n{safe(clipped(value, FIELD))}"}
        for name, value, _ in digest.key_numbers
    ]
    out.append({"type": "section", "fields": fields[:10]})
    out.append(
        _section(
            translate("Actions: {}", len(digest.orders)) if digest.orders else translate("Actions"), _orders(digest)
        )
    )
    out.append(_section(translate("Limits"), _limits(digest)))
    out.append(_section(translate("Top signals"), _signals(digest)))
    out.append(_section(translate("Data"), digest.coverage))
    closing = _link(link)
    while size([*out, *closing]) > TOTAL:  # shorten the longest text; header and link stay
        longest = max((block for block in out[1:] if "text" in block), key=lambda block: len(block["text"]["text"]))
        longest["text"]["text"] = clipped(longest["text"]["text"], len(longest["text"]["text"]) * 2 // 3)
    return [*out, *closing]


def text(digest: Digest) -> str:
    """That there are no orders, or the first ones, for the fallback text of notifications; empty without both."""
    if digest.gate:
        return clipped(digest.gate[0].text, 400)
    return clipped("; ".join(order.head for order in digest.orders[:NAMED_ORDERS]), 400)


def _gate(digest: Digest) -> dict[str, Any]:
    lines = [f"*{safe(translate(line.label))}*: {safe(line.text)}" for line in digest.gate]
    body = clipped("\n".join([f":octagonal_sign: {lines[0]}", *lines[1:]]), SECTION)
    return {"type": "section", "text": {"type": "mrkdwn", "text": body, "verbatim": True}}


def _limits(digest: Digest) -> str:
    if not digest.limits:
        return translate("No limit is past its amber mark." if digest.limits_known else "The limits are not known.")
    return "\n".join(limit_lines(digest))


def _signals(digest: Digest) -> str:
    if not digest.signals:
        return translate("No strategy has a score for this decision.")
    return "\n".join(signal_lines(digest))


def _orders(digest: Digest) -> str:
    if not digest.orders:
        return digest.action_line
    rows = [f"{order.number}. {order.head}; {order.facts}" for order in digest.orders[:MOST_ORDERS]]
    omitted = len(digest.orders) - MOST_ORDERS
    return "\n".join([*rows, translate("And {} more in the report.", omitted)] if omitted > 0 else rows)


def _header(content: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": clipped(content, HEADER), "emoji": False}}


def _plain(content: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": clipped(content, SECTION), "emoji": False}}


def _section(title: str, content: str) -> dict[str, Any]:
    body = clipped(f"*{safe(title)}*\n{safe(content)}", SECTION)
    return {"type": "section", "text": {"type": "mrkdwn", "text": body, "verbatim": True}}


def _link(link: str) -> list[dict[str, Any]]:
    good = link.startswith(("http://", "https://")) and not set(link) & set('<>|" ') and len(link) <= 800
    address = link.replace("&", "&amp;")
    return (
        [{"type": "section", "text": {"type": "mrkdwn", "text": f"<{address}|{translate('Open the full report')}>"}}]
        if good
        else []
    )


def safe(content: str) -> str:
    """Escape text for mrkdwn. Style marks become similar characters: mrkdwn has no escape for them."""
    plain = content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.translate(SIMILAR_MARKS)


def size(blocks: list[dict[str, Any]]) -> int:
    """Characters of the blocks as JSON."""
    return len(json.dumps(blocks, ensure_ascii=False))
