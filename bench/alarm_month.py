"""A month of mornings, and what people were told in it: every true event once, and nothing else.

23 mornings with four failures of different kinds, two restarts and one revision storm. What is simulated is the rows
that the runs leave; rules, state machine, outbox, sender, mail and Slack are the product's, on a real PostgreSQL, a
real SMTP server and a stand-in of Slack over HTTP, by a clock that the program moves.

Writes bench/results/alarm_month.md, and fails where somebody was told too much or too little.
`python -m bench.alarm_month`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import asyncpg
import uvicorn
from aiosmtpd.controller import Controller
from starlette.applications import Starlette

import migrations
from alvorada.stack.postgres import Postgres
from alvorada.stack.postgres_account import free_port
from bench._alarm_desk import SimulatedDesk
from blocks.smtp import MailServer
from desk import calendars
from desk.alerts.model import AlertLine
from desk.catalog import load_catalog
from desk.catalog.alert_rules import load_alerts
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import SAO_PAULO, decision_time
from sandbox.slack import SimulatedSlack
from tasks.alerts.evaluation import evaluate_alerts
from tasks.alerts.postgres import PostgresRecords
from tasks.alerts.read_facts import read_metrics
from tasks.alerts.sending import send_due
from tasks.channels.mail import Mail
from tasks.channels.message import Channel, Message
from tasks.channels.slack import Slack
from tasks.store import Store

FIRST, MORNINGS = dt.date(2026, 9, 1), 23
RESULT = Path(__file__).with_name("results") / "alarm_month.md"
STORM = ("cpi_us", "payrolls", "selic_target", "ipca_m", "brent", "dxy")
MOVES = {"DI1F28": 0.35, "DOL": -0.5, "NTNB35": 0.4, "TY": -0.6, "WIN": 0.31}
Told = Counter[tuple[str, str, str]]
"""(rule, subject, firing or resolved) -> lines on one channel."""


@dataclass
class Month:
    """The desk, its alerts, and its clock. `expected`: what is to be told; `story`: a line for each event."""

    store: Store
    desk: SimulatedDesk
    channels: list[Channel]
    now: dt.datetime
    expected: Told = field(default_factory=Counter)
    story: list[tuple[dt.date, str, str]] = field(default_factory=list)
    evaluations: int = 0
    is_up: bool = True

    async def evaluate(self) -> None:
        """What the deployments `alerts` and `sender` do, and the end of each run."""
        alerts = load_alerts()
        await evaluate_alerts(
            PostgresRecords(self.store, alerts.rules),
            lambda at: read_metrics(self.store, at, self.desk.catalog, alerts, self.desk.parameters),
            [channel.name for channel in self.channels],
            lambda: self.now,
            link="http://127.0.0.1:8000/api/v1/monitoring/alerts",
        )
        self.evaluations += 1
        await send_due(PostgresRecords(self.store, alerts.rules), self.channels, lambda: self.now, sleep=no_pause)

    async def until(self, at: dt.datetime) -> None:
        """Moves the clock: an evaluation every five minutes from 05:50 to 07:30, and every hour else."""
        while self.now < at:
            local = self.now.astimezone(SAO_PAULO).time()
            step = dt.timedelta(minutes=5) if dt.time(5, 50) <= local < dt.time(7, 30) else dt.timedelta(hours=1)
            self.now = min(self.now + step, at)
            if self.is_up:
                await self.evaluate()

    def expect(self, day: dt.date, event: str, told: str, *subjects: tuple[str, str]) -> None:
        """An event of the story; its alerts (rule, subject) are to be told once, and once when they are over."""
        self.story.append((day, event, told))
        for rule, subject in subjects:
            self.expected[rule, subject, "firing"] += 1
            self.expected[rule, subject, "resolved"] += 1


Morning = Callable[[Month, dt.date], Awaitable[None]]


async def no_pause(seconds: float) -> None:
    """The sender's pace is of no use to a clock that is moved."""


def at(day: dt.date, text: str) -> dt.datetime:
    """An hour of a day in São Paulo."""
    return dt.datetime.combine(day, dt.time.fromisoformat(text), SAO_PAULO)


async def good_run(month: Month, day: dt.date, start: str = "06:00", **gold: Any) -> None:
    """A run of four minutes that completes; the alerts are evaluated at its end."""
    run = await month.desk.begin(day, at(day, start))
    await month.until(at(day, start) + dt.timedelta(minutes=4))
    await month.desk.fetch(run, day, month.now)
    await month.desk.decide(run, day, **gold)
    await month.desk.end(run, "completed", month.now)
    await month.evaluate()


async def plain(month: Month, day: dt.date) -> None:
    """Nothing happens."""
    await month.until(decision_time(day))
    await good_run(month, day)


