"""The Automations that watch our runs: a table of specifications, and the function that gives one to Prefect.

Each trigger is limited to our own deployments. The run of a sub-flow belongs to no deployment, so a failure that its
parent handled sends no message. The deployment `notify` is not watched: it sends these messages, and a failure of its
own would call it again without end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect.events.actions import DoNothing, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

PREFIX = "alvorada: "
"""Of the names of our Automations: `apply` removes one that has it and is not in the table, and leaves all others."""
DAILY, BACKFILL, VERIFY, NOTIFY = "daily/daily", "backfill/backfill", "verify/verify", "notify/notify"
"""`flow/deployment` of prefect.yaml."""

FAILED = frozenset({"Failed", "Crashed", "TimedOut"})
COMPLETED = frozenset({"Completed", "CompletedWithGaps", "ActionsHeld", "Reproduced"})
ENDED = FAILED | COMPLETED | {"AlreadyRunning", "Cancelled"}
"""Names of flow run states, as Prefect's events carry them."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`stuck`: a daily run that still runs after this; it ends itself after an hour."""

    stuck: dt.timedelta = dt.timedelta(minutes=75)


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
    """One Automation. It sends a message when a run of the deployment `watched` enters one of `states`.

    description       shown in Prefect's UI, and the first line of the message
    subject           of the message, a template of Prefect's
    runbook           the heading in docs/runbook.md that says what to do
    absent_for        reversed: it sends a message when none of `states` is entered for this long after `after`
    """

    name: str
    description: str
    watched: str
    states: frozenset[str]
    subject: str
    runbook: str
    absent_for: dt.timedelta | None = None
    after: frozenset[str] = frozenset()


Words = Callable[..., str]
"""An English text with `{}`, and what stands in it, in the language of those whom the messages reach."""


def english(text: str, *parts: str) -> str:
    """The text with `parts` in place of its `{}`."""
    return text.format(*parts) if parts else text


def automation_specs(limits: Thresholds, words: Words = english) -> tuple[AutomationSpec, ...]:
    """The table of all Automations: what nothing but Prefect knows at once.

    A failed or late daily run, its gaps and its sources are told by the alert rules, which know B3's calendar; alerts
    that are not evaluated, PostgreSQL and Prefect by the watchdog. No Automation repeats these.
    """
    stuck = _duration_text(limits.stuck)
    subject = words("{} run {}: {}", "{{ flow.name }}", "{{ flow_run.name }}", "{{ flow_run.state.name }}")
    return (
        AutomationSpec(
            "run crashed",
            words("The process of a daily run was killed. It is started again, at most three times a day."),
            watched=DAILY,
            states=frozenset({"Crashed"}),
            subject=subject,
            runbook="A run failed",
        ),
        AutomationSpec(
            "backfill failed",
            words("A backfill failed, crashed or timed out."),
            watched=BACKFILL,
            states=FAILED,
            subject=subject,
            runbook="A run failed",
        ),
        AutomationSpec(
            "verification failed",
            words("The weekly verification has found a record that is not what was decided, or it could not be made."),
            watched=VERIFY,
            states=FAILED,
            subject=subject,
            runbook="A verification failed",
        ),
        AutomationSpec(
            "run stuck",
            words("The daily run is still running after {}.", stuck),
            watched=DAILY,
            states=ENDED,
            subject=words("Run {} is stuck: running for more than {}", "{{ flow_run.name }}", stuck),
            runbook="Stuck",
            absent_for=limits.stuck,
            after=frozenset({"Running"}),
        ),
    )


def automations(
    deployments: Mapping[str, UUID],
    targets: NotificationTargets,
    limits: Thresholds | None = None,
    words: Words = english,
) -> list[AutomationCore]:
    """Every Automation in Prefect's form, but those whose deployments are all missing.

    `deployments`: `flow/deployment` -> id, of this project. `words`: their language; one message goes to everybody.
    """
    specs = automation_specs(limits or Thresholds(), words)
    watched = [spec for spec in specs if spec.watched in deployments]
    return [automation(spec, deployments[spec.watched], targets, words) for spec in watched]


def automation(
    spec: AutomationSpec, deployment: UUID, targets: NotificationTargets, words: Words = english
) -> AutomationCore:
    """One specification in Prefect's form, for runs of this deployment."""
    actions = _actions(spec, targets, words)
    no_target = "" if actions else " " + words("TELLS NOBODY: neither Slack nor mail is configured.")
    return AutomationCore.parse_obj(
        {
            "name": f"{PREFIX}{spec.name}",
            "description": f"{spec.description}{no_target}",
            "trigger": _trigger(spec, deployment),
            "actions": actions or [DoNothing()],
        }
    )


def _trigger(spec: AutomationSpec, deployment: UUID) -> EventTrigger:
    trigger: dict[str, Any] = {
        "posture": Posture.Reactive if spec.absent_for is None else Posture.Proactive,
        "expect": _events(spec.states),
        "match": {"prefect.resource.id": "prefect.flow-run.*"},
        "match_related": {
            "prefect.resource.role": "deployment",
            "prefect.resource.id": [f"prefect.deployment.{deployment}"],
        },
        "threshold": 1,
    }
    if spec.absent_for is not None:
        of_each_run = {"after": _events(spec.after), "for_each": {"prefect.resource.id"}}
        trigger |= {"within": spec.absent_for, **of_each_run}
    return EventTrigger.parse_obj(trigger)


def _events(states: frozenset[str]) -> set[str]:
    return {f"prefect.flow-run.{state}" for state in states}


def _actions(spec: AutomationSpec, targets: NotificationTargets, words: Words) -> list[Any]:
    subject = f"Alvorada: {spec.subject}"
    actions: list[Any] = []
    if targets.slack:
        filters = _ESCAPE_MRKDWN if targets.escape_slack else ""
        escaped_subject = subject.replace(" }}", f"{filters} }}}}")
        actions.append(
            SendNotification(
                block_document_id=targets.slack, subject=escaped_subject, body=message_body(spec, filters, words)
            )
        )
    if targets.mail:
        actions.append(
            SendNotification(block_document_id=targets.mail, subject=subject, body=message_body(spec, words=words))
        )
    elif targets.notify:
        parameters = {"subject": subject, "body": message_body(spec, words=words)}
        run = {"source": "selected", "deployment_id": targets.notify, "parameters": parameters}
        actions.append(RunDeployment.parse_obj(run))
    return actions


def message_body(spec: AutomationSpec, filters: str = "", words: Words = english) -> str:
    """The message as a Jinja template of Prefect's: flow, run, state, link, what to do, the state's message.

    The state's message comes last: whatever text it has, the link stands above it. `filters`: Jinja filters for each
    value.
    """
    since = "flow_run.state.timestamp.in_timezone('America/Sao_Paulo').strftime('%d %b %Y %H:%M')"
    text = f"flow_run.state.message|truncate(2000, true){filters}"
    lines = [
        spec.description,
        words("Flow: {}", _value("flow.name", filters)),
        words("Run: {}", _value("flow_run.name", filters)),
        words("State: {}, since {} São Paulo", _value("flow_run.state.name", filters), _value(since, filters)),
        words("Link: {}", "{{ event.resource|ui_url }}"),  # the filter knows no address of `flow_run`
        words("What to do: docs/runbook.md, {}", repr(spec.runbook)),
        f"{{% if flow_run.state.message %}}{words('Message: {}', f'{{{{ {text} }}}}')}{{% endif %}}",
    ]
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
