"""The Automations that watch our runs, as declarations; `alvorada automations apply` brings a Prefect server to them.

Every trigger is held to our own deployments: a sub-flow's run belongs to no deployment, so one whose failure its parent
handled pages nobody. `notify` is not watched: its own failure would ask it to tell of itself, for ever.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect.events.actions import DoNothing, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

PREFIX = "alvorada: "
"""Ours by name: `apply` removes what begins like this and is not declared, and touches nothing else."""
RUN = "prefect.flow-run"
BAD = frozenset({f"{RUN}.Failed", f"{RUN}.Crashed", f"{RUN}.TimedOut"})
GOOD = frozenset({f"{RUN}.Completed", f"{RUN}.CompletedWithGaps", f"{RUN}.Reproduced"})
ENDED = BAD | GOOD | {f"{RUN}.Cancelled"}
NOTIFY = "notify/notify"
DAILY = "daily/daily"
ONE_BY_ONE = (DAILY, "backfill/backfill")
"""Each bad run of these is told. Of what runs every few minutes, one an hour."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`stuck`: a daily run that is still running after this (its own time-out is an hour); `silence`: without a
    completed daily run; `again`: the least time between two messages about a deployment that runs every few minutes."""

    stuck: dt.timedelta = dt.timedelta(minutes=75)
    silence: dt.timedelta = dt.timedelta(hours=26)
    again: dt.timedelta = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Doors:
    """Who is told. `slack`, `mail`: documents of notification blocks; `notify`: the deployment that sends mail where
    the server cannot (Prefect Cloud). `escape`: the Slack block takes mrkdwn as it comes."""

    slack: UUID | None = None
    mail: UUID | None = None
    notify: UUID | None = None
    escape: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """One automation. `about`: what it says of itself in Prefect's UI; `runbook`: the heading in docs/runbook.md."""

    name: str
    about: str
    trigger: EventTrigger
    subject: str
    runbook: str
    about_run: bool = True


def declared(deployments: Mapping[str, UUID], limits: Thresholds | None = None) -> tuple[Declared, ...]:
    """`deployments`: `flow/deployment` -> id, of this project. Without the daily one there is nothing to watch."""
    limits = limits or Thresholds()
    single = [deployments[name] for name in ONE_BY_ONE if name in deployments]
    often = [id for name, id in sorted(deployments.items()) if name not in (*ONE_BY_ONE, NOTIFY)]
    found = [
        Declared("run failed", "A run failed, crashed or timed out.", _each(BAD, single), _STATE, "A run failed"),
        Declared("run late", "A run should have started and has not.", _each({f"{RUN}.Late"}, single), _LATE, "Late"),
    ]
    if often:
        hourly = {"within": limits.again, "for_each": {"related:deployment:prefect.resource.id"}}
        found += [
            Declared(
                "frequent run failed", "As above, of what runs every few minutes: once an hour each.",
                _each(BAD, often, **hourly), _STATE, "A run failed",
            ),
            Declared(
                "frequent run late", "As above, of what runs every few minutes: once an hour each.",
                _each({f"{RUN}.Late"}, often, **hourly), _LATE, "Late",
            ),
        ]  # fmt: skip
    if DAILY in deployments:
        found += _of_daily(deployments[DAILY], limits)
    return tuple(found)


def _of_daily(daily: UUID, limits: Thresholds) -> list[Declared]:
    stuck, silence = _words(limits.stuck), _words(limits.silence)
    return [
        Declared(
            "run with gaps", "The daily run completed without some of its data.",
            _each({f"{RUN}.CompletedWithGaps"}, [daily]), "Run {{ flow_run.name }} completed with gaps", "Gaps",
        ),
        Declared(
            "run stuck", f"The daily run is still running after {stuck}.",
            _absent(ENDED, [daily], limits.stuck, after={f"{RUN}.Running"}, for_each={"prefect.resource.id"}),
            f"Run {{{{ flow_run.name }}}} is stuck: running for more than {stuck}", "Stuck",
        ),
        Declared(
            "no completed run", f"No daily run completed within {silence}.",
            _absent(GOOD, [daily], limits.silence), f"No daily run completed within {silence}", "Late",
            about_run=False,
        ),
    ]  # fmt: skip


