"""One evaluation: facts, rules, state machine, outbox, all inside one transaction that no other evaluation shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from desk.alerts.evaluate import evaluate
from desk.alerts.facts import Metrics
from desk.alerts.model import AlertChanges, AlertLine
from desk.alerts.state_machine import step
from tasks.alerts.records import AlertRecords
from tasks.channels.message import Message, line_title

MetricsReader = Callable[[dt.datetime], Awaitable[Metrics]]


async def evaluate_alerts(
    records: AlertRecords,
    read: MetricsReader,
    channels: Collection[str],
    clock: Callable[[], dt.datetime],
    *,
    link: str = "",
    world: str = "live",
) -> AlertChanges:
    """What was found and written. Facts are read after the turn has come: an evaluation never acts on older facts than
    the one before it. Raises StoreError."""
    async with records.evaluating(clock()) as turn:
        evaluation = evaluate(await read(turn.now), turn.snapshot.rules)
        plan = step(turn.snapshot, evaluation, turn.now, channels)
        messages = {name: alert_message(lines, turn.now, link, world) for name, lines in plan.lines.items()}
        await turn.apply(plan, messages)
    return plan


def alert_message(lines: Sequence[AlertLine], at: dt.datetime, link: str, world: str) -> Message:
    """One message for all that an evaluation has to say to one channel. Not of the live world: the title says so."""
    mark = "" if world == "live" else f"[{world}] "
    return Message(kind="alert", title=mark + title_of(lines), at=at, link=link, lines=tuple(lines))


def title_of(lines: Sequence[AlertLine]) -> str:
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
