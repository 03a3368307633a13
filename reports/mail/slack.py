"""The report's summary for Slack: header, sections, the link last. At most BLOCKS blocks and TOTAL characters."""

from __future__ import annotations

import json
from typing import Any

from reports.mail.digest import Digest

BLOCKS, TOTAL = 20, 8000
HEADER, SECTION, FIELD = 150, 2800, 400
FIRST_ORDERS = 3
LOOK_ALIKES = str.maketrans("*~`", "∗∼ˋ")


def blocks(digest: Digest, link: str = "") -> list[dict[str, Any]]:
    """Names and sentences are plain text where they come from outside, or escaped: nothing mentions, nothing links."""
    out = [_header(digest.title)]
    if digest.banner:
        out.append(_plain(digest.banner))
    fields = [
        {"type": "mrkdwn", "text": f"*{safe(name)}*\n{safe(clipped(value, FIELD))}"}
        for name, value, _ in digest.key_numbers
    ]
    out.append({"type": "section", "fields": fields[:10]})
    out.append(_section("Limits", _limits(digest)))
    out.append(_section("Top signals", _signals(digest)))
    out.append(_section(f"Actions: {len(digest.orders)}" if digest.orders else "Actions", _orders(digest)))
    out.append(_section("Data", digest.coverage))
    closing = _link(link)
    while size([*out, *closing]) > TOTAL:  # the longest gives way first: the link and the head stay
        longest = max((block for block in out[1:] if "text" in block), key=lambda block: len(block["text"]["text"]))
        longest["text"]["text"] = clipped(longest["text"]["text"], len(longest["text"]["text"]) * 2 // 3)
    return [*out, *closing]


def text(digest: Digest) -> str:
    """The first orders: after the title in the fallback, for notifications and old clients. Empty without orders."""
    return clipped("; ".join(order.text for order in digest.orders[:FIRST_ORDERS]), 400)


def _limits(digest: Digest) -> str:
    if not digest.limits:
        return "None is past its amber mark." if digest.limits_known else "Not known."
    return "\n".join(
        f"{status}: {name}, {now} of {limit} ({used} used)" for name, now, limit, used, status in digest.limits
    )


def _signals(digest: Digest) -> str:
    rows = [f"{score}  {name} ({kind}), 1 day {change}" for name, kind, score, change in digest.signals]
    return "\n".join([*rows, digest.moves]) if rows else "No strategy has a score for this decision."


def _orders(digest: Digest) -> str:
    if not digest.orders:
        return digest.action_line
    rows = [
        f"{number}. {order.text}, {order.change} contracts; {order.impact}; {order.invalidation}"
        for number, order in enumerate(digest.orders[:FIRST_ORDERS], 1)
    ]
    rest = len(digest.orders) - FIRST_ORDERS
    return "\n".join([*rows, f"And {rest} more in the report."] if rest > 0 else rows)


def _header(words: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": clipped(words, HEADER), "emoji": False}}


def _plain(words: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": clipped(words, SECTION), "emoji": False}}


def _section(title: str, words: str) -> dict[str, Any]:
    body = clipped(f"*{safe(title)}*\n{safe(words)}", SECTION)
    return {"type": "section", "text": {"type": "mrkdwn", "text": body, "verbatim": True}}


def _link(link: str) -> list[dict[str, Any]]:
    good = link.startswith(("http://", "https://")) and not set(link) & set('<>|" ') and len(link) <= 800
    address = link.replace("&", "&amp;")
    return (
        [{"type": "section", "text": {"type": "mrkdwn", "text": f"<{address}|Open the full report>"}}] if good else []
    )


def safe(words: str) -> str:
    """Text from outside as text in mrkdwn. Style marks become look-alikes: mrkdwn knows no escape for them."""
    plain = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.translate(LOOK_ALIKES)


def clipped(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def size(blocks: list[dict[str, Any]]) -> int:
    """Characters of the whole as sent."""
    return len(json.dumps(blocks, ensure_ascii=False))
