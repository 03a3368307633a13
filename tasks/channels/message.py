"""What is to be said, before a channel gives it its form, and what every channel can do with it.

A Message is plain text throughout: channels escape it for where it goes. `to_json` keeps all of it but pictures and
attachments, which are made anew when a message is composed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from desk.alerts.evaluate import UNITS, format_value
from desk.alerts.model import AlertKey, AlertLine
from desk.errors import AlvoradaError
from desk.model import SAO_PAULO

Kind = Literal["alert", "test", "report", "watchdog"]


class DeliveryFailed(AlvoradaError):
    """A channel did not take the message. `retry_after`: seconds that the other side asked for."""

    def __init__(self, channel: str, message: str, *, retry_after: float | None = None) -> None:
        self.channel, self.retry_after = channel, retry_after
        super().__init__(f"{channel}: {message}")


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that the HTML shows as `cid:{cid}`."""

    cid: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str
    content: bytes
    mime_type: str = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`title`: one line; `paragraphs` stand before `lines` (one per alert); `link`: the page that shows it.

    `text`, `html`: the mail's bodies, and `blocks`: Slack's, where our own design does not do (the report); they are
    used as they are. Pictures and attachments go by mail only. `message_id`: the mail's own, where a second sending
    after a crash must be known as the same mail.
    """

    kind: Kind
    title: str
    at: dt.datetime
    link: str = ""
    paragraphs: tuple[str, ...] = ()
    lines: tuple[AlertLine, ...] = ()
    message_id: str = ""
    text: str | None = None
    html: str | None = None
    blocks: tuple[Mapping[str, Any], ...] = ()
    pictures: tuple[Picture, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title,
            "at": self.at.isoformat(),
            "link": self.link,
            "paragraphs": list(self.paragraphs),
            "lines": [_line_json(line) for line in self.lines],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Message:
        return cls(
            kind=raw["kind"],
            title=raw["title"],
            at=dt.datetime.fromisoformat(raw["at"]),
            link=raw["link"],
            paragraphs=tuple(raw["paragraphs"]),
            lines=tuple(_line(line) for line in raw["lines"]),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said when it took the message. `refused`: recipients that it did not take, and why."""

    channel: str
    words: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """One way to reach people. Sends once: the outbox knows when to try again."""

    @property
    def name(self) -> str: ...

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        """Returns once the other side has taken the message (2xx, SMTP 250). `recipients` None: the channel's own.

        Raises DeliveryFailed.
        """
        ...


def line_title(line: AlertLine) -> str:
    """`VAR_BREACH · portfolio`, and what kind of alert it is where the rule did not simply fire."""
    condition = {"threshold": "", "no_data": " · no data", "error": " · rule error"}[line.key.condition]
    return f"{line.key.rule_id} · {line.key.subject}{condition}"


def line_facts(line: AlertLine) -> list[tuple[str, str]]:
    """Name and value of what every alert says: value, threshold, since, and what was held back or how long it took."""
    unit = UNITS.get(line.key.rule_id, "score")
    value = "the rule raised" if line.key.condition == "error" else format_value(line.value, unit)
    threshold = "any failure" if line.threshold is None else format_value(line.threshold, unit)
    facts = [("Value", value), ("Threshold", threshold), ("Since", moment(line.since))]
    if line.ended_at is not None and line.lasted is not None:
        facts.append(("Resolved", f"{moment(line.ended_at)}, after {duration(line.lasted)}"))
    if line.held_back and line.held_since is not None:
        facts.append(("Not sent", f"{line.held_back} held back since {clock_time(line.held_since)}"))
    return facts


def moment(at: dt.datetime) -> str:
    """`21 Nov 2026 09:12`, America/Sao_Paulo."""
    return f"{at.astimezone(SAO_PAULO):%d %b %Y %H:%M}"


def clock_time(at: dt.datetime) -> str:
    return f"{at.astimezone(SAO_PAULO):%H:%M}"


def duration(span: dt.timedelta) -> str:
    """`45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60:02d} min"
    return f"{days} d {hours % 24} h"


def _line_json(line: AlertLine) -> dict[str, Any]:
    return {
        "key": list(line.key),
        "said": line.status,
        "severity": line.severity,
        "value": line.value,
        "threshold": line.threshold,
        "summary": line.summary,
        "since": line.since.isoformat(),
        "ended_at": _iso(line.ended_at),
        "held_back": line.held_back,
        "held_since": _iso(line.held_since),
    }


def _line(raw: Mapping[str, Any]) -> AlertLine:
    return AlertLine(
        key=AlertKey(*raw["key"]),
        status=raw["said"],
        severity=raw["severity"],
        value=raw["value"],
        threshold=raw["threshold"],
        summary=raw["summary"],
        since=dt.datetime.fromisoformat(raw["since"]),
        ended_at=_time(raw["ended_at"]),
        held_back=raw["held_back"],
        held_since=_time(raw["held_since"]),
    )


def _iso(at: dt.datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
