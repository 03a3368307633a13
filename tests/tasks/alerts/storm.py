"""A storm for alerting: evaluators and senders at once, restarts, crashes, failing channels, a clock that jumps.

What was sent, queued and recorded is kept, and `proofs` checks the promise on those records alone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from desk.alerts.facts import Metrics
from desk.alerts.model import AlertChanges, AlertKey, AlertLine
from desk.catalog.alert_rules import RuleSettings, Severity, rank_of
from tasks.alerts.evaluation import evaluate_alerts
from tasks.alerts.records import AlertRecords
from tasks.alerts.sending import send_due
from tasks.channels.message import DeliveryFailed, Message, Receipt
from tests.desk.alerts.book import half_hourly

START = dt.datetime(2026, 11, 19, 12, 12, tzinfo=dt.UTC)  # 09:12 in São Paulo
COOLDOWN = dt.timedelta(minutes=30)
CHANNELS = ("mail", "slack")
LIMITS = ("gross_leverage", "drawdown")


class Crash(BaseException):
    """kill -9 of one evaluator or sender: nothing of it runs any more."""


def calm_rules() -> dict[str, RuleSettings]:
    rules = half_hourly()
    return {name: rules[name] for name in ("VAR_BREACH", "LIMIT_BREACH")}


@dataclass(frozen=True)
class Queued:
    """One line that an evaluation put into the outbox for one channel."""

    number: int
    at: dt.datetime
    line: AlertLine


@dataclass
class Storm:
    """`arrived`: what reached a channel, in order; `lost`: what a sender sent and did not live to record."""

    rng: random.Random
    now: dt.datetime = START
    is_calm: bool = False
    var_95: object = 0.01
    used: dict[str, object] = field(default_factory=lambda: dict.fromkeys(LIMITS, 0.5))
    arrived: list[tuple[str, str]] = field(default_factory=list)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    crash_rate: float = 0.03
    failure_rate: float = 0.3

    def clock(self) -> dt.datetime:
        return self.now

    async def read(self, now: dt.datetime) -> Metrics:
        return Metrics(now, None, var_95=self.var_95, utilisation=dict(self.used))

    async def step(self, name: str) -> None:
        """Where the real thing would wait: others run, and sometimes this one dies. Between a send and its record it
        dies in the channel, which knows what was lost."""
        for _ in range(self.rng.randrange(3)):
            await asyncio.sleep(0)
        if not self.is_calm and name != "before record" and self.rng.random() < self.crash_rate:
            raise Crash(name)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def weather(self) -> None:
        """The conditions and the time move on."""
        self.now += dt.timedelta(seconds=self.rng.choice((0, 1, 60, 299, 300, 300, 300, 301, 600, 1500)))
        if self.rng.random() < 0.3:
            self.var_95 = self.rng.choice((0.01, 0.04))
        for limit in LIMITS:
            if self.rng.random() < 0.3:
                self.used[limit] = self.rng.choice((0.5, 1.0, 1.7))


class StormChannel:
    """Fails at random, and its sender dies at random before or after the message has got through."""

    def __init__(self, name: str, storm: Storm) -> None:
        self.name, self.storm = name, storm

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        storm = self.storm
        await storm.step("before send")
        if not storm.is_calm and storm.rng.random() < storm.failure_rate:
            raise DeliveryFailed(self.name, "no luck", retry_after=storm.rng.choice((None, 30.0, 400.0)))
        what = identity(message)
        storm.arrived.append((self.name, what))
        try:
            await storm.step("after send")
        except Crash:
            storm.lost[self.name, what] += 1
            raise
        return Receipt(self.name)


def identity(message: Message) -> str:
    """Which message this is: its moment and its lines (no two of one channel share both)."""
    return f"{message.at.isoformat()} {[(line.key, line.status, line.severity) for line in message.lines]}"


async def run_storm(
    storm: Storm,
    records: AlertRecords,
    rounds: int,
    change_severity: dict[str, RuleSettings] | None = None,
    log: Log | None = None,
) -> None:
    """Rounds of up to two evaluators and two senders at once, then calm until nothing waits. `change_severity`: the
    rules' own dict, where VAR_BREACH may turn critical and back; `log`: notes evaluations that came to their end."""
    channels = [StormChannel(name, storm) for name in CHANNELS]

    async def evaluator() -> None:
        plan = await evaluate_alerts(records, storm.read, CHANNELS, storm.clock)
        if log is not None:
            log.note_plan(plan)

    async def sender() -> None:
        await send_due(records, channels, storm.clock, sleep=storm.pause)

    for _ in range(rounds):
        storm.weather()
        if change_severity is not None and storm.rng.random() < 0.15:
            rule = change_severity["VAR_BREACH"]
            change_severity["VAR_BREACH"] = replace(rule, severity=storm.rng.choice(("warning", "critical")))
        work = [evaluator() for _ in range(storm.rng.randrange(3))] + [sender() for _ in range(storm.rng.randrange(3))]
        storm.rng.shuffle(work)
        for ended in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, Crash):
                raise ended
    storm.is_calm = True
    storm.var_95, storm.used = 0.01, dict.fromkeys(LIMITS, 0.5)
    for _ in range(20):
        storm.now += dt.timedelta(minutes=61)
        await sender()
        await evaluator()
    await sender()


