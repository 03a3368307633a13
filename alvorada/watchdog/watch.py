"""`alvorada watchdog`: reports over Slack and mail that a run is missing, or that PostgreSQL or Prefect is down.

It runs outside Prefect. It checks whether this business day's run finished by 06:45 America/Sao_Paulo, whether the
database and Prefect's API answer, and whether alerts are still evaluated and delivered. Each problem is sent once a
day to each channel, directly, and once more when it is over.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import typer

from alvorada.stack.data_dir import DataDir
from alvorada.watchdog.checks import Problem, find_problems
from alvorada.watchdog.endpoints import Endpoints, find_endpoints
from alvorada.watchdog.state import WatchdogState
from blocks.settings import Settings
from desk.errors import BadInput
from desk.model import SAO_PAULO
from tasks.channels.configured import channels_of
from tasks.channels.message import Channel, DeliveryFailed, Message
from tasks.channels.null import Null

NO_PROBLEM, PROBLEMS, NOT_DELIVERED = 0, 1, 4
"""Exit codes: no problem; problems, each delivered on every channel; a message that a channel did not take."""
INTERVAL_SECONDS = 300.0
OVER: Mapping[str, str] = {
    "run": "the daily run of today has completed",
    "database": "the database answers",
    "prefect": "Prefect's API answers",
    "alerts": "alerts are evaluated",
    "sender": "alerts and reports are sent",
    "outbox": "no message waits any longer",
}
"""Key of a problem -> what is so again when it is over."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One round of checks: the problems, the messages sent now, and the deliveries that failed."""

    problems: tuple[Problem, ...]
    sent: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """NO_PROBLEM, PROBLEMS or NOT_DELIVERED."""
        return NOT_DELIVERED if self.failed else PROBLEMS if self.problems else NO_PROBLEM


def watch(
    data_dir: DataDir, settings: Settings, endpoints: Endpoints, clock: Callable[[], dt.datetime], once: bool
) -> int:
    """Checks once and returns the exit code, or every five minutes until it is stopped.

    Raises BadInput where no channel is configured.
    """
    channels = [channel for channel in channels_of(settings) if not isinstance(channel, Null)]
    if not channels:
        raise BadInput(
            "the watchdog can tell nobody: set SLACK_WEBHOOK_URL, or SMTP_HOST and SMTP_RECIPIENTS, in its environment"
            " (it does not read Prefect's blocks: Prefect may be what is down)"
        )
    state = WatchdogState(data_dir.create().watchdog_file)
    while True:
        result = asyncio.run(check(endpoints, settings, channels, state, clock()))
        show(result)
        data_dir.watchdog_beat.touch()
        if once:
            return result.exit_code
        time.sleep(INTERVAL_SECONDS)


def alarm_of(data_dir: DataDir, settings: Settings, clock: Callable[[], dt.datetime]) -> Callable[[], None] | None:
    """What `alvorada up` calls while PostgreSQL or Prefect does not answer, and when they do again. It shares the
    watchdog's state, so that the two tell a problem once. None where no channel is configured."""
    channels = [channel for channel in channels_of(settings) if not isinstance(channel, Null)]
    if not channels:
        return None
    state = WatchdogState(data_dir.create().watchdog_file)

    def alert() -> None:
        endpoints = find_endpoints(data_dir, settings)
        result = asyncio.run(check(endpoints, settings, channels, state, clock(), only=("database", "prefect")))
        for line in (*(f"sent {one}" for one in result.sent), *result.failed):
            typer.echo(line, err=True)

    return alert


async def check(
    endpoints: Endpoints,
    settings: Settings,
    channels: Sequence[Channel],
    state: WatchdogState,
    now: dt.datetime,
    only: Collection[str] | None = None,
) -> CheckResult:
    """One round: finds the problems, and sends each channel what it has not been sent today. `only`: keys of the
    problems that are looked at; None: all."""
    found = await find_problems(endpoints, settings.watchdog_deadline, now)
    problems = [problem for problem in found if only is None or problem.key in only]
    today = now.astimezone(SAO_PAULO).date()
    sent: list[str] = []
    failed: list[str] = []
    for channel in channels:
        new = [p for p in problems if not state.is_reported(today, p.key, channel.name)]
        known = [key for key in state.unresolved(today, channel.name) if only is None or key in only]
        over = [key for key in known if key not in {p.key for p in problems}]
        for keys, message in _messages(new, over, settings, now):
            try:
                await channel.send(message)
            except DeliveryFailed as error:
                failed.append(str(error))
                continue
            sent.append(f"{channel.name}: {message.title}")
            for key in keys:
                state.record(today, key, channel.name, resolved=key in over)
    return CheckResult(tuple(problems), tuple(sent), tuple(failed))


def _messages(
    new: Sequence[Problem], over: Sequence[str], settings: Settings, now: dt.datetime
) -> list[tuple[list[str], Message]]:
    """One message about all new problems, one about all that are over; each with the keys of its problems."""
    link = "" if settings.public_url is None else f"{settings.public_url}/api/v1/monitoring/pipeline-status"
    messages = []
    if new:
        title = f"Alvorada watchdog: {new[0].title}{f', and {len(new) - 1} more' if len(new) > 1 else ''}"
        paragraphs = tuple(f"{problem.title}. {problem.text} What to do: docs/runbook.md." for problem in new)
        message = Message(kind="watchdog", title=title, at=now, link=link, paragraphs=paragraphs)
        messages.append(([problem.key for problem in new], message))
    if over:
        ends = [OVER[key] for key in over]
        title = f"Alvorada watchdog: over: {ends[0]}{f', and {len(ends) - 1} more' if len(ends) > 1 else ''}"
        paragraphs = tuple(f"Over: {end}." for end in ends)
        message = Message(kind="watchdog", title=title, at=now, link=link, paragraphs=paragraphs)
        messages.append((list(over), message))
    return messages


def show(result: CheckResult) -> None:
    """Prints the problems and the messages sent on stdout, deliveries that failed on stderr."""
    for problem in result.problems:
        typer.echo(f"{problem.key}: {problem.title}. {problem.text}")
    for line in result.sent:
        typer.echo(f"sent {line}")
    for line in result.failed:
        typer.echo(f"alvorada: not delivered: {line}; tried again at the next check", err=True)
    if not result.problems:
        typer.echo("all well")
