"""A command that stays and does its work once a day: `--daily-at HH:MM`, in São Paulo's time."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alvorada.cli.clock import now
from desk.errors import AlvoradaError, BadInput

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
"""As desk.model has it, without what that imports."""
ROUND_SECONDS = 60.0
DailyAt = Annotated[
    str | None, typer.Option("--daily-at", metavar="HH:MM", help="Stay, and do it daily at this hour, São Paulo.")
]


def each_day(at: str, last: Callable[[], dt.datetime | None], act: Callable[[], None]) -> None:
    """Calls `act` when it is due, for as long as the process lives. An error is a line; the next round tries again.

    `last`: when it was done last. Raises BadInput for an `at` that is no time.
    """
    try:
        hour = dt.time.fromisoformat(at)
    except ValueError:
        raise BadInput(f"--daily-at {at}: write it as HH:MM, like 20:00") from None
    while True:
        try:
            if next_time(last(), hour, now()) <= now():
                act()
        except AlvoradaError as error:
            typer.echo(f"alvorada: {error}", err=True)
        time.sleep(ROUND_SECONDS)


def next_time(last: dt.datetime | None, hour: dt.time, moment: dt.datetime) -> dt.datetime:
    """When it is due: `moment` where it was not done in the last day, else at the next `hour` (São Paulo) after it."""
    if last is None or moment - last >= dt.timedelta(days=1):
        return moment
    local = last.astimezone(SAO_PAULO)
    due = dt.datetime.combine(local.date(), hour, SAO_PAULO)
    return due if due > local else dt.datetime.combine(local.date() + dt.timedelta(days=1), hour, SAO_PAULO)
