"""The Automations without a server: which deployments they watch, and what they send on Prefect Cloud."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

from prefect.events.actions import RunDeployment, SendNotification
from prefect.events.schemas.automations import EventTrigger
from prefect.server.utilities.user_templates import render_user_template_sync
from prefect.states import Crashed

from blocks.automations import (
    BACKFILL,
    DAILY,
    NOTIFY,
    VERIFY,
    NotificationTargets,
    Thresholds,
    automation_specs,
    automations,
)
from flows.notify import message_of

IDS = {name: uuid4() for name in (DAILY, "backfill/backfill", VERIFY, "alerts/alerts", NOTIFY)}


def test_every_trigger_is_limited_to_our_deployments_and_none_watches_notify() -> None:
    watched: set[str] = set()
    for core in automations(IDS, NotificationTargets()):
        assert isinstance(core.trigger, EventTrigger)
        related = core.trigger.match_related.deepcopy()
        assert related["prefect.resource.role"] == ["deployment"]
        watched |= set(related["prefect.resource.id"])
    assert watched == {f"prefect.deployment.{IDS[name]}" for name in (DAILY, BACKFILL, VERIFY)}


def test_on_cloud_slack_gets_escaped_text_and_mail_goes_by_the_notify_deployment() -> None:
    slack, notify = uuid4(), IDS[NOTIFY]
    core = automations(IDS, NotificationTargets(slack=slack, notify=notify, escape_slack=True))[0]
    posted, mailed = core.actions
    assert isinstance(posted, SendNotification)
    assert isinstance(mailed, RunDeployment)
    assert mailed.parameters is not None
    assert (posted.type, posted.block_document_id) == ("send-notification", slack)
    assert (mailed.type, mailed.deployment_id) == ("run-deployment", notify)
    at = Crashed(timestamp=dt.datetime(2026, 11, 19, 9, 5, tzinfo=dt.UTC)).timestamp  # as Prefect has it
    run: dict[str, Any] = {
        "name": "daily <!here>",
        "state": {"name": "Crashed", "message": "<b> & *x*", "timestamp": at},
    }
    context = {"flow": {"name": "daily"}, "flow_run": run, "event": {"resource": None}}
    plain = posted.body.replace("|ui_url", "")
    assert "Message: &lt;b&gt; &amp; *x*" in render_user_template_sync(plain, context)
    assert "daily &lt;!here&gt;" in render_user_template_sync(posted.subject, context)
    body = mailed.parameters["body"].replace("|ui_url", "")
    assert "Message: <b> & *x*" in render_user_template_sync(body, context)
    assert "State: Crashed, since 19 Nov 2026 06:05 São Paulo" in render_user_template_sync(body, context)
    run["state"]["message"] = None
    assert "Message" not in render_user_template_sync(body, context), "no field without a value"


def test_without_a_target_it_does_nothing_and_its_description_says_so() -> None:
    core = automations(IDS, NotificationTargets())[0]
    assert [action.type for action in core.actions] == ["do-nothing"]
    assert "TELLS NOBODY" in core.description


def test_the_notify_flow_makes_a_message_of_subject_and_body() -> None:
    at = dt.datetime(2026, 11, 19, 9, tzinfo=dt.UTC)
    message = message_of("daily failed", "It failed.\nLink: http://p/1\nMessage: <b>", "sandbox", at)
    assert (message.title, message.link) == ("[sandbox] daily failed", "http://p/1")
    assert message.paragraphs == ("It failed.", "Message: <b>")


def test_a_deployment_that_is_not_there_is_not_watched() -> None:
    names = {core.name.removeprefix("alvorada: ") for core in automations({DAILY: uuid4()}, NotificationTargets())}
    assert names == {spec.name for spec in automation_specs(Thresholds()) if spec.watched == DAILY}
    assert names == {"run crashed", "run stuck"}
