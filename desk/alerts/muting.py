"""What mutes an alert: another alert that explains it (inhibition), or a silence that a person has set.

A muted alert keeps its state and is not sent. Inhibition follows the data: a source that failed explains the age of
what it feeds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from desk.alerts.model import (
    AlertKey,
    AlertState,
    Evaluation,
    Event,
    Reading,
    Silence,
    Snapshot,
    event_of,
    just_resolved,
)


def apply_muting(
    states: Mapping[AlertKey, AlertState], snapshot: Snapshot, evaluation: Evaluation, now: dt.datetime
) -> dict[AlertKey, AlertState]:
    """The states with `inhibited_by` and `silence_id` of alerts that are open or resolve now; others stay as they
    are."""
    firing = {key for key, state in states.items() if state.state == "firing"}
    return {
        key: replace(
            state,
            inhibited_by=_inhibitor(state, evaluation.readings.get(key), firing),
            silence_id=next((item.silence_id for item in snapshot.silences if is_silenced(item, key, now)), None),
        )
        if _may_be_muted(state, snapshot.states.get(key))
        else state
        for key, state in states.items()
    }


def mute_events(states: Mapping[AlertKey, AlertState], before: Mapping[AlertKey, AlertState]) -> list[Event]:
    """`inhibited` and `silenced` of alerts that were not so in the same episode before."""
    events = []
    for key, state in states.items():
        was = before.get(key)
        if not _may_be_muted(state, was):
            continue
        same_episode = was if was is not None and was.episode == state.episode else None
        if state.inhibited_by and not (same_episode and same_episode.inhibited_by):
            events.append(event_of(state, "inhibited"))
        if state.silence_id is not None and (same_episode is None or same_episode.silence_id is None):
            events.append(event_of(state, "silenced"))
    return events


def is_silenced(silence: Silence, key: AlertKey, now: dt.datetime) -> bool:
    """Whether the silence is in force at `now` (its end excluded) and its patterns, with `*` and `?`, match the
    alert."""
    return (
        silence.starts_at <= now < silence.ends_at
        and fnmatchcase(key.rule_id, silence.rule_pattern)
        and fnmatchcase(key.subject, silence.subject_pattern)
    )


def _may_be_muted(state: AlertState, before: AlertState | None) -> bool:
    return state.is_open or just_resolved(state, before)


def _inhibitor(state: AlertState, reading: Reading | None, firing: Collection[AlertKey]) -> str | None:
    """Text of the first firing alert that explains this one. An alert without a reading stays inhibited as it was."""
    if reading is None:
        return state.inhibited_by
    return next((key.text for key in reading.explained_by if key in firing and key != state.key), None)
