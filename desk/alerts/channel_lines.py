"""Which alerts a channel's message names, and when the same alert may be sent again.

The cooldown counts per alert and channel from the delivery on that channel. While a message still waits in the outbox,
no further one is queued for the same alert, unless its severity has risen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from desk.alerts.model import AlertKey, AlertLine, AlertState, Event, Notice, Snapshot, event_of, just_resolved
from desk.catalog.alert_rules import RuleSettings, rank_of


@dataclass(frozen=True, slots=True)
class ChannelQueue:
    """What one evaluation queues for one channel. Lines: firing before resolved, the most severe first, then by key."""

    lines: tuple[AlertLine, ...]
    notices: Mapping[tuple[AlertKey, str], Notice]
    events: tuple[Event, ...]


def channel_queue(
    channel: str, states: Mapping[AlertKey, AlertState], snapshot: Snapshot, now: dt.datetime
) -> ChannelQueue:
    """The lines of one channel after an evaluation, its notices and the events of what is queued."""
    lines: list[AlertLine] = []
    notices: dict[tuple[AlertKey, str], Notice] = {}
    events: list[Event] = []
    for key, state in states.items():
        notice, rule = snapshot.notices.get((key, channel)), snapshot.rules.get(key.rule_id)
        if rule is not None and _is_news(state, now):
            if may_notify(state, notice, rule, now):
                lines.append(_firing_line(state, notice))
                events.append(event_of(state, "queued", channel))
                delivered_at = notice.delivered_at if notice else None
                notices[key, channel] = Notice(state.episode, state.severity, True, delivered_at)
            elif notice is not None:
                notices[key, channel] = replace(notice, held_back=notice.held_back + 1)
        elif state.silence_id is None and _ends_a_sent_episode(state, snapshot.states.get(key), notice):
            lines.append(_resolved_line(state))
            events.append(event_of(state, "queued", channel))
    lines.sort(key=lambda line: (line.status == "resolved", -rank_of(line.severity), line.key))
    return ChannelQueue(tuple(lines), notices, tuple(events))


def may_notify(state: AlertState, notice: Notice | None, rule: RuleSettings, now: dt.datetime) -> bool:
    """Whether a firing alert may be queued for a channel whose last notice of it is `notice`.

    Yes where there was none, where the severity has risen since, or where the cooldown since its delivery is over; a
    continued episode waits `repeat_seconds` where that is longer. No while the last notice waits in the outbox.
    """
    if notice is None or rank_of(state.severity) > rank_of(notice.severity):
        return True
    if notice.is_pending:
        return False
    if notice.delivered_at is None:
        return True
    is_new_episode = notice.episode != state.episode
    seconds = rule.cooldown_seconds if is_new_episode else max(rule.cooldown_seconds, rule.repeat_seconds)
    # A delivery that lies further ahead than the window was recorded by a clock that has been set back since.
    return abs(now - notice.delivered_at) >= dt.timedelta(seconds=seconds)


def _is_news(state: AlertState, now: dt.datetime) -> bool:
    """Firing, not muted, and its condition seen to hold in this evaluation: not only kept firing, nor unknown."""
    is_muted = state.inhibited_by is not None or state.silence_id is not None
    return state.state == "firing" and not is_muted and state.last_true_at == now


def _ends_a_sent_episode(state: AlertState, before: AlertState | None, notice: Notice | None) -> bool:
    """Whether the alert resolves now and the channel has had a notice of this episode."""
    return just_resolved(state, before) and notice is not None and notice.episode == state.episode


def _firing_line(state: AlertState, notice: Notice | None) -> AlertLine:
    return AlertLine(
        key=state.key,
        status="firing",
        severity=state.severity,
        value=state.value,
        threshold=state.threshold,
        summary=state.summary,
        since=state.since,
        held_back=notice.held_back if notice else 0,
        held_since=notice.delivered_at if notice else None,
    )


def _resolved_line(state: AlertState) -> AlertLine:
    return AlertLine(
        key=state.key,
        status="resolved",
        severity=state.severity,
        value=state.value,
        threshold=state.threshold,
        summary=state.summary,
        since=state.since,
        ended_at=state.resolved_at,
    )
