"""Five minutes of alerting under faults, then without, and what was queued, sent and received is compared.

Two evaluators and two senders, each a process; SMTP and Slack fail at random; evaluators are killed with -9. Compared:
what was queued, recorded, and what arrived.

The claim: nothing lost, nothing twice. Writes bench/results/alerts.md and fails when the claim does not hold.
`python -m bench.alerts_soak [seconds]`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from starlette.applications import Starlette

import migrations
from alvorada.stack.postgres import Postgres
from blocks.smtp import MailServer
from desk.alerts.facts import Metrics
from desk.catalog.alert_rules import RuleSettings, load_alerts, rank_of
from sandbox.slack import PlannedReplies, SimulatedSlack
from tasks.alerts.evaluation import evaluate_alerts
from tasks.alerts.postgres_records import PostgresRecords
from tasks.alerts.sending import send_due
from tasks.alerts.stored_rules import change_rule
from tasks.channels.mail import Mail
from tasks.channels.message import Channel, Message
from tasks.channels.slack import Slack
from tasks.store import Store

SECONDS, COOLDOWN = 300, 20
EVALUATE_EVERY = 2.0
SLOT = 7  # seconds for which the made-up conditions stay as they are
SUBJECTS = ("es_975", "drawdown", "gross_leverage")
SMTP_PORT, SLACK_PORT = 18_825, 18_826
RESULT = Path(__file__).with_name("results") / "alerts.md"


def main() -> int:
    """Runs the role that the first argument names: the whole test, or one of its processes."""
    role, *rest = sys.argv[1:] or ["run"]
    if role == "evaluator":
        return asyncio.run(evaluator(rest[0], float(rest[1])))
    if role == "sender":
        return asyncio.run(sender(rest[0]))
    return asyncio.run(soak(SECONDS if role == "run" else int(role)))


def now() -> dt.datetime:
    """The present time, UTC."""
    return dt.datetime.now(dt.UTC)


def rules() -> dict[str, RuleSettings]:
    """Two rules with a cooldown of seconds."""
    known = [load_alerts().rules[name] for name in ("VAR_BREACH", "LIMIT_BREACH")]
    return {rule.rule_id: replace(rule, cooldown_seconds=COOLDOWN, repeat_seconds=COOLDOWN) for rule in known}


async def evaluator(url: str, calm_from: float) -> int:
    """Evaluates for ever. The conditions are a function of the time, so that two evaluators see the same."""
    store = await Store.open(url, "sandbox", pool_size=3)

    async def read(at: dt.datetime) -> Metrics:
        slot = int(at.timestamp()) // SLOT
        is_calm = at.timestamp() >= calm_from
        draw = {name: random.Random(f"{slot} {name}").random() for name in ("book", *SUBJECTS)}
        holds = {name: not is_calm and value < 0.5 for name, value in draw.items()}
        used = {name: 1.3 if holds[name] else 0.4 for name in SUBJECTS}
        return Metrics(at, None, var_95=0.04 if holds["book"] else 0.01, utilisation=used)

    while True:
        # The link makes every evaluation's message one that differs from all others.
        link = f"http://desk.example/alerts?at={time.time_ns()}"
        await evaluate_alerts(PostgresRecords(store, rules()), read, ["mail", "slack"], now, link=link)
        await asyncio.sleep(EVALUATE_EVERY * random.uniform(0.5, 1.5))


async def sender(url: str) -> int:
    """Sends what is due, for ever."""
    store = await Store.open(url, "sandbox", pool_size=4)
    mail = Mail(MailServer("127.0.0.1", SMTP_PORT, "insecure", seconds=2), "desk@example.com", ["ana@example.com"])
    channels: list[Channel] = [Slack(f"http://127.0.0.1:{SLACK_PORT}/_slack/hook/desk", seconds=2), mail]
    while True:
        await send_due(PostgresRecords(store, rules()), channels, now)
        await asyncio.sleep(random.uniform(0.2, 0.8))


class Mailbox:
    """Keeps what it took; `is_bad` at random refuses with 451 before it takes anything."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.failure_rate = rng, 0.35
        self.got: list[str] = []
        self.refused = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Refuses at random with 451 before it takes the mail, else keeps the mail's link."""
        if self.rng.random() < self.failure_rate:
            self.refused += 1
            return "451 later"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.got.append(link_in(next(str(part.get_content()) for part in mail.walk() if not part.is_multipart())))
        return "250 OK"


