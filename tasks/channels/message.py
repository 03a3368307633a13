"""A message before a channel renders it, and the Protocol of a channel.

All texts of a Message are plain: each channel escapes them for its own format. `to_json` keeps everything except
pictures and attachments, which are made again when a message is composed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from desk.alerts.model import AlertKey, AlertLine
from desk.errors import AlvoradaError
from desk.text import slug

Kind = Literal["alert", "test", "report", "watchdog"]


class DeliveryFailed(AlvoradaError):
    """The channel did not accept the message. `retry_after`: the pause in seconds that the other side asked for."""

    def __init__(self, channel: str, message: str, *, retry_after: float | None = None) -> None:
        self.channel, self.retry_after = channel, retry_after
        super().__init__(f"{channel}: {message}")


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that the mail's HTML shows as `cid:{cid}`."""

    cid: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail."""

    filename: str
    content: bytes
    mime_type: str = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to any channel.

    title        one line;  `paragraphs`: text before the alerts
    lines        the alerts, in order
    link         address of the page that shows the same
    decide       address of the page on which a person decides what is held; empty where nothing is
    text, html   the mail's bodies, and `blocks`: Slack's, already rendered (a report); None or empty: channels render
    pictures, attachments   by mail only
    message_id   the mail's Message-ID, where two sendings must be recognised as the same mail
    """

    kind: Kind
    title: str
    at: dt.datetime
    link: str = ""
    decide: str = ""
    paragraphs: tuple[str, ...] = ()
    lines: tuple[AlertLine, ...] = ()
    message_id: str = ""
    text: str | None = None
    html: str | None = None
    blocks: tuple[Mapping[str, Any], ...] = ()
    pictures: tuple[Picture, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def guide(self) -> str:
        """Address of the page that says what to do about the first alert; empty where the link is none of our API."""
        root, found, _ = self.link.partition("/api/v1/")
        return f"{root}/api/v1/runbook/alerts#{slug(self.lines[0].key.rule_id)}" if found and self.lines else ""

    def to_json(self) -> dict[str, Any]:
        """Everything that `from_json` reads. Rendered bodies, pictures and attachments are left out."""
        return {
            "kind": self.kind,
            "title": self.title,
            "at": self.at.isoformat(),
            "link": self.link,
            "decide": self.decide,
            "paragraphs": list(self.paragraphs),
            "lines": [_line_json(line) for line in self.lines],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Message:
        """The message of `to_json`. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            kind=raw["kind"],
            title=raw["title"],
            at=dt.datetime.fromisoformat(raw["at"]),
            link=raw["link"],
            decide=raw.get("decide", ""),  # messages queued before there was one
            paragraphs=tuple(raw["paragraphs"]),
            lines=tuple(_line(line) for line in raw["lines"]),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer of the other side. `details`: as JSON; `refused`: recipient -> why the server refused it."""

    channel: str
    details: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """One way to send messages. A send is one try: the sender (tasks/alerts/sending.py) repeats it."""

    @property
    def name(self) -> str:
        """The name under which the outbox queues messages for it."""
        ...

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        """Returns when the other side has accepted the message (2xx, SMTP 250).

        `recipients` None: the channel's configured ones.

        Raises DeliveryFailed.
        """
        ...


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
