"""The state machine: inactive -> pending -> firing -> resolved, and who is told of it. Pure; the clock is an argument.

An evaluation is one `step`: from what is stored and what the rules read to what is to be written and said. Cooldown
counts per alert and channel from the delivery on that channel; a message that still waits keeps further ones back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from desk.alerts.model import (
    AlertKey,
    AlertLine,
    AlertState,
    Evaluation,
    Event,
    Notice,
    Plan,
    Reading,
    Silence,
    Snapshot,
)
from desk.catalog.alert_rules import RuleSettings, rank_of


def step(snapshot: Snapshot, evaluation: Evaluation, now: dt.datetime, channels: Collection[str]) -> Plan:
    """One evaluation of every alert that is stored or that holds now. `channels`: names of those that are told."""
    states: dict[AlertKey, AlertState] = {}
    events: list[Event] = []
    for key in sorted(snapshot.states.keys() | evaluation.readings.keys()):
        before, reading = snapshot.states.get(key), evaluation.readings.get(key)
        after = next_state(before, reading, snapshot.rules.get(key.rule_id), evaluation.is_unknown(key), now, key)
        if after is not None:
            states[key] = after
            events += _events(before, after)
    firing = {key for key, state in states.items() if state.state == "firing"}
    firing |= {key for key, state in snapshot.states.items() if key not in states and state.state == "firing"}
    muted = {
        key: _muted(state, evaluation.readings.get(key), firing, snapshot.silences, now)
        for key, state in states.items()
        if state.is_open or _just_resolved(state, snapshot.states.get(key))
    }
    states = {key: _with_mute(state, muted) for key, state in states.items()}
    events += [event for key in muted for event in _mute_events(snapshot.states.get(key), states[key])]
    lines: dict[str, tuple[AlertLine, ...]] = {}
    notices: dict[tuple[AlertKey, str], Notice] = {}
    for channel in channels:
        said, kept, told = _tell(channel, states, snapshot, now)
        notices |= kept
        events += told
        if said:
            lines[channel] = said
    return Plan(_changed(states, snapshot.states), notices, tuple(events), lines)


def next_state(
    before: AlertState | None,
    reading: Reading | None,
    rule: RuleSettings | None,
    is_unknown: bool,
    now: dt.datetime,
    key: AlertKey,
) -> AlertState | None:
    """The alert's state after this evaluation; None for an alert that never was and does not hold."""
    if rule is None or not rule.enabled:
        closes = before is not None and before.is_open
        return replace(before, state="inactive", resolved_at=now, evaluated_at=now) if before and closes else before
    if reading is not None:
        return _holding(before, reading, rule, now, key)
    if before is None or not before.is_open:
        return before
    if is_unknown:
        return replace(before, evaluated_at=now)
    if before.state == "pending":
        return replace(before, state="inactive", resolved_at=now, evaluated_at=now)
    last_true = before.last_true_at or before.since
    if now - last_true < dt.timedelta(seconds=rule.keep_firing_seconds):
        return replace(before, evaluated_at=now)
    return replace(before, state="resolved", resolved_at=now, evaluated_at=now)


def _holding(
    before: AlertState | None, reading: Reading, rule: RuleSettings, now: dt.datetime, key: AlertKey
) -> AlertState:
    goes_on = before is not None and before.is_open
    since = before.since if before and goes_on else now
    is_firing = bool(before and before.state == "firing") or now - since >= dt.timedelta(seconds=rule.for_seconds)
    fired_at = before.fired_at if before and goes_on and before.fired_at else now if is_firing else None
    episode = before.episode if before and goes_on else (before.episode if before else 0) + 1
    return AlertState(
        key=key,
        state="firing" if is_firing else "pending",
        severity=reading.severity,
        value=reading.value,
        threshold=reading.threshold,
        summary=reading.summary,
        episode=episode,
        since=since,
        fired_at=fired_at,
        last_true_at=now,
        resolved_at=None,
        evaluated_at=now,
    )


def _muted(
    state: AlertState,
    reading: Reading | None,
    firing: Collection[AlertKey],
    silences: Collection[Silence],
    now: dt.datetime,
) -> tuple[str | None, int | None]:
    """What explains the alert, and what silences it. An alert whose metric is unknown now stays explained as it was."""
    if reading is None:
        explained = state.inhibited_by
    else:
        explained = next((key.text for key in reading.explained_by if key in firing and key != state.key), None)
    silence = next((item.silence_id for item in silences if silences_it(item, state.key, now)), None)
    return explained, silence


def silences_it(silence: Silence, key: AlertKey, now: dt.datetime) -> bool:
    return (
        silence.starts_at <= now < silence.ends_at
        and fnmatchcase(key.rule_id, silence.rule_pattern)
        and fnmatchcase(key.subject, silence.subject_pattern)
    )


