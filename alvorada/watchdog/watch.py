"""`alvorada watchdog`: the dead man's switch, outside Prefect. Needs neither Prefect nor PostgreSQL to speak.

It asks whether this business day's run finished by 06:45 America/Sao_Paulo, whether the database and Prefect's API
answer, and whether alerts are still evaluated and delivered. Each problem is told once a day per channel, directly, and
once more when it is over.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from alvorada.stack.data_dir import Home
from alvorada.watchdog.checks import Places, Problem, find_problems
from alvorada.watchdog.state import Memory
from blocks.settings import Settings
from desk.errors import BadInput
from desk.model import SAO_PAULO
from tasks.channels.configured import channels_of
from tasks.channels.message import Channel, DeliveryFailed, Message
from tasks.channels.null import Null

WELL, TROUBLE, UNTOLD = 0, 1, 4
"""Exit codes: all well; problems, and everybody who is to know was told; problems that a channel could not be told."""
EVERY_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Told:
    """One look: what is wrong, what was sent now, and what could not be."""

    problems: tuple[Problem, ...]
    sent: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        return UNTOLD if self.failed else TROUBLE if self.problems else WELL


def watch(home: Home, settings: Settings, places: Places, clock: Callable[[], dt.datetime], once: bool) -> int:
    """Looks once, or every five minutes until it is stopped. Raises BadInput where nobody could be told."""
    channels = [channel for channel in channels_of(settings) if not isinstance(channel, Null)]
    if not channels:
        raise BadInput(
            "the watchdog can tell nobody: set SLACK_WEBHOOK_URL, or SMTP_HOST and SMTP_RECIPIENTS, in its environment"
            " (it does not read Prefect's blocks: Prefect may be what is down)"
        )
    memory = Memory(home.make().path / "watchdog.json")
    while True:
        told = asyncio.run(look(places, settings, channels, memory, clock()))
        report(told)
        if once:
            return told.exit_code
        time.sleep(EVERY_SECONDS)


async def look(
    places: Places, settings: Settings, channels: Sequence[Channel], memory: Memory, now: dt.datetime
) -> Told:
    """One look at everything, and what is new told to each channel that does not know it yet."""
    problems = await find_problems(places, settings.watchdog_deadline, now)
    today = now.astimezone(SAO_PAULO).date()
    sent: list[str] = []
    failed: list[str] = []
    for channel in channels:
        news = [p for p in problems if not memory.knows(today, p.key, channel.name)]
        over = [key for key in memory.open(today, channel.name) if key not in {p.key for p in problems}]
        for keys, message in _messages(news, over, settings, now):
            try:
                await channel.send(message)
            except DeliveryFailed as error:
                failed.append(str(error))
                continue
            sent.append(f"{channel.name}: {message.title}")
            for key in keys:
                memory.told(today, key, channel.name, over=key in over)
    return Told(tuple(problems), tuple(sent), tuple(failed))


def _messages(
    news: Sequence[Problem], over: Sequence[str], settings: Settings, now: dt.datetime
) -> list[tuple[list[str], Message]]:
    """One message with all that is new, one with all that is over."""
    link = settings.public_url.rstrip("/") + "/api/v1/monitoring/pipeline-status"
    out = []
    if news:
        title = f"Alvorada watchdog: {news[0].title}{f', and {len(news) - 1} more' if len(news) > 1 else ''}"
        words = tuple(f"{problem.title}. {problem.text} What to do: docs/runbook.md." for problem in news)
        message = Message(kind="watchdog", title=title, at=now, link=link, paragraphs=words)
        out.append(([problem.key for problem in news], message))
    if over:
        title = f"Alvorada watchdog: over: {', '.join(over)}"
        words = ("What was told earlier today is no longer so.",)
        out.append((list(over), Message(kind="watchdog", title=title, at=now, link=link, paragraphs=words)))
    return out


def report(told: Told) -> None:
    for problem in told.problems:
        typer.echo(f"{problem.key}: {problem.title}. {problem.text}")
    for line in told.sent:
        typer.echo(f"told {line}")
    for line in told.failed:
        typer.echo(f"alvorada: not told: {line}; tried again at the next look", err=True)
    if not told.problems:
        typer.echo("all well")
