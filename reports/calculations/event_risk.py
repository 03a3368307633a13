"""The agenda: what is decided, published or auctioned next, what is expected, and what the book makes of it.

Past events are those of the stored history of decisions, at their known days only; the exposures are today's.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from desk import calendars
from desk.catalog.events import ReleaseEvent, load_events
from desk.catalog.meetings import load_meetings
from desk.model import SAO_PAULO
from desk.point_in_time.publication_rules import publication_times
from desk.risk.event_days import EventDay, event_days
from desk.risk.event_moves import Levels, Response, Swing, book_move, deviation, exposures, response, swing
from reports.elements.formats import finite_or_none
from reports.elements.report_data import ReportData, once_per_report

MEETING_DAYS = 21
"""Calendar days ahead that the agenda looks for Copom and FOMC."""
MEETING_HOURS = {"copom": (dt.time(18, 30), SAO_PAULO), "fomc": (dt.time(14, 0), ZoneInfo("America/New_York"))}
"""When the two decisions are published: Banco Central do Brasil from 18:30, Federal Reserve at 14:00 of its clock."""
MEETING_NAMES = {"copom": "Copom", "fomc": "FOMC"}
MORNING = dt.timedelta(hours=9)
"""A number that the desk saw first at a day's 06:00 had come out on the day before."""


@dataclass(frozen=True)
class AgendaEvent:
    """`moment`: its hour on its day, or on the first on which it may still come. `expected`: the consensus, or, where
    `surveyed` is false, the number of the time before; `spread`: the standard deviation of what came less what was
    expected. `swing` and `response`: the book's P&L at today's exposures, None where too few past days are known.
    `unit`: of the number; empty where none comes out."""

    id: str
    name: str
    day: EventDay
    moment: dt.datetime
    business_days: int
    unit: str
    expected: float | None
    surveyed: bool
    spread: float | None
    swing: Swing | None
    response: Response | None


@dataclass(frozen=True, slots=True)
class Release:
    """One past number: the decision that had it first, the period it is about, what came less what was expected."""

    as_of: dt.datetime
    about: dt.date
    known: dt.datetime
    number: float
    surprise: float | None


@once_per_report
def events(data: ReportData) -> tuple[AgendaEvent, ...]:
    """What comes within the days that each event is announced ahead, by its hour."""
    found = [*_meetings(data), *(event for item in load_events() if (event := _release(data, item)) is not None)]
    return tuple(sorted(found, key=lambda event: event.moment))


@once_per_report
def book_exposures(data: ReportData) -> dict[str, float]:
    """BRL for a rise by a basis point of each level that today's ladder has."""
    rows = data.latest("dv01_ladder").select("curve_id", "tenor_bd", "dv01_brl")
    return exposures([row for row in rows.iter_rows() if row[2] is not None])


@once_per_report
def known_levels(data: ReportData) -> Levels:
    """Every level that the exposures need, by session, as it was known last."""
    rows = data.history("feature").filter(pl.col("feature_id").is_in(list(book_exposures(data))))
    return {
        (name, day): value
        for name, day, value in rows.select("feature_id", "obs_date", "value").iter_rows()
        if value is not None
    }


def past_pnl(data: ReportData, moments: Sequence[dt.datetime]) -> list[float | None]:
    """BRL of today's exposures at the moves over each moment; None where a level is unknown."""
    return [book_move(book_exposures(data), known_levels(data), moment) for moment in moments]


def _meetings(data: ReportData) -> Iterator[AgendaEvent]:
    calendar = load_meetings()

    def estimated(day: dt.date) -> bool:
        return calendar.copom_estimated_from is not None and day >= calendar.copom_estimated_from

    for bank, days in (("copom", calendar.copom), ("fomc", calendar.fomc)):
        clock, zone = MEETING_HOURS[bank]
        ahead = next((day for day in days if day >= data.day), None)
        if ahead is None or (ahead - data.day).days > MEETING_DAYS:
            continue
        past = [dt.datetime.combine(day, clock, zone) for day in days if day < data.day]
        surveyed = _latest(data, "focus_selic_meeting_1") if bank == "copom" else None
        yield AgendaEvent(
            bank,
            MEETING_NAMES[bank],
            EventDay(ahead, ahead, None, "rule" if bank == "copom" and estimated(ahead) else "published"),
            dt.datetime.combine(ahead, clock, zone),
            calendars.b3().count(data.day, ahead),
            "percent",
            surveyed,
            True,
            None,
            swing([pnl for pnl in past_pnl(data, past) if pnl is not None]),
            None,
        )