def _with_mute(state: AlertState, muted: Mapping[AlertKey, tuple[str | None, int | None]]) -> AlertState:
    if state.key not in muted:
        return state
    explained, silence = muted[state.key]
    return replace(state, inhibited_by=explained, silence_id=silence)


def _tell(
    channel: str, states: Mapping[AlertKey, AlertState], snapshot: Snapshot, now: dt.datetime
) -> tuple[tuple[AlertLine, ...], dict[tuple[AlertKey, str], Notice], list[Event]]:
    """What this channel is told, its notices after that, and the events of it. The gravest first."""
    lines: list[AlertLine] = []
    notices: dict[tuple[AlertKey, str], Notice] = {}
    events: list[Event] = []
    for key, state in states.items():
        notice = snapshot.notices.get((key, channel))
        rule = snapshot.rules.get(key.rule_id)
        is_muted = state.inhibited_by is not None or state.silence_id is not None
        # What is only kept firing, or cannot be seen just now, is not said again.
        if state.state == "firing" and rule is not None and not is_muted and state.last_true_at == now:
            if may_say(state, notice, rule, now):
                lines.append(_firing_line(state, notice))
                delivered_at = notice.delivered_at if notice else None
                notices[key, channel] = Notice(state.episode, state.severity, True, delivered_at)
                events.append(_event(state, "queued", channel))
            elif notice is not None:
                notices[key, channel] = replace(notice, held_back=notice.held_back + 1)
        elif state.silence_id is None and _is_end_of(notice, state, snapshot.states.get(key)):
            lines.append(_resolved_line(state))
            events.append(_event(state, "queued", channel))
    order = {"firing": 0, "resolved": 1}
    lines.sort(key=lambda line: (order[line.said], -rank_of(line.severity), line.key))
    return tuple(lines), notices, events


def may_say(state: AlertState, notice: Notice | None, rule: RuleSettings, now: dt.datetime) -> bool:
    """Whether a firing alert is said on a channel now: never said, graver than what was said, or its time is over."""
    if notice is None or rank_of(state.severity) > rank_of(notice.severity):
        return True
    if notice.is_pending:
        return False
    if notice.delivered_at is None:
        return True
    is_new = notice.episode != state.episode
    seconds = rule.cooldown_seconds if is_new else max(rule.cooldown_seconds, rule.repeat_seconds)
    # A delivery that lies further ahead than the window was recorded by a clock that has been set back since.
    return abs(now - notice.delivered_at) >= dt.timedelta(seconds=seconds)


def _firing_line(state: AlertState, notice: Notice | None) -> AlertLine:
    return AlertLine(
        state.key,
        "firing",
        state.severity,
        state.value,
        state.threshold,
        state.summary,
        state.since,
        held_back=notice.held_back if notice else 0,
        held_since=notice.delivered_at if notice else None,
    )


def _resolved_line(state: AlertState) -> AlertLine:
    return AlertLine(
        state.key,
        "resolved",
        state.severity,
        state.value,
        state.threshold,
        state.summary,
        state.since,
        ended_at=state.resolved_at,
    )


def _is_end_of(notice: Notice | None, state: AlertState, before: AlertState | None) -> bool:
    """Whether the alert clears now and this channel was told of the episode that ends."""
    return _just_resolved(state, before) and notice is not None and notice.episode == state.episode


def _just_resolved(state: AlertState, before: AlertState | None) -> bool:
    return state.state == "resolved" and before is not None and before.state == "firing"


def _changed(after: Mapping[AlertKey, AlertState], before: Mapping[AlertKey, AlertState]) -> dict[AlertKey, AlertState]:
    return {key: state for key, state in after.items() if before.get(key) != state}


def _events(before: AlertState | None, after: AlertState) -> list[Event]:
    was = before.state if before else "inactive"
    is_new = before is None or before.episode != after.episode
    found = []
    if after.state == "firing" and (was != "firing" or is_new):
        found.append("firing")
    elif after.state == "pending" and (was != "pending" or is_new):
        found.append("pending")
    elif after.state == "resolved" and was == "firing":
        found.append("resolved")
    elif after.state == "inactive" and was in ("pending", "firing"):
        found.append("cancelled" if was == "pending" else "closed")
    elif after.state == "firing" and before and before.severity != after.severity:
        found.append("severity")
    return [_event(after, name) for name in found]


def _mute_events(before: AlertState | None, after: AlertState) -> list[Event]:
    found = []
    same = before is not None and before.episode == after.episode
    if after.inhibited_by and not (same and before and before.inhibited_by):
        found.append("inhibited")
    if after.silence_id is not None and not (same and before and before.silence_id is not None):
        found.append("silenced")
    return [_event(after, name) for name in found]


def _event(state: AlertState, name: str, channel: str | None = None) -> Event:
    return Event(state.key, state.episode, name, state.severity, state.value, state.threshold, state.summary, channel)
