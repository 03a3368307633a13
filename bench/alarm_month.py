"""A month of mornings, and what people were told in it: every true event once, and nothing else.

23 mornings with four failures of different kinds, two restarts and one revision storm. What is simulated is the rows
that the runs leave; rules, state machine, outbox, sender, mail and Slack are the product's, on a real PostgreSQL, a
real SMTP server and a stand-in of Slack over HTTP, by a clock that the program moves.

Writes bench/results/alarm_month.md, and fails where an alert came too often or not at all.
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
from collections.abc import Mapping
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
from bench._alarm_mornings import SCRIPT, Deliveries, Month, at, plain
from blocks.smtp import MailServer
from desk import calendars
from desk.alerts.model import AlertLine
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from sandbox.slack import SimulatedSlack
from tasks.channels.mail import Mail
from tasks.channels.message import Channel, Message
from tasks.channels.slack import Slack
from tasks.store import Store

FIRST, MORNINGS = dt.date(2026, 9, 1), 23
RESULT = Path(__file__).with_name("results") / "alarm_month.md"


class Mailbox:
    """Keeps every mail."""

    def __init__(self) -> None:
        self.got: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Takes the mail."""
        self.got.append(str(message_from_bytes(envelope.content, policy=policy.default)["Subject"]))
        return "250 OK"


async def run_month(folder: Path) -> int:
    """The whole month on servers of its own. 0 where the alerts delivered are those that were due."""
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
        await plain(month, calendars.b3().offset(days[-1], 1))  # the end of an alert goes out the next morning
        messages = await connection.fetch("SELECT channel, payload FROM outbox ORDER BY outbox_id")
        unsent = await connection.fetchval("SELECT count(*) FROM v_outbox WHERE state = 'waiting'")
        await connection.close()
        await store.close()
    finally:
        server.stop()
        smtp.stop()
        slack.should_exit = True
    delivered = {name: Counter[tuple[str, str, str]]() for name in ("slack", "mail")}
    for row in messages:
        for line in Message.from_json(json.loads(row["payload"])).lines:
            delivered[row["channel"]][key_of(line)] += 1
    complaints = compare(month.expected, delivered, unsent)
    arrived = {"slack": len(stand_in.messages), "mail": len(box.got)}
    queued = Counter(row["channel"] for row in messages)
    complaints += [
        f"{name}: {queued[name]} queued, {count} arrived" for name, count in arrived.items() if queued[name] != count
    ]
    RESULT.write_text(page(month, delivered, arrived, complaints), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))
    return 1 if complaints else 0


def key_of(line: AlertLine) -> tuple[str, str, str]:
    """What a line tells."""
    rule, subject, condition = line.key
    return rule, subject if condition == "threshold" else f"{subject} ({condition})", line.status


def compare(expected: Deliveries, delivered: Mapping[str, Deliveries], unsent: int) -> list[str]:
    """Alerts that came too often, or not at all."""
    found = [f"{unsent} messages were never sent"] if unsent else []
    for channel, lines in delivered.items():
        for key in sorted(expected.keys() | lines.keys()):
            if lines[key] != expected[key]:
                found.append(f"{channel}: {' '.join(key)}: delivered {lines[key]} times, due {expected[key]} times")
    return found


def page(month: Month, delivered: Mapping[str, Deliveries], arrived: Mapping[str, int], complaints: list[str]) -> str:
    """The page of results."""
    due = sum(month.expected.values())
    false_alarms = {name: sum((lines - month.expected).values()) for name, lines in delivered.items()}
    missing = {name: sum((month.expected - lines).values()) for name, lines in delivered.items()}
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

| day | event | alerts |
|---|---|---|
| {FIRST} | a fresh start, before any run | nothing |
{rows}
| the other {MORNINGS - len(SCRIPT)} | a plain morning | nothing |

| | Slack | mail |
|---|--:|--:|
| lines due (firing and resolved) | {due} | {due} |
| lines delivered | {sum(delivered["slack"].values())} | {sum(delivered["mail"].values())} |
| delivered and not due, or twice | {false_alarms["slack"]} | {false_alarms["mail"]} |
| due and not delivered | {missing["slack"]} | {missing["mail"]} |
| messages that arrived | {arrived["slack"]} | {arrived["mail"]} |

What these rules leave to others: a killed process is reported by Prefect's Automation
(tests/alvorada/test_automations.py), a database or a Prefect server that does not answer by `alvorada up` and the
watchdog.
"""


def main() -> int:
    """Runs the month in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="alvorada-month-", ignore_cleanup_errors=True) as folder:
        return asyncio.run(run_month(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
