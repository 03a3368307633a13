"""An alert book held by hand: steps of the state machine one after the other, deliveries when a test says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from desk.alerts.model import (
    AlertChanges,
    AlertKey,
    AlertLine,
    AlertState,
    Evaluation,
    Notice,
    Reading,
    Silence,
    Snapshot,
)
from desk.alerts.state_machine import step
from desk.catalog.alert_rules import RuleSettings, Severity, load_alerts

NINE_TWELVE = dt.datetime(2026, 11, 19, 12, 12, tzinfo=dt.UTC)  # São Paulo's
VAR = AlertKey("VAR_BREACH", "portfolio")


def at(minutes: float = 0, seconds: float = 0) -> dt.datetime:
    return NINE_TWELVE + dt.timedelta(minutes=minutes, seconds=seconds)


def reading(
    key: AlertKey = VAR,
    severity: Severity = "warning",
    value: float | None = 0.041,
    explained_by: tuple[AlertKey, ...] = (),
) -> Reading:
    return Reading(key, severity, value, 0.03, "words", explained_by)


def half_hourly() -> dict[str, RuleSettings]:
    """The desk's rules, with all that lasts said again after half an hour."""
    return {name: replace(rule, repeat_seconds=1800) for name, rule in load_alerts().rules.items()}


@dataclass
class Book:
    channels: tuple[str, ...] = ("mail",)
    rules: dict[str, RuleSettings] = field(default_factory=half_hourly)
    silences: tuple[Silence, ...] = ()
    states: dict[AlertKey, AlertState] = field(default_factory=dict)
    notices: dict[tuple[AlertKey, str], Notice] = field(default_factory=dict)
    last: AlertChanges | None = None

    def set_rule(self, rule_id: str, **changes: object) -> None:
        self.rules[rule_id] = replace(self.rules[rule_id], **changes)  # type: ignore[arg-type]

    def evaluate(self, now: dt.datetime, *readings: Reading) -> dict[str, tuple[AlertLine, ...]]:
        """One evaluation, written; the lines that are queued by channel."""
        snapshot = Snapshot(self.rules, dict(self.states), dict(self.notices), self.silences)
        plan = step(snapshot, Evaluation({item.key: item for item in readings}), now, self.channels)
        self.states |= plan.states
        self.notices |= plan.notices
        self.last = plan
        return dict(plan.lines)

    def deliver(self, now: dt.datetime, channels: Iterable[str] | None = None, key: AlertKey = VAR) -> None:
        """The sender records that what waits for `key` has arrived."""
        for channel in channels or self.channels:
            notice = self.notices[key, channel]
            self.notices[key, channel] = replace(notice, is_pending=False, delivered_at=now)

    @property
    def events(self) -> list[str]:
        return [event.event for event in self.last.events] if self.last else []
