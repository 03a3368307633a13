"""The records of alerting. An alert is (rule, subject, condition); every record is immutable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from desk.catalog.alert_rules import RuleSettings, Severity

Condition = Literal["threshold", "no_data", "error"]
"""threshold: the rule fires; no_data: its metric is missing or not a number; error: the rule itself raised."""
StateName = Literal["inactive", "pending", "firing", "resolved"]
LineStatus = Literal["firing", "resolved"]
ALL = "*"
"""The subject of an alert that concerns every subject of its rule."""


class AlertKey(NamedTuple):
    """What identifies an alert: the rule, what it is about (an instrument, a source, a limit), and the condition."""

    rule_id: str
    subject: str
    condition: Condition = "threshold"

    @property
    def text(self) -> str:
        """The key as one text, which orders the outbox: messages that share one keep their order."""
        return "|".join(self)


@dataclass(frozen=True, slots=True)
class Reading:
    """A condition that holds now. `explained_by`: alerts that mute this one while they fire, by data lineage."""

    key: AlertKey
    severity: Severity
    value: float | None
    threshold: float | None
    summary: str
    explained_by: tuple[AlertKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The conditions that hold now, by alert. An alert without a reading does not hold, or is unknown."""

    readings: Mapping[AlertKey, Reading]

    def is_unknown(self, key: AlertKey) -> bool:
        """Whether the alert could not be evaluated, because its rule raised or its metric is missing."""
        if key.condition == "error":
            return False
        rule, subject = key.rule_id, key.subject
        blocking = {AlertKey(rule, ALL, "error"), AlertKey(rule, subject, "error"), AlertKey(rule, ALL, "no_data")}
        if key.condition == "threshold":
            blocking.add(AlertKey(rule, subject, "no_data"))
        return any(other in self.readings for other in blocking - {key})


@dataclass(frozen=True, slots=True)
class AlertState:
    """One row of alert_state: the alert's latest episode, from the first time its condition holds to its end."""

    key: AlertKey
    state: StateName
    severity: Severity
    value: float | None
    threshold: float | None
    summary: str
    episode: int
    since: dt.datetime
    fired_at: dt.datetime | None
    last_true_at: dt.datetime | None
    resolved_at: dt.datetime | None
    evaluated_at: dt.datetime
    inhibited_by: str | None = None
    silence_id: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the episode goes on: pending or firing."""
        return self.state in ("pending", "firing")


@dataclass(frozen=True, slots=True)
class Notice:
    """The last message about an alert on one channel.

    `is_pending`: it waits in the outbox. `delivered_at`: the time of the last delivery, from which the cooldown counts.
    `held_back`: evaluations since then in which the alert fired and was not sent.
    """

    episode: int
    severity: Severity
    is_pending: bool
    delivered_at: dt.datetime | None
    held_back: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """A person's order not to send alerts whose rule and subject match the patterns (`*`, `?`) for a time."""

    silence_id: int
    rule_pattern: str
    subject_pattern: str
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert in a message. `ended_at` is set on a resolved one; `held_back` counts since `held_since`, the
    delivery."""

    key: AlertKey
    status: LineStatus
    severity: Severity
    value: float | None
    threshold: float | None
    summary: str
    since: dt.datetime
    ended_at: dt.datetime | None = None
    held_back: int = 0
    held_since: dt.datetime | None = None

    @property
    def lasted(self) -> dt.timedelta | None:
        """Length of the episode; None while it goes on."""
        return None if self.ended_at is None else self.ended_at - self.since


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the alert log: what happened to an alert, and on which channel where it is about one."""

    key: AlertKey
    episode: int
    event: str
    severity: Severity
    value: float | None
    threshold: float | None
    summary: str
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The stored rules, states, notices and silences, read in the transaction of the evaluation."""

    rules: Mapping[str, RuleSettings]
    states: Mapping[AlertKey, AlertState]
    notices: Mapping[tuple[AlertKey, str], Notice]
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What an evaluation writes in the same transaction: changed states and notices, events, lines by channel."""

    states: Mapping[AlertKey, AlertState]
    notices: Mapping[tuple[AlertKey, str], Notice]
    events: tuple[Event, ...]
    lines: Mapping[str, tuple[AlertLine, ...]] = field(default_factory=dict)


def event_of(state: AlertState, name: str, channel: str | None = None) -> Event:
    """The event `name` with the alert's present numbers."""
    return Event(state.key, state.episode, name, state.severity, state.value, state.threshold, state.summary, channel)


def just_resolved(state: AlertState, before: AlertState | None) -> bool:
    """Whether the alert was firing before this evaluation and resolves with it."""
    return state.state == "resolved" and before is not None and before.state == "firing"