def link_in(text: str) -> str:
    """The link that names the evaluation of a message."""
    return text.split("http://desk.example/alerts?at=")[1].split()[0].strip("|>\"'")


@dataclass
class Processes:
    """The processes under test, each started again when it was killed."""

    commands: dict[str, list[str]]
    running: dict[str, subprocess.Popen[bytes]]
    kills: int = 0

    @classmethod
    def start(cls, commands: dict[str, list[str]]) -> Processes:
        """Starts one process a command."""
        return cls(commands, {name: subprocess.Popen(command) for name, command in commands.items()})

    def kill_and_restart(self, name: str) -> None:
        """Kills one process with -9 and starts it again."""
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()
        self.running[name] = subprocess.Popen(self.commands[name])
        self.kills += 1

    def stop(self) -> None:
        """Kills all processes."""
        for process in self.running.values():
            process.kill()
            process.wait()


async def soak(seconds: int) -> int:
    """The whole test on servers of its own; 0 where the comparison finds nothing wrong."""
    rng = random.Random(7)
    box, stand_in = Mailbox(rng), SimulatedSlack()
    smtp = Controller(box, hostname="127.0.0.1", port=SMTP_PORT)
    smtp.start()
    app = Starlette(routes=stand_in.routes())
    slack = uvicorn.Server(uvicorn.Config(app, port=SLACK_PORT, log_level="critical", lifespan="off"))
    threading.Thread(target=slack.run, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="alvorada-soak-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        try:
            server.start()
            url = await server.ensure_database_async("soak")
            await migrations.upgrade_async(url)
            return await _soak(url, seconds, rng, box, stand_in)
        finally:
            server.stop()
            smtp.stop()
            slack.should_exit = True


async def _soak(url: str, seconds: int, rng: random.Random, box: Mailbox, stand_in: SimulatedSlack) -> int:
    store = await Store.open(url, "sandbox", pool_size=3)
    calm_from = time.time() + seconds
    ours = [sys.executable, "-m", "bench.alerts_soak"]
    commands = {f"evaluator {i}": [*ours, "evaluator", url, str(calm_from)] for i in (1, 2)}
    commands |= {f"sender {i}": [*ours, "sender", url] for i in (1, 2)}
    processes = Processes.start(commands)
    try:
        while time.time() < calm_from:
            weather: list[Any] = [rng.choice((200, 200, 200, 429, 500, "silence")) for _ in range(3)]
            stand_in.replies = PlannedReplies.model_validate({"next": weather, "then": 200, "retry_after": 1})
            await asyncio.sleep(rng.uniform(0.5, 2.0))
            if rng.random() < 0.08:
                processes.kill_and_restart(rng.choice(["evaluator 1", "evaluator 2"]))
            if rng.random() < 0.04:
                severity = rng.choice(("warning", "critical"))
                async with store.connections.acquire() as connection:
                    seeded = await connection.fetchval("SELECT count(*) FROM v_alert_rule")
                if seeded:
                    await change_rule(store, "VAR_BREACH", {"severity": severity}, "soak", now())
        box.failure_rate = 0.0
        stand_in.replies = PlannedReplies()
        await _drained(store)
    finally:
        processes.stop()
    complaints, counts = await compare(store, box, stand_in)
    await store.close()
    RESULT.write_text(page(seconds, processes.kills, box, stand_in, complaints, counts), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))
    return 1 if complaints else 0


async def _drained(store: Store) -> None:
    """Waits until nothing fires and nothing waits, at most six minutes (the longest pause is five)."""
    for _ in range(360):
        await asyncio.sleep(1)
        async with store.connections.acquire() as connection:
            waiting = await connection.fetchval("SELECT count(*) FROM v_outbox WHERE state = 'waiting'")
            active = await connection.fetchval("SELECT count(*) FROM v_alert_active")
        if not waiting and not active:
            await asyncio.sleep(3)
            return
    raise TimeoutError("the outbox did not empty")


