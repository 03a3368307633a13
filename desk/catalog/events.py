"""What comes out at a known hour: typed records of events.toml."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from desk.catalog import load_catalog, read_toml, tables, typed_record
from desk.errors import BadCatalog
from desk.model import PublicationRule

CALENDARS = ("anbima", "b3", "us_federal", "us_government")
FORMS = ("weekly", "each", "weeks", "window")
NUMBERS = ("level", "growth", "difference")
UNITS = ("percent", "thousand", "count")
WEEKDAYS = range(7)
ZONES = ("America/Sao_Paulo", "America/New_York")


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """A release or an auction. Fields: events.toml; `rule`: None where no publication rule applies."""

    id: str
    name: str
    time: dt.time
    tz: str
    calendar: str
    source: str
    retrieved: dt.date
    ahead: int
    feature: str = ""
    number: Literal["level", "growth", "difference", ""] = ""
    consensus: str = ""
    surprise: str = ""
    unit: Literal["percent", "thousand", "count", ""] = ""
    rule: PublicationRule | None = None
    weekly: int | None = None
    each: tuple[int, ...] = ()
    weeks: int | None = None
    window: tuple[int, ...] = ()
    months: int = 0
    published: Mapping[dt.date, dt.date] = field(default_factory=dict)

    def at(self, day: dt.date) -> dt.datetime:
        """Its hour on a day, in its own time zone."""
        return dt.datetime.combine(day, self.time, ZoneInfo(self.tz))


@cache
def load_events() -> tuple[ReleaseEvent, ...]:
    """In the file's order, read once in a process. Raises BadCatalog as `read_events` does."""
    return read_events()


def read_events() -> tuple[ReleaseEvent, ...]:
    """In the file's order. Raises BadCatalog that names the entry and what is wrong with it."""
    return tuple(_event(key, raw) for key, raw in tables("events", read_toml("events"), "event").items())


def _event(key: str, raw: Mapping[str, Any]) -> ReleaseEvent:
    where = f"events.toml, event {key}"
    rules = load_catalog().rules
    if "rule" in raw and (not isinstance(raw["rule"], str) or raw["rule"] not in rules):
        raise BadCatalog(f"{where}: no publication rule {raw['rule']!r}")
    for name in ("each", "window"):
        if not isinstance(raw.get(name, []), list):
            raise BadCatalog(f"{where}: {name} = {raw[name]!r} is no list")
    plain = {name: value for name, value in raw.items() if name not in ("as", "rule", "published", "time")}
    event: ReleaseEvent = typed_record(
        ReleaseEvent,
        where,
        {
            **plain,
            "id": key,
            "time": _clock(where, raw.get("time")),
            "number": raw.get("as", ""),
            "rule": rules[raw["rule"]] if "rule" in raw else None,
            "each": tuple(raw.get("each", ())),
            "window": tuple(raw.get("window", ())),
            "published": _published(where, raw.get("published", {})),
        },
    )
    _check(where, event)
    return event


def _clock(where: str, value: object) -> dt.time:
    try:
        return dt.time.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise BadCatalog(f"{where}: time = {value!r} is no hour") from error


def _published(where: str, value: object) -> dict[dt.date, dt.date]:
    if not isinstance(value, dict):
        raise BadCatalog(f"{where}: published = {value!r} is no table")
    found = {}
    for about, day in value.items():
        try:
            month = dt.date.fromisoformat(f"{about}-01")
        except ValueError as error:
            raise BadCatalog(f"{where}: published {about!r} is no month") from error
        if type(day) is not dt.date or day <= month:
            raise BadCatalog(f"{where}: published {about} = {day!r} is no day after its month has begun")
        found[month] = day
    return found


def _check(where: str, event: ReleaseEvent) -> None:
    if sum((event.weekly is not None, bool(event.each), event.weeks is not None, bool(event.window))) != 1:
        raise BadCatalog(f"{where}: exactly one of {', '.join(FORMS)}")
    if event.weekly is not None and (event.rule is None or event.weekly not in WEEKDAYS):
        raise BadCatalog(f"{where}: weekly = {event.weekly} needs a rule, and is a weekday from 0 to 6")
    if not set(event.each) <= set(WEEKDAYS):
        raise BadCatalog(f"{where}: each = {list(event.each)} are weekdays from 0 to 6")
    if event.window and not (len(event.window) == 2 and 1 <= event.window[0] <= event.window[1] <= 28):
        raise BadCatalog(f"{where}: window is [first, last] day of a month, to the 28th")
    for name, least in (("weeks", 1), ("months", 0), ("ahead", 0)):
        if (getattr(event, name) or least) < least:
            raise BadCatalog(f"{where}: {name} = {getattr(event, name)} is below {least}")
    if event.calendar not in CALENDARS:
        raise BadCatalog(f"{where}: calendar is one of {', '.join(CALENDARS)}")
    if event.tz not in ZONES:
        raise BadCatalog(f"{where}: tz = {event.tz!r} is none of {', '.join(ZONES)}")
    together = event.number in NUMBERS and event.unit in UNITS and bool(event.feature)
    if (event.number or event.unit or event.feature) and not together:
        raise BadCatalog(
            f"{where}: feature, as (one of {', '.join(NUMBERS)}) and unit (one of {', '.join(UNITS)}) go together"
        )
    if type(event.retrieved) is not dt.date:
        raise BadCatalog(f"{where}: retrieved = {event.retrieved!r} is no date")
