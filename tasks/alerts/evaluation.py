"""One evaluation: facts, rules, state machine and outbox, in one transaction. Evaluations never run side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Sequence

from desk.alerts.evaluate import evaluate
from desk.alerts.facts import Metrics
from desk.alerts.model import AlertChanges, AlertLine
from desk.alerts.state_machine import step
from tasks.alerts.records import AlertRecords
from tasks.channels.alert_text import alerts_title
from tasks.channels.message import Message

HELD_RULE = "DATA_SUSPECT"
MetricsReader = Callable[[dt.datetime], Awaitable[Metrics]]


async def evaluate_alerts(
    records: AlertRecords,
    read: MetricsReader,
    channels: Collection[str],
    clock: Callable[[], dt.datetime],
    *,
    link: str = "",
    decide: str = "",
    world: str = "live",
) -> AlertChanges:
    """Evaluates every rule, writes the changes and queues the messages. Returns the changes. Raises StoreError.

    `channels`: names of the channels to notify; `link`: the page that shows the alerts; `decide`: the one on
    which held values are decided, for messages about one. Facts are read inside the
    transaction: an evaluation never uses older facts than the evaluation before it.
    """
    async with records.evaluating(clock()) as transaction:
        now = transaction.now
        evaluation = evaluate(await read(now), transaction.snapshot.rules)
        plan = step(transaction.snapshot, evaluation, now, channels)
        messages = {name: alert_message(lines, now, link, world, decide) for name, lines in plan.lines.items()}
        await transaction.apply(plan, messages)
    return plan


def alert_message(lines: Sequence[AlertLine], at: dt.datetime, link: str, world: str, decide: str = "") -> Message:
    """One message with all lines of an evaluation for one channel. The title names a world other than live."""
    prefix = "" if world == "live" else f"[{world}] "
    is_held = any(line.key.rule_id == HELD_RULE and line.status == "firing" for line in lines)
    return Message(
        kind="alert",
        title=prefix + alerts_title(lines),
        at=at,
        link=link,
        decide=decide if is_held else "",
        lines=tuple(lines),
    )
