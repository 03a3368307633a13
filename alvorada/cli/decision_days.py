"""The decision day that a command's options name. The time of the call is an argument."""

from __future__ import annotations

import datetime as dt

from desk.calendars import FIRST_YEAR, b3
from desk.errors import BadInput
from desk.point_in_time.decision_days import latest_day


def decision_day(text: str | None, now: dt.datetime) -> dt.date:
    """The day that `--as-of` names, or the latest one when None. Raises BadInput that names the nearest valid days."""
    latest = latest_day(now)
    if text is None:
        return latest
    day = parse_day(text, "--as-of")
    if not b3().is_business_day(day):
        before = b3().on_or_before(day)
        after = b3().on_or_after(day)
        near = f"{before} and {after}" if after <= latest else f"{min(before, latest)}"
        what = f"{day:%A}" if day.weekday() > 4 else "holiday"
        raise BadInput(f"{day} is not a B3 business day ({what}); nearest with a decision: {near}")
    if day > latest:
        raise BadInput(
            f"{day} is in the future: its decision time is 06:00 America/Sao_Paulo; the latest day is {latest}"
        )
    return day


def parse_day(text: str, option: str) -> dt.date:
    """A date in ISO form. Raises BadInput naming the option."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option} {text!r} is not a date: write it as YYYY-MM-DD, like 2026-01-12") from None
    if day.year < FIRST_YEAR:
        raise BadInput(f"{option} {day} is before {FIRST_YEAR}, where the calendars begin")
    return day


def day_range(start: str, end: str, now: dt.datetime) -> tuple[dt.date, dt.date]:
    """First and last day of a backfill, both included. Raises BadInput, also where no B3 business day lies between."""
    first, last = parse_day(start, "--from"), parse_day(end, "--to")
    latest = latest_day(now)
    if first > last:
        raise BadInput(f"--from {first} is after --to {last}")
    if last > latest:
        raise BadInput(f"--to {last} is in the future: the latest day is {latest}")
    if not b3().days(first, last):
        raise BadInput(f"no B3 business day between {first} and {last}")
    return first, last
