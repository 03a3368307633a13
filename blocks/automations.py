"""The Automations that watch our runs: a table of specifications, and the function that gives one to Prefect.

Each trigger is limited to our own deployments. The run of a sub-flow belongs to no deployment, so a failure that its
parent handled sends no message. The deployment `notify` is not watched: it sends these messages, and a failure of its
own would call it again without end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from prefect.events.actions import DoNothing, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

PREFIX = "alvorada: "
"""Of the names of our Automations: `apply` removes one that has it and is not in the table, and leaves all others."""
DAILY, BACKFILL, NOTIFY = "daily/daily", "backfill/backfill", "notify/notify"
"""`flow/deployment` of prefect.yaml."""

FAILED = frozenset({"Failed", "Crashed", "TimedOut"})
COMPLETED = frozenset({"Completed", "CompletedWithGaps", "ActionsHeld", "Reproduced"})
ENDED = FAILED | COMPLETED | {"Cancelled"}
"""Names of flow run states, as Prefect's events carry them."""

Watched = Literal["daily", "main", "frequent"]
"""Deployments: the daily run; daily run and backfill; all others, which run every few minutes."""

STATE_SUBJECT = "{{ flow.name }} run {{ flow_run.name }}: {{ flow_run.state.name }}"
LATE_SUBJECT = "{{ flow.name }} run {{ flow_run.name }} is late"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Time limits of the Automations.

    stuck              a daily run that still runs after this (its own time-out is an hour)
    no_completed_run   without a completed daily run
    message_interval   between two messages about one deployment that runs every few minutes
    """

    stuck: dt.timedelta = dt.timedelta(minutes=75)
    no_completed_run: dt.timedelta = dt.timedelta(hours=26)
    message_interval: dt.timedelta = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NotificationTargets:
    """Where messages go. Without any, an Automation does nothing and its description says so.

    slack         id of a notification block's document
    mail          id of a notification block's document
    notify        id of the deployment that sends mail where the server cannot (Prefect Cloud)
    escape_slack  the Slack block takes text as mrkdwn, so values in it must be escaped
    """

    slack: UUID | None = None
    mail: UUID | None = None
    notify: UUID | None = None
    escape_slack: bool = False


@dataclass(frozen=True, slots=True)
class AutomationSpec:
    """One Automation. It sends a message when a run of the `watched` deployments enters one of `states`.

    description       shown in Prefect's UI, and the first line of the message
    subject           of the message, a template of Prefect's
    runbook           the heading in docs/runbook.md that says what to do
    message_interval  at most one message per deployment in this time
    absent_for        reversed: it sends a message when none of `states` is entered for this long
    after             with `absent_for`: counted for each run from these states on, instead of always
    about_run         the message describes the run of the event; False where there is no such run
    """

    name: str
    description: str
    watched: Watched
    states: frozenset[str]
    subject: str
    runbook: str
    message_interval: dt.timedelta | None = None
    absent_for: dt.timedelta | None = None
    after: frozenset[str] = frozenset()
    about_run: bool = True


def automation_specs(limits: Thresholds) -> tuple[AutomationSpec, ...]:
    """The table of all Automations."""
    stuck, no_completed_run = _duration_text(limits.stuck), _duration_text(limits.no_completed_run)
    return (
        AutomationSpec(
            "run failed",
            "A run failed, crashed or timed out.",
            watched="main",
            states=FAILED,
            subject=STATE_SUBJECT,
            runbook="A run failed",
        ),
        AutomationSpec(
            "run late",
            "A run should have started and has not.",
            watched="main",
            states=frozenset({"Late"}),
            subject=LATE_SUBJECT,
            runbook="Late",
        ),
        AutomationSpec(
            "frequent run failed",
            "As above, of what runs every few minutes: once an hour each.",
            watched="frequent",
            states=FAILED,
            subject=STATE_SUBJECT,
            runbook="A run failed",
            message_interval=limits.message_interval,
        ),
        AutomationSpec(
            "frequent run late",
            "As above, of what runs every few minutes: once an hour each.",
            watched="frequent",
            states=frozenset({"Late"}),
            subject=LATE_SUBJECT,
            runbook="Late",
            message_interval=limits.message_interval,
        ),
        AutomationSpec(
            "run with gaps",
            "The daily run completed without some of its data.",
            watched="daily",
            states=frozenset({"CompletedWithGaps"}),
            subject="Run {{ flow_run.name }} completed with gaps",
            runbook="Gaps",
        ),
        AutomationSpec(
            "run stuck",
            f"The daily run is still running after {stuck}.",
            watched="daily",
            states=ENDED,
            subject=f"Run {{{{ flow_run.name }}}} is stuck: running for more than {stuck}",
            runbook="Stuck",
            absent_for=limits.stuck,
            after=frozenset({"Running"}),
        ),
        AutomationSpec(
            "no completed run",
            f"No daily run completed within {no_completed_run}.",
            watched="daily",
            states=COMPLETED,
            subject=f"No daily run completed within {no_completed_run}",
            runbook="Late",
            absent_for=limits.no_completed_run,
            about_run=False,
        ),
    )


def automations(
    deployments: Mapping[str, UUID], targets: NotificationTargets, limits: Thresholds | None = None
) -> list[AutomationCore]:
    """Every Automation in Prefect's form, but those whose deployments are all missing.

    `deployments`: `flow/deployment` -> id, of this project.
    """
    ids = deployments_by_group(deployments)
    specs = automation_specs(limits or Thresholds())
    return [automation(spec, ids[spec.watched], targets) for spec in specs if ids[spec.watched]]


def deployments_by_group(deployments: Mapping[str, UUID]) -> dict[Watched, list[UUID]]:
    """The ids of each group of deployments that the table names; `notify` is in none."""
    named = (DAILY, BACKFILL, NOTIFY)
    return {
        "daily": [deployments[DAILY]] if DAILY in deployments else [],
        "main": [deployments[name] for name in (DAILY, BACKFILL) if name in deployments],
        "frequent": [id for name, id in deployments.items() if name not in named],
    }


def automation(spec: AutomationSpec, deployment_ids: Sequence[UUID], targets: NotificationTargets) -> AutomationCore:
    """One specification in Prefect's form, for runs of these deployments."""
    actions = _actions(spec, targets)
    no_target = "" if actions else " TELLS NOBODY: neither Slack nor mail is configured."
    return AutomationCore.parse_obj(
        {
            "name": f"{PREFIX}{spec.name}",
            "description": f"{spec.description}{no_target}",
            "trigger": _trigger(spec, deployment_ids),
            "actions": actions or [DoNothing()],
        }
    )


