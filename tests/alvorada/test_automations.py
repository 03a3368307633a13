"""Automations on a real Prefect server and worker, with PostgreSQL, a real SMTP server and a Slack server of the tests.

All tests share one server; the runs of `story` happen at the same time.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from alvorada.prefect_objects.apply_automations import Change
from alvorada.stack.postgres import Postgres
from blocks.automations import Thresholds
from tests.alvorada.prefect_server import WatchedServer, apply, start
from tests.fixtures.deliveries import Mailbox, Slack, eventually

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
QUICK = Thresholds(stuck=dt.timedelta(seconds=10))
NAMES = ["alvorada: backfill failed", "alvorada: run crashed", "alvorada: run stuck", "alvorada: verification failed"]

SILENT = {
    "late": ({"type": "SCHEDULED", "name": "Late"},),  # by hand, behind another one in its queue
    "gaps": ({"type": "COMPLETED", "name": "CompletedWithGaps", "message": "cftc_tff stale"},),
    "verdict": ({"type": "RUNNING"}, {"type": "FAILED", "message": "required dataset x is absent"}),
    "down": ({"type": "RUNNING"}, {"type": "CANCELLED", "message": "stopped by a signal"}),
    "busy": ({"type": "RUNNING"}, {"type": "COMPLETED", "name": "AlreadyRunning"}),
}
"""What the alert rules tell, which know the calendar and the sources, or what nobody needs to be told."""


@dataclass
class Story:
    """A server on which every watched event has happened; `runs`: name -> run id."""

    server: WatchedServer
    slack: Slack
    box: Mailbox
    env: dict[str, str]
    runs: dict[str, str]

    def mails(self, words: str) -> list[str]:
        return [m.get_content() for _, m in self.box.got if words in str(m["Subject"])]

    def slacks(self, words: str) -> list[str]:
        return [text for text in self.slack.said() if words in text.splitlines()[0]]

    def both(self, words: str, seconds: float = 40.0) -> tuple[str, str]:
        """Mail and Slack message whose subject holds `words`."""
        eventually(lambda: self.mails(words) and self.slacks(words), seconds)
        return self.mails(words)[0], self.slacks(words)[0]


@pytest.fixture(scope="module")
def story(
    postgres: Postgres, slack_server: Slack, smtp_server: Mailbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    slack_server.reset()
    smtp_server.reset()
    folder = tmp_path_factory.mktemp("watched")
    env = {
        "SLACK_WEBHOOK_URL": slack_server.url, "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(smtp_server.port),
        "SMTP_SECURITY": "insecure", "SMTP_SENDER": "desk@example.com",
        "SMTP_RECIPIENTS": '["pm@example.com", "risk@example.com"]', "FRED_API_KEY": "a-key",
        "DATABASE_URL": "postgresql://me:p%40ss@127.0.0.1:5/desk",
    }  # fmt: skip
    server = start(postgres, folder)
    try:
        first, not_configured = apply(server, env, limits=QUICK)
        assert {change.action for change in first} == {Change.CREATED}
        assert not_configured == []
        story = Story(server, slack_server, smtp_server, env, {})
        pid_file = folder / "pid"
        for how in ("crash", "fail", "handled", "hang"):
            spare = pid_file if how == "crash" else folder / "pid-of-hang"
            deployment = "daily/daily" if how in ("crash", "handled") else "backfill/backfill"
            story.runs[how] = server.run(f"run-{how}", how, deployment, pid_file=str(spare))
        for name, state in SILENT.items():
            story.runs[name] = server.pretend(f"run-{name}", *state)
        story.runs["lost"] = server.pretend("run-lost", {"type": "PENDING"}, {"type": "RUNNING"})
        kill_when_it_runs(pid_file)
        yield story
    finally:
        server.stop()


def kill_when_it_runs(pid_file: Path) -> None:
    eventually(lambda: pid_file.exists() and pid_file.read_text(), 120)
    os.kill(int(pid_file.read_text()), signal.SIGKILL)


def test_a_run_that_raises_is_reported_on_both_channels_with_its_text_escaped(story: Story) -> None:
    mail, slack = story.both("run-fail: Failed")
    for text in (mail, slack):
        assert "Flow: daily" in text
        assert f"Link: {story.server.url.removesuffix('/api')}/flow-runs/flow-run/{story.runs['fail']}" in text
        assert "<!channel> & <b>broken</b> {{ 7 * 7 }}" in text  # as it is, and not rendered again
    [(to, _)] = [got for got in story.box.got if "run-fail" in str(got[1]["Subject"])]
    assert to == ["pm@example.com", "risk@example.com"]
    [message] = [m for m in story.slack.messages if "run-fail" in m["text"]]
    assert "<!channel>" not in message["text"]


def test_a_run_killed_with_kill_9_is_reported_on_both_channels(story: Story) -> None:
    mail, slack = story.both("run-crash: Crashed")
    assert re.search(r"State: Crashed, since \d\d \w{3} \d{4} \d\d:\d\d São Paulo\s", mail)
    assert "-9" in slack


def test_a_run_that_hangs_is_reported_on_both_channels_when_it_times_out(story: Story) -> None:
    mail, slack = story.both("run-hang: TimedOut")
    assert "exceeded timeout of 12" in mail
    assert "exceeded timeout of 12" in slack


def test_a_run_still_running_after_its_time_is_stuck(story: Story) -> None:
    """Its process and its worker are gone, so nobody ends it."""
    mail, slack = story.both("Run run-lost is stuck: running for more than 10 s")
    assert "State: Running" in mail
    assert story.runs["lost"] in slack


def test_what_is_told_elsewhere_or_needs_no_telling_sends_no_message(story: Story) -> None:
    eventually(lambda: story.server.state(story.runs["handled"]) == "Completed", 40)
    inner = story.server.ask("/flow_runs/filter", {"flows": {"name": {"any_": ["inner"]}}})
    assert [run["state_name"] for run in inner] == ["Failed"]  # it did fail
    story.both("run-fail: Failed")
    time.sleep(2.0)  # longer than any other failure took to arrive
    everything = story.slack.said() + [m.get_content() for _, m in story.box.got]
    silent = [f"run-{name}" for name in ("handled", *SILENT)]
    assert not [text for text in everything if any(name in text for name in (*silent, "inner"))]


def test_applying_again_changes_nothing(story: Story) -> None:
    before = story.server.automations()
    assert sorted(before) == NAMES
    again, not_configured = apply(story.server, story.env, limits=QUICK)
    assert {change.action for change in again} == {Change.SAME}
    assert not_configured == []
    assert story.server.automations() == before


def test_a_changed_automation_is_restored_a_paused_one_stays_paused_and_a_dry_run_changes_nothing(story: Story) -> None:
    failed = story.server.automations()[NAMES[0]]
    stuck = story.server.automations()[NAMES[2]]
    story.server.ask(f"/automations/{stuck['id']}", {"enabled": False}, "PATCH")
    kept = ("name", "trigger", "actions", "enabled")
    bent = {name: failed[name] for name in kept} | {"description": "bent by hand"}
    story.server.ask(f"/automations/{failed['id']}", bent, "PUT")
    dry, _ = apply(story.server, story.env, limits=QUICK, dry_run=True)
    assert [change.name for change in dry if change.action != Change.SAME] == [NAMES[0]]
    assert story.server.automations()[NAMES[0]]["description"] == "bent by hand"
    wet, _ = apply(story.server, story.env, limits=QUICK)
    assert [(c.name, c.action) for c in wet if c.action != Change.SAME] == [(NAMES[0], Change.UPDATED)]
    after = story.server.automations()
    assert after[NAMES[0]]["description"] == failed["description"]
    assert after[NAMES[0]]["id"] == failed["id"]
    assert not after[NAMES[2]]["enabled"]
    story.server.ask(f"/automations/{stuck['id']}", {"enabled": True}, "PATCH")


def test_what_is_no_longer_declared_is_removed_and_what_is_not_ours_stays(story: Story) -> None:
    failed = story.server.automations()[NAMES[0]]
    for name in ("alvorada: of last year", "theirs"):
        story.server.ask("/automations/", {**{k: failed[k] for k in ("trigger", "actions")}, "name": name})
    story.server.ask("/v2/concurrency_limits/", {"name": "alvorada-of-last-year", "limit": 3})
    story.server.ask("/variables/", {"name": "old", "value": "x", "tags": ["alvorada-automations"]})
    story.server.ask("/variables/", {"name": "theirs", "value": "x"})
    changes, _ = apply(story.server, story.env, limits=QUICK)
    gone = {change.name for change in changes if change.action == Change.REMOVED}
    assert gone == {"alvorada: of last year", "alvorada-of-last-year", "old"}
    assert "theirs" in story.server.automations()
    assert {v["name"] for v in story.server.ask("/variables/filter", {})} >= {"theirs", "alvorada_mail_recipients"}
    assert "old" not in {v["name"] for v in story.server.ask("/variables/filter", {})}
    story.server.ask(f"/automations/{story.server.automations()['theirs']['id']}", method="DELETE")


def test_blocks_hold_the_values_of_the_environment_and_a_new_key_replaces_the_old_one(story: Story) -> None:
    """Without the environment the blocks still configure everything: nothing is taken away by its absence."""
    same, not_configured = apply(story.server, {}, limits=QUICK)
    assert {change.action for change in same} == {Change.SAME}
    assert not_configured == []
    rotated, _ = apply(story.server, {"SLACK_WEBHOOK_URL": story.slack.url + "-2"}, limits=QUICK, dry_run=True)
    assert [(c.name, c.action) for c in rotated if c.action != Change.SAME] == [("alvorada-slack", Change.UPDATED)]