async def compare(store: Store, box: Mailbox, stand_in: SimulatedSlack) -> tuple[list[str], dict[str, int]]:
    """Complaints about what does not agree, and counts for the page."""
    async with store.connections.acquire() as connection:
        rows = await connection.fetch("SELECT * FROM outbox ORDER BY outbox_id")
        recorded = {row["outbox_id"]: row["delivered_at"] for row in await connection.fetch("SELECT * FROM delivery")}
        receipts = await connection.fetchval("SELECT count(*) FROM delivery")
    arrived = {"mail": Counter(box.got), "slack": Counter(link_in(message["text"]) for message in stand_in.messages)}
    complaints, counts = [], Counter(outbox=len(rows), receipts=receipts, tries=sum(row["attempts"] for row in rows))
    sent_lines: dict[tuple[str, Any], list[tuple[Any, Any, Any]]] = {}
    for row in rows:
        message = Message.from_json(json.loads(row["payload"]))
        times = arrived[row["channel"]].pop(link_in(message.link), 0)
        if times != 1:
            complaints.append(f"{row['channel']} {row['outbox_id']} arrived {times} times")
        if row["outbox_id"] not in recorded:
            complaints.append(f"{row['channel']} {row['outbox_id']} has no receipt")
            continue
        for line in message.lines:
            counts[line.status] += 1
            counts["held back"] += line.held_back
            place = sent_lines.setdefault((row["channel"], line.key), [])
            place.append((line, row["created_at"], recorded[row["outbox_id"]]))
    complaints += [f"{name} got what was never queued: {left}" for name, left in arrived.items() if left]
    for (channel, key), lines in sent_lines.items():
        complaints += [f"{channel} {key}: {words}" for words in _wrong(lines)]
    return complaints, dict(counts)


def _wrong(lines: list[tuple[Any, Any, Any]]) -> list[str]:
    found = []
    for (before, _, _), (after, _, _) in pairwise(lines):
        if before.status == after.status == "resolved":
            found.append("resolved twice")
    firing = [entry for entry in lines if entry[0].status == "firing"]
    for (before, _, delivered), (after, queued, _) in pairwise(firing):
        apart = (queued - delivered).total_seconds()
        if apart < COOLDOWN and rank_of(after.severity) <= rank_of(before.severity):
            found.append(f"twice within {apart:.1f} s")
    if lines[-1][0].status != "resolved":
        found.append("its end was not sent")
    return found


def page(
    seconds: int, kills: int, box: Mailbox, stand_in: SimulatedSlack, complaints: list[str], counts: dict[str, int]
) -> str:
    """The page of results."""
    verdict = "**Nothing lost, nothing twice.**" if not complaints else f"**{len(complaints)} complaints.**"
    listed = "".join(f"\n- {words}" for words in complaints[:50])
    unanswered = stand_in.posts - len(stand_in.messages)
    return f"""# Alerts: {seconds} seconds of bad weather

`python -m bench.alerts_soak`, {now():%Y-%m-%d}. Two evaluators (every {EVALUATE_EVERY:.0f} s, killed with -9 and
started again {kills} times) and two senders, each a process, on one PostgreSQL; cooldown {COOLDOWN} s. SMTP refused
{box.refused} mails with 451; the simulated Slack answered 429, 500 or not at all to {unanswered} of {stand_in.posts}
posts.

{verdict}{listed}

| | |
|---|--:|
| messages queued (both channels) | {counts.get("outbox", 0)} |
| tries | {counts.get("tries", 0)} |
| receipts | {counts.get("receipts", 0)} |
| arrived by mail | {len(box.got)} |
| arrived in Slack | {len(stand_in.messages)} |
| lines of status firing | {counts.get("firing", 0)} |
| lines of status resolved | {counts.get("resolved", 0)} |
| held back and counted | {counts.get("held back", 0)} |

Compared: every outbox row arrived exactly once and has one receipt; nothing arrived that was not queued; per alert and
channel no two firing lines within a cooldown of the delivery before (but for a rise in severity), one resolved line per
episode that was sent, and the last line is resolved.
"""


if __name__ == "__main__":
    sys.exit(main())
