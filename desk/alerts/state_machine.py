"""The state machine of an alert: inactive -> pending -> firing -> resolved. Pure; the clock is an argument.

`step` is one evaluation of all alerts. It takes what is stored (`Snapshot`) and what the rules found (`Evaluation`) and
returns what is to be stored and sent (`AlertChanges`): the next state of each alert (here), what mutes it
(`desk.alerts.muting`), and the lines of each channel's message (`desk.alerts.channel_lines`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal

from desk.alerts.channel_lines import channel_queue
from desk.alerts.model import (
    AlertChanges,
    AlertKey,
    AlertState,
    Evaluation,
    Event,
    Reading,
    Snapshot,
    event_of,
    just_resolved,
)
from desk.alerts.muting import apply_muting, mute_events
from desk.catalog.alert_rules import RuleSettings

_CLOSING_EVENTS: Mapping[str, str] = {"pending": "cancelled", "firing": "closed"}
"""State before -> event, of an alert that a disabled rule or a condition that no longer holds makes inactive."""


def step(snapshot: Snapshot, evaluation: Evaluation, now: dt.datetime, channels: Collection[str]) -> AlertChanges:
    """One evaluation of every alert that is stored or whose condition holds now. `channels`: names of the active ones.

    Events are in the order: changes of state, mutings, lines queued by channel.
    """
    unmuted = _next_states(snapshot, evaluation, now)
    states = apply_muting(unmuted, snapshot, evaluation, now)
    queues = {channel: channel_queue(channel, states, snapshot, now) for channel in channels}
    events = [event for key, state in states.items() for event in _state_events(snapshot.states.get(key), state)]
    events += mute_events(states, snapshot.states)
    events += [event for queue in queues.values() for event in queue.events]
    return AlertChanges(
        states={key: state for key, state in states.items() if state != snapshot.states.get(key)},
        notices={place: notice for queue in queues.values() for place, notice in queue.notices.items()},
        events=tuple(events),
        lines={channel: queue.lines for channel, queue in queues.items() if queue.lines},
    )


def _next_states(snapshot: Snapshot, evaluation: Evaluation, now: dt.datetime) -> dict[AlertKey, AlertState]:
    """The state of every known alert after this evaluation, sorted by key."""
    states = {}
    for key in sorted(snapshot.states.keys() | evaluation.readings.keys()):
        before, reading, rule = snapshot.states.get(key), evaluation.readings.get(key), snapshot.rules.get(key.rule_id)
        after = next_state(before, reading, rule, evaluation.is_unknown(key), now)
        if after is not None:
            states[key] = after
    return states


def next_state(
    before: AlertState | None,
    reading: Reading | None,
    rule: RuleSettings | None,
    is_unknown: bool,
    now: dt.datetime,
) -> AlertState | None:
    """The alert's state after this evaluation; None for an alert that was never stored and does not hold.

    - A disabled rule closes its open alerts.
    - A condition that holds opens an episode or continues it.
    - An open alert whose condition cannot be evaluated (`is_unknown`) stays as it is.
    - An open alert whose condition no longer holds ends: pending becomes inactive; firing becomes resolved once the
      condition has not held for `keep_firing_seconds`.
    """
    is_open = before is not None and before.is_open
    if rule is None or not rule.enabled:
        return _ended(before, "inactive", now) if before and is_open else before
    if reading is not None:
        return _open_state(before, reading, rule, now)
    if before is None or not is_open:
        return before
    if is_unknown:
        return replace(before, evaluated_at=now)
    if before.state == "pending":
        return _ended(before, "inactive", now)
    last_true = before.last_true_at or before.since
    if now - last_true < dt.timedelta(seconds=rule.keep_firing_seconds):
        return replace(before, evaluated_at=now)
    return _ended(before, "resolved", now)


def _ended(before: AlertState, state: Literal["inactive", "resolved"], now: dt.datetime) -> AlertState:
    return replace(before, state=state, resolved_at=now, evaluated_at=now)


def _open_state(before: AlertState | None, reading: Reading, rule: RuleSettings, now: dt.datetime) -> AlertState:
    """The state of an alert whose condition holds: firing once it has held for `for_seconds`, pending until then.

    An open alert continues its episode; any other begins the next one.
    """
    if before is not None and before.is_open:
        episode, since, fired_at = before.episode, before.since, before.fired_at
        was_firing = before.state == "firing"
    else:
        episode, since, fired_at = (before.episode if before else 0) + 1, now, None
        was_firing = False
    is_firing = was_firing or now - since >= dt.timedelta(seconds=rule.for_seconds)
    return AlertState(
        key=reading.key,
        state="firing" if is_firing else "pending",
        severity=reading.severity,
        value=reading.value,
        threshold=reading.threshold,
        summary=reading.summary,
        episode=episode,
        since=since,
        fired_at=fired_at or (now if is_firing else None),
        last_true_at=now,
        resolved_at=None,
        evaluated_at=now,
    )


def _state_events(before: AlertState | None, after: AlertState) -> list[Event]:
    """At most one event: the change of state, or of the severity of an alert that goes on firing."""
    was = before.state if before else "inactive"
    is_new_episode = before is None or before.episode != after.episode
    if after.is_open and (after.state != was or is_new_episode):
        return [event_of(after, after.state)]
    if after.state == "firing" and before and before.severity != after.severity:
        return [event_of(after, "severity")]
    if just_resolved(after, before):
        return [event_of(after, "resolved")]
    if after.state == "inactive" and was in _CLOSING_EVENTS:
        return [event_of(after, _CLOSING_EVENTS[was])]
    return []