async def source_down(month: Month, day: dt.date) -> None:
    """A source that nothing required rests on does not answer; it does the next morning."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:04"))
    await month.desk.fetch(run, day, month.now, failed={"cftc_cot"})
    await month.desk.decide(run, day)
    await month.desk.end(run, "completed_with_gaps", month.now, "cftc_tff failed")
    await month.evaluate()
    month.expect(
        day, "a source is down", "with the run's end; over the next morning", ("PIPELINE_FAILURE", "source:cftc_cot")
    )


async def required_absent(month: Month, day: dt.date) -> None:
    """What every price rests on is absent: the run fails. A person runs the day again at 08:10."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:04"))
    await month.desk.fetch(run, day, month.now, failed={"bcb_ptax"})
    await month.desk.decide(run, day, absent={"bcb_ptax"})
    await month.desk.end(run, "failed", month.now, "required dataset bcb_ptax is absent")
    await month.evaluate()
    await month.until(at(day, "08:10"))
    await month.desk.connection.execute("DELETE FROM dataset_status WHERE as_of = $1", decision_time(day))
    await good_run(month, day, "08:10")
    parts = (("PIPELINE_FAILURE", subject) for subject in ("daily", "source:bcb_ptax", "dataset:bcb_ptax"))
    month.expect(day, "a required dataset is absent, the run fails", "in one message; over at 08:14", *parts)


async def killed(month: Month, day: dt.date) -> None:
    """The run's process is killed at 06:01, and the day caught up at 06:03."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:01"))
    await month.desk.end(run, "died", month.now, "the process ended before the run did")
    await month.evaluate()
    await month.until(at(day, "06:03"))
    await good_run(month, day, "06:03")
    month.expect(day, "the run is killed and caught up", "by Prefect's Automation at once; by the rules nothing")


async def machine_down(month: Month, day: dt.date) -> None:
    """The machine is down from 05:30 to 09:10."""
    await month.until(at(day, "05:30"))
    month.is_up = False
    await month.until(at(day, "09:10"))
    month.is_up = True
    await month.evaluate()
    await good_run(month, day, "09:10")
    month.expect(
        day,
        "the machine is down over the deadline",
        "when it is back; over with the caught-up run",
        ("PIPELINE_FAILURE", "daily"),
    )


async def restarted(month: Month, day: dt.date) -> None:
    """`down` and `up` after the run, for ten minutes."""
    await plain(month, day)
    await month.until(at(day, "06:20"))
    month.is_up = False
    await month.until(at(day, "06:30"))
    month.is_up = True
    month.expect(day, "a restart after the run", "nothing")


async def restarted_in_the_run(month: Month, day: dt.date) -> None:
    """`down` in the middle of the run: it is cancelled, and caught up eight minutes later."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:02"))
    await month.desk.end(run, "cancelled", month.now, "stopped by a signal")
    month.is_up = False
    await month.until(at(day, "06:10"))
    month.is_up = True
    await month.evaluate()
    await good_run(month, day, "06:10")
    month.expect(day, "a restart in the run", "nothing: the run is cancelled, and caught up")


async def storm(month: Month, day: dt.date) -> None:
    """Forty series are revised: six values are not believed, five convictions jump, two of them to the other side."""
    await month.until(decision_time(day))
    run = await month.desk.begin(day, month.now)
    await month.until(at(day, "06:04"))
    await month.desk.fetch(run, day, month.now)
    await month.desk.hold(run, day, month.now, STORM)
    await month.desk.decide(run, day, moves=MOVES)
    await month.desk.end(run, "completed", month.now)
    await month.evaluate()
    await month.until(at(day, "08:00"))
    await month.desk.release_all(month.now)
    alerts = [("DATA_SUSPECT", name) for name in STORM] + [("CONVICTION_SURGE", name) for name in MOVES]
    flips = [("SIGNAL_FLIP", name) for name in ("DOL", "TY")]
    month.expect(
        day,
        "a revision storm: 6 values held, 5 convictions jump, 2 change sides",
        "in one message of 13 alerts",
        *alerts,
        *flips,
    )


SCRIPT: Mapping[int, Morning] = {
    3: source_down, 7: required_absent, 9: restarted, 11: killed, 13: storm, 16: machine_down, 19: restarted_in_the_run,
}  # fmt: skip
"""Morning, counted from 0 -> what happens. All others are plain."""