def _words(span: dt.timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, name in ((3600, "h"), (60, "minutes")):
        if seconds % size == 0 and seconds:
            return f"{seconds // size} {name}"
    return f"{seconds} s"


def _each(expect: set[str] | frozenset[str], ids: Sequence[UUID], **more: Any) -> EventTrigger:
    return _trigger(expect, ids, posture=Posture.Reactive, **more)


def _absent(expect: set[str] | frozenset[str], ids: Sequence[UUID], within: dt.timedelta, **more: Any) -> EventTrigger:
    return _trigger(expect, ids, posture=Posture.Proactive, within=within, **more)


def _trigger(expect: set[str] | frozenset[str], ids: Sequence[UUID], **more: Any) -> EventTrigger:
    common = {"expect": set(expect), "match": _RUNS, "match_related": _ours(ids), "threshold": 1}
    return EventTrigger.parse_obj({**common, **more})


def _ours(ids: Sequence[UUID]) -> dict[str, Any]:
    return {
        "prefect.resource.role": "deployment",
        "prefect.resource.id": [f"prefect.deployment.{id}" for id in sorted(ids)],
    }


def automation(wanted: Declared, doors: Doors) -> AutomationCore:
    """As Prefect takes it. With no door it does nothing, and its description says so."""
    subject = f"Alvorada: {wanted.subject}"
    actions: list[Any] = []
    if doors.slack:
        escape = _MRKDWN if doors.escape else ""
        title, text = _through(subject, escape), body(wanted, escape)
        actions.append(SendNotification(block_document_id=doors.slack, subject=title, body=text))
    if doors.mail:
        actions.append(SendNotification(block_document_id=doors.mail, subject=subject, body=body(wanted)))
    elif doors.notify:
        told = {"subject": subject, "body": body(wanted)}
        asked = {"source": "selected", "deployment_id": doors.notify, "parameters": told}
        actions.append(RunDeployment.parse_obj(asked))
    about = wanted.about if actions else f"{wanted.about} TELLS NOBODY: neither Slack nor mail is configured."
    name = f"{PREFIX}{wanted.name}"
    return AutomationCore.parse_obj(
        {"name": name, "description": about, "trigger": wanted.trigger, "actions": actions or [DoNothing()]}
    )


def body(wanted: Declared, escape: str = "") -> str:
    """Flow, run, state, link, message, in Prefect's Jinja. The message is last: whatever is in it, the link stands
    above it. `escape`: filters for each value."""
    about_run = [
        f"Flow: {_value('flow.name', escape)}",
        f"Run: {_value('flow_run.name', escape)}",
        f"State: {_value('flow_run.state.name', escape)}, since {_value('flow_run.state.timestamp', escape)}",
        "Link: {{ event.resource|ui_url }}",  # of `flow_run` the filter knows no address
    ]
    last = f"Message: {{{{ flow_run.state.message|default('none', true)|truncate(2000, true){escape} }}}}"
    lines = [wanted.about, *(about_run if wanted.about_run else [])]
    lines += [f"What to do: docs/runbook.md, {wanted.runbook!r}", *([last] if wanted.about_run else [])]
    return "\n".join(lines)


def _value(path: str, escape: str) -> str:
    return f"{{{{ {path}|string|replace('\\n', ' ')|truncate(200, true){escape} }}}}"


def _through(template: str, escape: str) -> str:
    return template.replace(" }}", f"{escape} }}}}") if escape else template


_MRKDWN = "|replace('&', '&amp;')|replace('<', '&lt;')|replace('>', '&gt;')"
_RUNS = {"prefect.resource.id": f"{RUN}.*"}
_STATE = "{{ flow.name }} run {{ flow_run.name }}: {{ flow_run.state.name }}"
_LATE = "{{ flow.name }} run {{ flow_run.name }} is late"
