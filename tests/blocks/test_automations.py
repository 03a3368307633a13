"""The declarations of the Automations, without a server: whom they watch, and how they tell on Prefect Cloud."""

from __future__ import annotations

from uuid import uuid4

from prefect.server.utilities.user_templates import render_user_template_sync

from blocks.automations import DAILY, NOTIFY, Doors, automation, declared

IDS = {name: uuid4() for name in (DAILY, "backfill/backfill", "alerts/alerts", NOTIFY)}


def test_every_trigger_is_held_to_our_deployments_and_none_watches_notify() -> None:
    watched: set[str] = set()
    for wanted in declared(IDS):
        related = wanted.trigger.match_related.deepcopy()
        assert related["prefect.resource.role"] == ["deployment"]
        watched |= set(related["prefect.resource.id"])
    assert watched == {f"prefect.deployment.{id}" for name, id in IDS.items() if name != NOTIFY}


def test_on_cloud_slack_gets_escaped_words_and_mail_goes_by_the_notify_deployment() -> None:
    slack, notify = uuid4(), IDS[NOTIFY]
    core = automation(declared(IDS)[0], Doors(slack=slack, notify=notify, escape=True))
    said, mailed = core.actions
    assert (said.type, said.block_document_id) == ("send-notification", slack)
    assert (mailed.type, mailed.deployment_id) == ("run-deployment", notify)
    run = {"name": "daily <!here>", "state": {"name": "Failed", "message": "<b> & *x*", "timestamp": "now"}}
    context = {"flow": {"name": "daily"}, "flow_run": run, "event": {"resource": None}}
    plain = said.body.replace("|ui_url", "")
    assert "Message: &lt;b&gt; &amp; *x*" in render_user_template_sync(plain, context)
    assert "daily &lt;!here&gt;" in render_user_template_sync(said.subject, context)
    assert "Message: <b> & *x*" in render_user_template_sync(mailed.parameters["body"].replace("|ui_url", ""), context)


def test_with_no_door_it_does_nothing_and_says_so() -> None:
    core = automation(declared(IDS)[0], Doors())
    assert [action.type for action in core.actions] == ["do-nothing"]
    assert "TELLS NOBODY" in core.description


def test_the_notify_flow_makes_a_message_of_the_words() -> None:
    import datetime as dt

    from flows.notify import message_of

    at = dt.datetime(2026, 11, 19, 9, tzinfo=dt.UTC)
    message = message_of("daily failed", "It failed.\nLink: http://p/1\nMessage: <b>", "sandbox", at)
    assert (message.title, message.link) == ("[sandbox] daily failed", "http://p/1")
    assert message.paragraphs == ("It failed.", "Message: <b>")
