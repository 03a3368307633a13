"""The nouns of alerting. An alert is (rule, subject, condition); everything here is a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from desk.catalog.alert_rules import RuleSettings, Severity

Condition = Literal["threshold", "no_data", "error"]
"""threshold: the rule fires; no_data: its metric is missing or is not a number; error: the rule itself raised."""
StateName = Literal["inactive", "pending", "firing", "resolved"]
Said = Literal["firing", "resolved"]
ALL = "*"
"""The subject of what concerns every subject of a rule."""


class AlertKey(NamedTuple):
    rule_id: str
    subject: str
    condition: Condition = "threshold"

    @property
    def text(self) -> str:
        """One word for the outbox: messages that share one keep their order."""
        return "|".join(self)


@dataclass(frozen=True, slots=True)
class Reading:
    """A condition that holds now. `explained_by`: alerts which, firing, make this one no news (data lineage)."""

    key: AlertKey
    severity: Severity
    value: float | None
    threshold: float | None
    summary: str
    explained_by: tuple[AlertKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The conditions that hold now, by alert. What is not here does not hold, or is not known."""

    readings: Mapping[AlertKey, Reading]

    def is_unknown(self, key: AlertKey) -> bool:
        """Whether the alert could not be judged: its rule raised, or its metric is missing. It stays as it is."""
        if key.condition == "error":
            return False
        rule, subject = key.rule_id, key.subject
        blinds = {AlertKey(rule, ALL, "error"), AlertKey(rule, subject, "error"), AlertKey(rule, ALL, "no_data")}
        if key.condition == "threshold":
            blinds.add(AlertKey(rule, subject, "no_data"))
        return any(blind in self.readings for blind in blinds - {key})


@dataclass(frozen=True, slots=True)
class AlertState:
    """One row of alert_state: the alert's present episode."""

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
        return self.state in ("pending", "firing")


@dataclass(frozen=True, slots=True)
class Notice:
    """What one channel was last told of an alert. `is_pending`: it waits in the outbox; `delivered_at`: of the last
    that arrived, from which the cooldown counts; `held_back`: evaluations since that had
    something to say and did not."""

    episode: int
    severity: Severity
    is_pending: bool
    delivered_at: dt.datetime | None
    held_back: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    silence_id: int
    rule_pattern: str
    subject_pattern: str
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AlertLine:
    """What a message says of one alert. `ended_at` of a resolved one; `held_back` since `held_since` (the delivery)."""

    key: AlertKey
    said: Said
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
        return None if self.ended_at is None else self.ended_at - self.since


@dataclass(frozen=True, slots=True)
class Event:
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
    """What an evaluation begins from, read in its transaction."""

    rules: Mapping[str, RuleSettings]
    states: Mapping[AlertKey, AlertState]
    notices: Mapping[tuple[AlertKey, str], Notice]
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an evaluation writes, in the same transaction: changed states and notices, events, lines per channel."""

    states: Mapping[AlertKey, AlertState]
    notices: Mapping[tuple[AlertKey, str], Notice]
    events: tuple[Event, ...]
    lines: Mapping[str, tuple[AlertLine, ...]] = field(default_factory=dict)
