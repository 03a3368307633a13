"""The text of alerts in the current locale, the same for every channel: titles, facts, times and durations."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from desk.alerts.evaluate import UNITS, format_value
from desk.alerts.model import AlertLine
from desk.alerts.rules import Unit
from desk.model import SAO_PAULO
from reports.elements.formats import date, plural
from reports.elements.locale import current_locale, translate
from tasks.channels.alert_sentences import alert_sentence, watchdog_sentence
from tasks.channels.message import Message

WATCHDOG_KIND = "watchdog"
WORLD = re.compile(r"\[\w+\] ")


def message_title(message: Message) -> str:
    """The title in the current locale: that of alerts is made of their lines, the watchdog's is recognised, any other
    stays as it was written."""
    if not message.lines:
        return watchdog_sentence(message.title) if message.kind == WATCHDOG_KIND else message.title
    world = WORLD.match(message.title)
    return (world[0] if world else "") + alerts_title(message.lines)


def message_paragraphs(message: Message) -> tuple[str, ...]:
    """The paragraphs before the alerts: the watchdog's in the current locale."""
    if message.kind != WATCHDOG_KIND:
        return message.paragraphs
    return tuple(watchdog_sentence(paragraph) for paragraph in message.paragraphs)


def message_links(message: Message) -> list[tuple[str, str]]:
    """(address, words) of each link that the message has."""
    links = (
        (message.decide, "Release or reject what is held"),
        (message.guide, "What to do"),
        (message.link, "Open the page"),
    )
    return [(address, translate(words)) for address, words in links if address]


def status_word(line: AlertLine) -> str:
    """`Critical`, `Warning`, `Info`, `Resolved`."""
    return translate("Resolved" if line.status == "resolved" else line.severity.capitalize())


def alerts_title(lines: Sequence[AlertLine]) -> str:
    """`Critical: VAR_CRITICAL · portfolio`, or counts: `3 alerts (1 critical, 2 warning), 1 resolved: VAR_CRIT...`."""
    first = line_title(lines[0])
    if len(lines) == 1:
        return f"{status_word(lines[0])}: {first}"
    firing = [line for line in lines if line.status == "firing"]
    counts: Mapping[str, int] = {
        name: sum(line.severity == name for line in firing) for name in ("critical", "warning", "info")
    }
    parts = []
    if firing:
        inside = ", ".join(plural(count, name, name) for name, count in counts.items() if count)
        parts.append(f"{plural(len(firing), 'alert')} ({inside})")
    if resolved := len(lines) - len(firing):
        parts.append(plural(resolved, "resolved", "resolved"))
    return f"{', '.join(parts)}: {first} ..."


def line_title(line: AlertLine) -> str:
    """`VAR_BREACH · portfolio`, with the condition where it is not the threshold: `· no data`, `· rule error`."""
    condition = {"threshold": "", "no_data": "no data", "error": "rule error"}[line.key.condition]
    return " · ".join([line.key.rule_id, line.key.subject, *([translate(condition)] if condition else [])])


def line_facts(line: AlertLine) -> list[tuple[str, str]]:
    """Name and text of each fact: value, threshold, since; the end of a resolved alert; messages held back."""
    unit = UNITS.get(line.key.rule_id, "score")
    facts = []
    if line.key.condition == "threshold" and unit != "none" and line.value is not None:
        name = "Last value" if line.status == "resolved" else "Value"
        facts.append((translate(name), _value(line.value, unit)))
    if line.threshold is not None:
        facts.append((translate("Threshold"), _value(line.threshold, unit)))
    facts.append((translate("Since"), moment(line.since)))
    if line.ended_at is not None and line.lasted is not None:
        facts.append((translate("Resolved"), translate("{}, after {}", moment(line.ended_at), duration(line.lasted))))
    if line.held_back and line.held_since is not None:
        facts.append(
            (translate("Not sent"), translate("{} held back since {}", line.held_back, clock_time(line.held_since)))
        )
    return facts


def _value(value: float, unit: Unit) -> str:
    return format_value(value, unit).replace(".", current_locale().decimal)


def moment(at: dt.datetime) -> str:
    """`21 Nov 2026 09:12 São Paulo`; `21/11/2026 09:12 (Brasília)`."""
    return f"{date(at.astimezone(SAO_PAULO).date())} {clock_time(at)}"


def clock_time(at: dt.datetime) -> str:
    """`09:12 São Paulo`."""
    return translate("{} São Paulo", f"{at.astimezone(SAO_PAULO):%H:%M}")


def line_summary(line: AlertLine) -> str:
    """What is wrong, or, of a resolved alert, what is over."""
    text = alert_sentence(line.summary)
    return translate("Over: {}", text) if line.status == "resolved" else text


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