def _release(data: ReportData, event: ReleaseEvent) -> AgendaEvent | None:
    out = _releases(data, event)
    day = _next_day(data, event, out)
    if day is None:
        return None
    if event.feature:
        days = _days_of(data, event, out)
        moments, missed = [event.at(one) for one in days.values()], {item.about: item.surprise for item in out}
    else:
        past = event_days(event, _first_day(data), data.day - dt.timedelta(days=1))
        moments, missed, days = [event.at(one.first) for one in past], {}, {one.first: one.first for one in past}
    moves = {about: brl for about, brl in zip(days, past_pnl(data, moments), strict=True) if brl is not None}
    pairs = [(off, brl) for about, brl in moves.items() if (off := missed.get(about)) is not None]
    surveyed = _latest(data, event.consensus) if event.consensus else None
    first = max(day.first, data.day)
    return AgendaEvent(
        event.id,
        event.name,
        day,
        event.at(first),
        calendars.b3().count(data.day, first),
        event.unit,
        surveyed if surveyed is not None else out[-1].number if out else None,
        surveyed is not None,
        deviation([item.surprise for item in out if item.surprise is not None]),
        swing(list(moves.values())),
        response(pairs),
    )


def _next_day(data: ReportData, event: ReleaseEvent, out: Sequence[Release]) -> EventDay | None:
    until = data.day + dt.timedelta(days=event.ahead)
    for day in event_days(event, data.day, until):
        if not (out and day.about is not None and day.about <= out[-1].about):
            return day
    return None


def _days_of(data: ReportData, event: ReleaseEvent, out: Sequence[Release]) -> dict[dt.date, dt.date]:
    """Period -> the day on which its number came out, where that is known: by a calendar, an exact rule, or a knowledge
    time that is not the bound of its rule (the source's vintage, or the desk's first sight)."""
    by_calendar = {
        day.about: day.first
        for day in event_days(event, _first_day(data) - dt.timedelta(days=60), data.day)
        if day.known and day.about is not None
    }
    bounds: list[dt.datetime | None] = [None] * len(out)
    if event.rule is not None and out:
        bounds = publication_times(event.rule, pl.Series([item.about for item in out], dtype=pl.Date)).to_list()
    found = {}
    for item, bound in zip(out, bounds, strict=True):
        if item.about in by_calendar:
            found[item.about] = by_calendar[item.about]
        elif bound is not None and item.known != bound:
            found[item.about] = (item.known - MORNING).astimezone(SAO_PAULO).date()
    return found


def _releases(data: ReportData, event: ReleaseEvent) -> list[Release]:
    """The numbers that came within the stored history, each as first known."""
    if not event.feature:
        return []
    rows = data.history("feature").filter(pl.col("feature_id") == event.feature, pl.col("value").is_not_null())
    firsts = rows.unique("obs_date", keep="first", maintain_order=True).sort("obs_date")
    missed = {}
    if event.surprise:
        measured = data.history("agent_measure").filter(pl.col("measure_id") == event.surprise)
        missed = dict(zip(measured["as_of"].to_list(), measured["value"].to_list(), strict=True))
    found: list[Release] = []
    for before, row in itertools.pairwise(firsts.iter_rows(named=True)):
        number = _number(event, before["value"], row["value"])
        surprise = finite_or_none(missed.get(row["as_of"]))
        if not event.surprise and found:
            surprise = number - found[-1].number
        known = row["knowledge_time"] or row["as_of"]
        found.append(Release(row["as_of"], row["obs_date"], known, number, surprise))
    return found


def _number(event: ReleaseEvent, before: float, now: float) -> float:
    """What is read of a release: the level, its growth or its difference since the number before."""
    if event.number == "growth":
        return now / before - 1.0
    return now - before if event.number == "difference" else now


def _latest(data: ReportData, feature: str) -> float | None:
    rows = data.latest("feature").filter(pl.col("feature_id") == feature)
    return finite_or_none(rows["value"][0]) if rows.height else None


@once_per_report
def _first_day(data: ReportData) -> dt.date:
    """The first decision day of the stored history."""
    first = data.history("feature")["as_of"].min()
    return first.astimezone(SAO_PAULO).date() if isinstance(first, dt.datetime) else data.day