def _trigger(spec: AutomationSpec, deployment_ids: Sequence[UUID]) -> EventTrigger:
    trigger: dict[str, Any] = {
        "posture": Posture.Reactive if spec.absent_for is None else Posture.Proactive,
        "expect": _events(spec.states),
        "match": {"prefect.resource.id": "prefect.flow-run.*"},
        "match_related": {
            "prefect.resource.role": "deployment",
            "prefect.resource.id": [f"prefect.deployment.{id}" for id in sorted(deployment_ids)],
        },
        "threshold": 1,
    }
    if spec.message_interval is not None:
        trigger |= {"within": spec.message_interval, "for_each": {"related:deployment:prefect.resource.id"}}
    if spec.absent_for is not None:
        trigger |= {"within": spec.absent_for}
    if spec.after:
        trigger |= {"after": _events(spec.after), "for_each": {"prefect.resource.id"}}
    return EventTrigger.parse_obj(trigger)


def _events(states: frozenset[str]) -> set[str]:
    return {f"prefect.flow-run.{state}" for state in states}


def _actions(spec: AutomationSpec, targets: NotificationTargets) -> list[Any]:
    subject = f"Alvorada: {spec.subject}"
    actions: list[Any] = []
    if targets.slack:
        filters = _ESCAPE_MRKDWN if targets.escape_slack else ""
        escaped_subject = subject.replace(" }}", f"{filters} }}}}")
        actions.append(
            SendNotification(block_document_id=targets.slack, subject=escaped_subject, body=message_body(spec, filters))
        )
    if targets.mail:
        actions.append(SendNotification(block_document_id=targets.mail, subject=subject, body=message_body(spec)))
    elif targets.notify:
        parameters = {"subject": subject, "body": message_body(spec)}
        run = {"source": "selected", "deployment_id": targets.notify, "parameters": parameters}
        actions.append(RunDeployment.parse_obj(run))
    return actions


def message_body(spec: AutomationSpec, filters: str = "") -> str:
    """The message as a Jinja template of Prefect's: flow, run, state, link, what to do, the state's message.

    The state's message comes last: whatever text it has, the link stands above it. `filters`: Jinja filters for each
    value.
    """
    lines = [spec.description]
    if spec.about_run:
        lines += [
            f"Flow: {_value('flow.name', filters)}",
            f"Run: {_value('flow_run.name', filters)}",
            f"State: {_value('flow_run.state.name', filters)}, since {_value('flow_run.state.timestamp', filters)}",
            "Link: {{ event.resource|ui_url }}",  # the filter knows no address of `flow_run`
        ]
    lines.append(f"What to do: docs/runbook.md, {spec.runbook!r}")
    if spec.about_run:
        text = f"flow_run.state.message|default('none', true)|truncate(2000, true){filters}"
        lines.append(f"Message: {{{{ {text} }}}}")
    return "\n".join(lines)


def _value(path: str, filters: str) -> str:
    return f"{{{{ {path}|string|replace('\\n', ' ')|truncate(200, true){filters} }}}}"


def _duration_text(span: dt.timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, unit in ((3600, "h"), (60, "minutes")):
        if seconds % size == 0 and seconds:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


_ESCAPE_MRKDWN = "|replace('&', '&amp;')|replace('<', '&lt;')|replace('>', '&gt;')"
