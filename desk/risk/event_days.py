"""On which days an event of events.toml falls, and how sure that is. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from desk import calendars
from desk.catalog.events import ReleaseEvent
from desk.model import PublicationRule
from desk.point_in_time.publication_rules import publication_days

Basis = Literal["published", "rule", "window"]
SATURDAY, REFERENCE_DAY, JANUARY_FROM = 5, 12, 4
MARGIN = dt.timedelta(days=100)
"""How long before a span the reference month of a day in it may begin."""


@dataclass(frozen=True, slots=True)
class EventDay:
    """`first` to `last` day on which it may come, the same for a known one; `about`: the period that the number is
    about, None for what is held and has none."""

    first: dt.date
    last: dt.date
    about: dt.date | None
    basis: Basis

    @property
    def known(self) -> bool:
        """Whether it is one day."""
        return self.first == self.last


def event_days(event: ReleaseEvent, start: dt.date, end: dt.date) -> list[EventDay]:
    """The event's days that may fall from `start` to `end`, ascending."""
    if event.weekly is not None:
        found = _weekly(event, start, end)
    elif event.each:
        found = _each(event, start, end)
    else:
        found = [_monthly(event, about) for about in _months(start - MARGIN, end)]
    return sorted((day for day in found if day.last >= start and day.first <= end), key=lambda day: day.first)


def _weekly(event: ReleaseEvent, start: dt.date, end: dt.date) -> list[EventDay]:
    if event.rule is None:
        raise ValueError(f"{event.id}: a weekly event without a rule")
    span = (start - MARGIN + dt.timedelta(days=k) for k in range((end - start + MARGIN).days + 1))
    about = [day for day in span if day.weekday() == event.weekly]
    out = publication_days(event.rule, np.array(about, dtype="datetime64[D]")).tolist()
    return [_moved(event.rule, of, day) for of, day in zip(about, out, strict=True)]


def _moved(rule: PublicationRule, about: dt.date, day: dt.date) -> EventDay:
    """A rule moves a release forward over a holiday, for it is a bound; its source may have moved it back."""
    if rule.weekday is None or day.weekday() == rule.weekday or about in rule.dates:
        return EventDay(day, day, about, "rule")
    return EventDay(calendars.by_name(rule.calendar).offset(day, -1), day, about, "window")


def _each(event: ReleaseEvent, start: dt.date, end: dt.date) -> list[EventDay]:
    calendar = calendars.by_name(event.calendar)
    span = (start + dt.timedelta(days=k) for k in range((end - start).days + 1))
    held = [day for day in span if day.weekday() in event.each and calendar.is_business_day(day)]
    return [EventDay(day, day, None, "rule") for day in held]


def _months(start: dt.date, end: dt.date) -> Iterator[dt.date]:
    month = start.replace(day=1)
    while month <= end:
        yield month
        month = (month + dt.timedelta(days=32)).replace(day=1)


def _monthly(event: ReleaseEvent, about: dt.date) -> EventDay:
    listed = event.published.get(about) or (event.rule.dates.get(about) if event.rule is not None else None)
    if listed is not None:
        return EventDay(listed, listed, about, "published")
    calendar = calendars.by_name(event.calendar)
    if event.weeks is not None:
        twelfth = about.replace(day=REFERENCE_DAY)
        saturday = twelfth + dt.timedelta(days=(SATURDAY - twelfth.weekday()) % 7)
        friday = saturday + dt.timedelta(days=7 * event.weeks - 1)
        if friday.month == 1 and friday.day < JANUARY_FROM:
            friday += dt.timedelta(days=7)
        day = calendar.on_or_before(friday)
        return EventDay(day, day, about, "rule")
    month = about
    for _ in range(event.months):
        month = (month + dt.timedelta(days=32)).replace(day=1)
    first, last = (month.replace(day=day) for day in event.window)
    return EventDay(calendar.on_or_after(first), calendar.on_or_before(last), about, "window")
