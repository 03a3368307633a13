"""The watchdog with real channels: one message on each, also with PostgreSQL and Prefect down; otherwise silence."""

from __future__ import annotations

import datetime as dt
import http.server
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alvorada.watchdog.checks import due_day
from alvorada.watchdog.endpoints import Endpoints
from alvorada.watchdog.state import WatchdogState
from alvorada.watchdog.watch import NO_PROBLEM, NOT_DELIVERED, PROBLEMS, CheckResult, check
from blocks.settings import Settings, load_settings
from desk.model import SAO_PAULO, decision_time
from tasks.alerts.postgres_records import record_heartbeat
from tasks.channels.configured import channels_of
from tasks.store import Store
from tasks.store.pipeline_runs import RunStart, begin_run, finish_run
from tests.fixtures.deliveries import Mailbox, Slack

DAY = dt.date(2026, 11, 19)
HOLIDAY = dt.date(2026, 11, 20)
SATURDAY = dt.date(2026, 11, 21)
DEADLINE = dt.time(6, 45)
NOBODY_LISTENS = "http://127.0.0.1:9/api"


def at(clock: str, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), SAO_PAULO)


class Health(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/api/ready" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def prefect_api() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/api"
    server.shutdown()
    server.server_close()


class Watchdog:
    """A watchdog of one test: each check reads its state from the disk again, as under cron."""

    def __init__(self, folder: Path, slack: Slack, box: Mailbox, endpoints: Endpoints) -> None:
        self.path, self.slack, self.box, self.endpoints = folder / "watchdog.json", slack, box, endpoints
        self.settings: Settings = load_settings(
            slack_webhook_url=slack.url, smtp_host="127.0.0.1", smtp_port=box.port, smtp_security="insecure",
            smtp_recipients=("pm@example.com",),
        )  # fmt: skip

    async def check(self, now: dt.datetime) -> CheckResult:
        state = WatchdogState(self.path)
        return await check(self.endpoints, self.settings, channels_of(self.settings), state, now)

    def sent(self) -> tuple[int, int]:
        """Mails and Slack messages so far."""
        return len(self.box.got), len(self.slack.messages)


@pytest.fixture
def dog(tmp_path: Path, slack: Slack, mailbox: Mailbox, database_url: str, prefect_api: str) -> Watchdog:
    return Watchdog(tmp_path, slack, mailbox, Endpoints(database_url, prefect_api))


async def ran(
    store: Store, state: str | None, day: dt.date = DAY, message: str = "", began: str = "06:00"
) -> uuid.UUID:
    """A stored daily run; `state` None: it still runs."""
    run_id = uuid.uuid4()
    await begin_run(store, RunStart(run_id, "daily", "sandbox", at(began, day), "test", decision_time(day)))
    if state:
        await finish_run(store, run_id, state, at("06:10", day), message=message)  # type: ignore[arg-type]
    return run_id


def test_a_run_is_due_on_business_days_from_the_deadline_on() -> None:
    assert due_day(DEADLINE, at("06:44")) is None
    assert due_day(DEADLINE, at("06:45")) == DAY
    assert due_day(DEADLINE, at("23:59")) == DAY
    assert due_day(DEADLINE, at("12:00", HOLIDAY)) is None
    assert due_day(DEADLINE, at("12:00", SATURDAY)) is None


@pytest.mark.db
@pytest.mark.parametrize("state", ["completed", "completed_with_gaps"])
async def test_no_problem_sends_no_message(dog: Watchdog, store: Store, state: str) -> None:
    await ran(store, "failed", began="05:50")
    await ran(store, state)
    result = await dog.check(at("06:45"))
    assert (result.problems, result.exit_code, dog.sent()) == ((), NO_PROBLEM, (0, 0))


@pytest.mark.db
@pytest.mark.parametrize("day", [HOLIDAY, SATURDAY])
async def test_a_day_without_a_session_sends_no_message(dog: Watchdog, day: dt.date) -> None:
    result = await dog.check(at("12:00", day))
    assert (result.exit_code, dog.sent()) == (NO_PROBLEM, (0, 0))


@pytest.mark.db
async def test_a_missing_run_is_sent_once_a_day_to_each_channel(dog: Watchdog) -> None:
    assert (await dog.check(at("06:44"))).exit_code == NO_PROBLEM
    result = await dog.check(at("06:45"))
    assert result.exit_code == PROBLEMS
    assert dog.box.subjects() == ["Alvorada watchdog: No daily run of 2026-11-19 by 06:45"]
    assert "None was even started" in dog.box.got[0][1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "None was even started" in dog.slack.said()[0]
    for clock in ("06:50", "12:00", "23:55"):
        assert (await dog.check(at(clock))).exit_code == PROBLEMS
    assert dog.sent() == (1, 1)
    await dog.check(at("06:45", dt.date(2026, 11, 23)))  # the next business day
    assert dog.sent() == (2, 2)


@pytest.mark.db
@pytest.mark.parametrize(
    ("state", "words"),
    [(None, "One is running since 06:00 São Paulo."), ("failed", "The one of 06:00 São Paulo failed: sgs is absent"),
     ("died", "its process is gone")],
)  # fmt: skip
async def test_the_message_names_a_run_that_is_late_failed_or_died(
    dog: Watchdog, store: Store, state: str | None, words: str
) -> None:
    await ran(store, state, message="sgs is\nabsent")
    result = await dog.check(at("06:45"))
    assert [problem.key for problem in result.problems] == ["run"]
    assert words in dog.slack.said()[0]


@pytest.mark.db
async def test_the_end_of_a_problem_is_sent_once(dog: Watchdog, store: Store) -> None:
    await dog.check(at("06:45"))
    await ran(store, "completed", began="07:00")
    assert (await dog.check(at("07:20"))).exit_code == NO_PROBLEM
    await dog.check(at("07:25"))
    assert dog.box.subjects()[1:] == ["Alvorada watchdog: over: the daily run of today has completed"]
    assert dog.sent() == (2, 2)


@pytest.mark.db
async def test_prefect_down_is_reported(dog: Watchdog, store: Store, prefect_api: str) -> None:
    await ran(store, "completed")
    dog.endpoints = replace(dog.endpoints, prefect_api=NOBODY_LISTENS)
    await dog.check(at("06:45"))
    assert dog.box.subjects() == ["Alvorada watchdog: Prefect's API is down"]
    dog.endpoints = replace(dog.endpoints, prefect_api=f"{prefect_api}/elsewhere")
    result = await dog.check(at("06:50"))
    assert "answers 404" in result.problems[0].text
    assert dog.sent() == (1, 1)


async def test_postgresql_and_prefect_down_still_reach_both(tmp_path: Path, slack: Slack, mailbox: Mailbox) -> None:
    dog = Watchdog(tmp_path, slack, mailbox, Endpoints("postgresql://desk:secret@127.0.0.1:9/desk", NOBODY_LISTENS))
    result = await dog.check(at("06:45"))
    assert [problem.key for problem in result.problems] == ["database", "prefect"]
    assert dog.sent() == (1, 1)
    [shown] = slack.said()
    assert "Whether a run of 2026-11-19 finished cannot be told." in shown
    assert "secret" not in shown
    assert (await dog.check(at("04:00"))).exit_code == PROBLEMS


@pytest.mark.db
async def test_alerts_that_stopped_and_undelivered_messages_are_reported(dog: Watchdog, store: Store) -> None:
    await ran(store, "completed")
    async with store.connections.acquire() as connection:
        await record_heartbeat(connection, "alerts", at("08:00"))
        await record_heartbeat(connection, "sender", at("08:55"))
        await connection.execute(
            "INSERT INTO outbox (channel, kind, dedupe_key, payload, created_at, next_try, last_error)"
            " VALUES ('mail', 'test', 'k', '{}', $1, $1, 'mail: 535 refused the login')",
            at("08:00"),
        )
    result = await dog.check(at("09:00"))
    assert [problem.key for problem in result.problems] == ["alerts", "outbox"]
    assert "Since 19 Nov 08:00 São Paulo alerts are not evaluated" in dog.slack.said()[0]
    assert "535 refused the login" in dog.slack.said()[0]


@pytest.mark.db
async def test_a_channel_that_was_down_gets_the_message_at_the_next_check_and_the_other_none(dog: Watchdog) -> None:
    dog.slack.will(500)
    result = await dog.check(at("06:45"))
    assert (result.exit_code, dog.sent()) == (NOT_DELIVERED, (1, 0))
    result = await dog.check(at("06:50"))
    assert (result.exit_code, dog.sent()) == (PROBLEMS, (1, 1))


@pytest.mark.db
async def test_after_a_state_file_that_cannot_be_read_it_reports_again(
    dog: Watchdog, capsys: pytest.CaptureFixture[str]
) -> None:
    await dog.check(at("06:45"))
    dog.path.write_text('{"2026-11-19": 3}')
    await dog.check(at("06:50"))
    assert dog.sent() == (2, 2)
    assert "may be sent again" in capsys.readouterr().err


def test_the_state_keeps_a_week(tmp_path: Path) -> None:
    state = WatchdogState(tmp_path / "m.json")
    for day in range(1, 20):
        state.record(dt.date(2026, 11, day), "run", "mail")
    again = WatchdogState(tmp_path / "m.json")
    assert not again.is_reported(dt.date(2026, 11, 5), "run", "mail")
    assert again.is_reported(dt.date(2026, 11, 19), "run", "mail")
    assert not again.is_reported(dt.date(2026, 11, 19), "run", "slack")


async def test_a_late_run_is_told_by_the_alert_rules_where_they_are_evaluated(dog: Watchdog, store: Store) -> None:
    dog.endpoints = Endpoints(store.connections.url, None)
    async with store.connections.acquire() as connection:
        await record_heartbeat(connection, "alerts", at("06:44"), "evaluated")
    assert [problem.key for problem in (await dog.check(at("06:50"))).problems] == []
    assert [problem.key for problem in (await dog.check(at("07:05"))).problems] == ["run", "alerts"]


async def test_a_desk_that_was_stopped_by_hand_is_no_problem_till_a_run_is_due(dog: Watchdog) -> None:
    nothing = Endpoints(None, NOBODY_LISTENS, "no database", stopped_at=at("20:00", DAY - dt.timedelta(days=1)))
    dog.endpoints = nothing
    assert (await dog.check(at("05:00"))).problems == ()
    assert (await dog.check(at("12:00", SATURDAY))).problems == ()
    [problem] = (await dog.check(at("06:45"))).problems
    assert (problem.key, problem.title) == ("run", f"No daily run of {DAY}: the desk is stopped")
    assert "stopped at 18 Nov 20:00 São Paulo" in problem.text
    dog.endpoints = replace(nothing, stopped_at=None)
    assert {problem.key for problem in (await dog.check(at("06:50"))).problems} == {"database", "prefect"}