@dataclass
class Log:
    """Committed evaluations (time, what held), queued lines per channel, and when each outbox row was recorded."""

    held: list[tuple[dt.datetime, dict[AlertKey, Severity]]] = field(default_factory=list)
    queued: dict[str, list[Queued]] = field(default_factory=lambda: {name: [] for name in CHANNELS})
    recorded: dict[int, dt.datetime] = field(default_factory=dict)
    waiting: int = 0

    def note_plan(self, plan: AlertChanges) -> None:
        times = {state.evaluated_at for state in plan.states.values()}
        if times:
            self.note(max(times), plan)

    def note(self, now: dt.datetime, plan: AlertChanges) -> None:
        firing = {k: s.severity for k, s in plan.states.items() if s.state == "firing" and s.last_true_at == now}
        self.held.append((now, firing))


def proofs(storm: Storm, log: Log) -> None:
    """Never none, never two, one resolved, in order. Raises AssertionError."""
    assert log.waiting == 0, "everything queued has been delivered"
    times_sent = Counter(storm.arrived)
    for (channel, what), times in times_sent.items():
        assert times <= 1 + storm.lost[channel, what], f"{channel}: {what} came {times} times"
    for channel, lines in log.queued.items():
        for number in {queued.number for queued in lines}:
            assert number in log.recorded
        for key in {queued.line.key for queued in lines}:
            _never_two(channel, [queued for queued in lines if queued.line.key == key], log)
        for now, firing in log.held:
            for key in firing:
                notices = [queued for queued in lines if queued.line.key == key and queued.line.status == "firing"]
                assert any(_covers(queued, now, log) for queued in notices), f"{channel}: no notice of {key} at {now}"


def _covers(queued: Queued, now: dt.datetime, log: Log) -> bool:
    """On its way at `now`, or delivered less than a cooldown before."""
    return queued.at <= now and log.recorded[queued.number] > now - COOLDOWN


def _never_two(channel: str, lines: list[Queued], log: Log) -> None:
    for before, after in pairwise(lines):
        if after.line.status == "resolved":
            assert before.line.status == "firing", f"{channel}: {after.line.key} resolved twice"
            assert log.recorded[before.number] <= log.recorded[after.number], "the end came before the beginning"
    firing = [queued for queued in lines if queued.line.status == "firing"]
    for before, after in pairwise(firing):
        is_graver = rank_of(after.line.severity) > rank_of(before.line.severity)
        apart = after.at - log.recorded[before.number]
        assert is_graver or apart >= COOLDOWN, f"{channel}: {after.line.key} twice, {apart} apart"
    assert lines[-1].line.status == "resolved", f"{channel}: {lines[-1].line.key} is over, and nobody was told"