class Mailbox:
    """Keeps every mail."""

    def __init__(self) -> None:
        self.got: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Takes the mail."""
        self.got.append(str(message_from_bytes(envelope.content, policy=policy.default)["Subject"]))
        return "250 OK"


async def run_month(folder: Path) -> int:
    """The whole month on servers of its own. 0 where what was told is what was to be told."""
    box, stand_in = Mailbox(), SimulatedSlack()
    smtp_port, slack_port = free_port(), free_port()
    smtp = Controller(box, hostname="127.0.0.1", port=smtp_port)
    smtp.start()
    app = Starlette(routes=stand_in.routes())
    slack = uvicorn.Server(uvicorn.Config(app, port=slack_port, log_level="critical", lifespan="off"))
    threading.Thread(target=slack.run, daemon=True).start()
    server = Postgres(folder)
    server.start()
    try:
        url = await server.ensure_database_async("month")
        await migrations.upgrade_async(url)
        mail = Mail(MailServer("127.0.0.1", smtp_port, "insecure", seconds=20), "desk@example.com", ["ana@example.com"])
        channels: list[Channel] = [Slack(f"http://127.0.0.1:{slack_port}/_slack/hook/desk", seconds=20), mail]
        store = await Store.open(url, "live", pool_size=3)
        connection = await asyncpg.connect(url)
        start = at(FIRST, "00:30")
        await connection.execute("UPDATE world SET created_at = $1", start)
        month = Month(store, SimulatedDesk(connection, load_catalog(), load_desk_parameters()), channels, start)
        await month.evaluate()  # on a fresh start
        days = calendars.b3().days(FIRST, FIRST + dt.timedelta(days=60))[:MORNINGS]
        for number, day in enumerate(days):
            await SCRIPT.get(number, plain)(month, day)
            await month.until(at(day, "23:55"))
        await plain(month, calendars.b3().offset(days[-1], 1))  # what is over is told the next morning
        messages = await connection.fetch("SELECT channel, payload FROM outbox ORDER BY outbox_id")
        unsent = await connection.fetchval("SELECT count(*) FROM v_outbox WHERE state = 'waiting'")
        await connection.close()
        await store.close()
    finally:
        server.stop()
        smtp.stop()
        slack.should_exit = True
    told = {name: Counter[tuple[str, str, str]]() for name in ("slack", "mail")}
    for row in messages:
        for line in Message.from_json(json.loads(row["payload"])).lines:
            told[row["channel"]][key_of(line)] += 1
    complaints = compare(month.expected, told, unsent)
    arrived = {"slack": len(stand_in.messages), "mail": len(box.got)}
    queued = Counter(row["channel"] for row in messages)
    complaints += [
        f"{name}: {queued[name]} queued, {count} arrived" for name, count in arrived.items() if queued[name] != count
    ]
    RESULT.write_text(page(month, told, arrived, complaints), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))
    return 1 if complaints else 0


def key_of(line: AlertLine) -> tuple[str, str, str]:
    """What a line tells."""
    rule, subject, condition = line.key
    return rule, subject if condition == "threshold" else f"{subject} ({condition})", line.status


def compare(expected: Told, told: Mapping[str, Told], unsent: int) -> list[str]:
    """What was told too often, or not at all."""
    found = [f"{unsent} messages were never sent"] if unsent else []
    for channel, lines in told.items():
        for key in sorted(expected.keys() | lines.keys()):
            if lines[key] != expected[key]:
                found.append(f"{channel}: {' '.join(key)}: told {lines[key]} times, to be told {expected[key]} times")
    return found


def page(month: Month, told: Mapping[str, Told], arrived: Mapping[str, int], complaints: list[str]) -> str:
    """The page of results."""
    wanted = sum(month.expected.values())
    false_alarms = {name: sum((lines - month.expected).values()) for name, lines in told.items()}
    missing = {name: sum((month.expected - lines).values()) for name, lines in told.items()}
    verdict = (
        "**Every true event told once; false alarms: 0.**" if not complaints else f"**{len(complaints)} complaints.**"
    )
    listed = "".join(f"\n- {words}" for words in complaints[:60])
    rows = "\n".join(f"| {day} | {event} | {words} |" for day, event, words in month.story)
    return f"""# A month of alarms

`python -m bench.alarm_month`. {MORNINGS} mornings from {FIRST}, {month.evaluations} evaluations of the rules (every
five minutes around 06:00, hourly else), two channels. The rows that the runs leave are simulated; rules, state machine,
outbox, sender, mail and Slack are the product's, on PostgreSQL, by a moved clock.

{verdict}{listed}

| day | event | told |
|---|---|---|
| {FIRST} | a fresh start, before any run | nothing |
{rows}
| the other {MORNINGS - len(SCRIPT)} | a plain morning | nothing |

| | Slack | mail |
|---|--:|--:|
| lines to be told (firing and over) | {wanted} | {wanted} |
| lines told | {sum(told["slack"].values())} | {sum(told["mail"].values())} |
| told and not true, or twice | {false_alarms["slack"]} | {false_alarms["mail"]} |
| true and not told | {missing["slack"]} | {missing["mail"]} |
| messages that arrived | {arrived["slack"]} | {arrived["mail"]} |

What these rules leave to others: a killed process is told by Prefect's Automation (tests/alvorada/test_automations.py),
a database or a Prefect server that does not answer by `alvorada up` and the watchdog.
"""


def main() -> int:
    """Runs the month in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="alvorada-month-", ignore_cleanup_errors=True) as folder:
        return asyncio.run(run_month(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
