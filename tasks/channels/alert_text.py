"""The text of alerts, the same for every channel: titles, facts, times and durations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from desk.alerts.evaluate import UNITS, format_value
from desk.alerts.model import AlertLine
from desk.model import SAO_PAULO


def alerts_title(lines: Sequence[AlertLine]) -> str:
    """`Critical: VAR_CRITICAL · portfolio`, or counts: `3 alerts (1 critical, 2 warning), 1 resolved: VAR_CRIT...`."""
    first = line_title(lines[0])
    if len(lines) == 1:
        word = "Resolved" if lines[0].status == "resolved" else lines[0].severity.capitalize()
        return f"{word}: {first}"
    firing = [line for line in lines if line.status == "firing"]
    counts: Mapping[str, int] = {
        name: sum(line.severity == name for line in firing) for name in ("critical", "warning", "info")
    }
    parts = []
    if firing:
        inside = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        parts.append(f"{len(firing)} alert{'s' * (len(firing) > 1)} ({inside})")
    if resolved := len(lines) - len(firing):
        parts.append(f"{resolved} resolved")
    return f"{', '.join(parts)}: {first} ..."


def line_title(line: AlertLine) -> str:
    """`VAR_BREACH · portfolio`, with the condition where it is not the threshold: `· no data`, `· rule error`."""
    condition = {"threshold": "", "no_data": " · no data", "error": " · rule error"}[line.key.condition]
    return f"{line.key.rule_id} · {line.key.subject}{condition}"


def line_facts(line: AlertLine) -> list[tuple[str, str]]:
    """Name and text of each fact: value, threshold, since; the end of a resolved alert; messages held back."""
    unit = UNITS.get(line.key.rule_id, "score")
    facts = []
    if line.key.condition == "threshold" and unit != "none" and line.value is not None:
        name = "Last value" if line.status == "resolved" else "Value"
        facts.append((name, format_value(line.value, unit)))
    if line.threshold is not None:
        facts.append(("Threshold", format_value(line.threshold, unit)))
    facts.append(("Since", moment(line.since)))
    if line.ended_at is not None and line.lasted is not None:
        facts.append(("Resolved", f"{moment(line.ended_at)}, after {duration(line.lasted)}"))
    if line.held_back and line.held_since is not None:
        facts.append(("Not sent", f"{line.held_back} held back since {clock_time(line.held_since)}"))
    return facts


def moment(at: dt.datetime) -> str:
    """`21 Nov 2026 09:12 São Paulo`."""
    return f"{at.astimezone(SAO_PAULO):%d %b %Y %H:%M} São Paulo"


def clock_time(at: dt.datetime) -> str:
    """`09:12 São Paulo`."""
    return f"{at.astimezone(SAO_PAULO):%H:%M} São Paulo"


def line_summary(line: AlertLine) -> str:
    """What is wrong, or, of a resolved alert, what is over."""
    return f"Over: {line.summary}" if line.status == "resolved" else line.summary


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
