"""The agenda of the first screen, an event a point, and the policy path that the DI curve prices."""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk import calendars
from desk.model import SAO_PAULO
from desk.risk.event_moves import OUTCOMES, Response, Swing
from reports.calculations.event_risk import AgendaEvent, events
from reports.calculations.policy_path import priced_path, two_year_treasury
from reports.elements.formats import (
    basis_points,
    brl,
    finite_or_none,
    format_list,
    month_of,
    number,
    percent,
    plural,
    thousands,
    weekday_date,
)
from reports.elements.locale import translate
from reports.elements.report_data import ReportData

EXPIRY_DAYS = 10
Point = tuple[str, str]


def agenda_points(data: ReportData) -> tuple[Point, ...]:
    """(when and what, what is expected and what the book makes of it): decisions, releases and auctions by their hour,
    then held contracts that expire."""
    points = [(_head(event, data.day), _facts(event)) for event in events(data)]
    ends = data.latest("target_position").filter(
        pl.col("contracts").fill_null(0) != 0,
        pl.col("maturity").is_between(data.day, data.day + dt.timedelta(days=EXPIRY_DAYS)),
    )
    expiries = [f"{row['contract_id']} {weekday_date(row['maturity'])}" for row in ends.iter_rows(named=True)]
    if expiries:
        points.append((translate("Expiring"), format_list(expiries)))
    return tuple(points)


def agenda_line(data: ReportData) -> str:
    """The same in one line, for the channels without points; empty where there is none."""
    texts = [f"{head}: {facts}" if facts else head for head, facts in agenda_points(data)]
    return "; ".join(texts) + "." if texts else ""


def _head(event: AgendaEvent, today: dt.date) -> str:
    """`Copom Wed 9 Dec, 18:30 (in 6 business days)`, `IPCA of Nov 2026 today, 09:00`, `US CPI of Nov 2026 between Thu
    10 Dec and Tue 15 Dec, 10:30 (day not known here)`."""
    name = translate(event.name)
    about = event.day.about
    if about is not None and event.unit in ("percent", "thousand"):
        name = translate("{} of {}", name, month_of(about))
    clock = f"{event.moment.astimezone(SAO_PAULO):%H:%M}"
    if not event.day.known and event.day.first > today:
        span = weekday_date(event.day.first), weekday_date(event.day.last)
        return translate("{} between {} and {}, {} (day not known here)", name, *span, clock)
    if not event.day.known:
        return translate("{} by {}, {} (day not known here)", name, weekday_date(event.day.last), clock)
    if event.day.first == today:
        text = translate("{} today, {}", name, clock)
    else:
        text = translate("{} {}, {}", name, weekday_date(event.day.first), clock)
    notes = [translate("in {}", plural(event.business_days, "business day"))] if event.day.first > today else []
    if event.day.basis == "rule":
        notes.append(translate("by rule"))
    return f"{text} ({', '.join(notes)})" if notes else text


def _facts(event: AgendaEvent) -> str:
    parts = []
    if event.expected is not None:
        shown = _level(event, event.expected)
        parts.append(translate("Focus {}", shown) if event.surveyed else translate("last {}", shown))
    if event.spread is not None:
        about = "one sd of the surprise {}" if event.surveyed else "one sd of its change {}"
        parts.append(translate(about, _spread(event, event.spread)))
    if event.response is not None and event.expected is not None:
        parts.append(_outcomes(event, event.expected, event.response))
    if event.swing is not None:
        parts.append(_swing(event.swing))
    elif event.unit:
        parts.append(translate("too few of its past days are known for a P&L"))
    return "; ".join(parts)


def _outcomes(event: AgendaEvent, expected: float, found: Response) -> str:
    """The book at one and two deviations of the surprise on each side, where it has gone with it at all."""
    explained = percent(found.r2, 0)
    if not found.clear:
        return translate("its surprise does not explain the P&L (R² {}, {} past ones)", explained, found.count)
    outcomes = [
        f"{_level(event, expected + size * found.deviation)} {brl(found.outcome(size), signed=True)}"
        for size in OUTCOMES
    ]
    text = translate("book at −2, −1, +1 and +2 sd: {}", ", ".join(outcomes))
    return text + translate(" (R² {}, {} past ones)", explained, found.count)


def _swing(found: Swing) -> str:
    return translate(
        "book {} (one sd of such days), {} (two); worst of {}: {}",
        f"±{brl(found.deviation)}",
        f"±{brl(2 * found.deviation)}",
        found.count,
        brl(found.worst, signed=True),
    )


def _level(event: AgendaEvent, value: float) -> str:
    if event.unit == "percent":
        return percent(value)
    size = value if event.unit == "thousand" else value / 1e3
    return translate("{} thousand", thousands(size, signed=event.unit == "thousand"))


def _spread(event: AgendaEvent, value: float) -> str:
    if event.unit == "percent":
        return translate("{} pp", number(100 * value))
    return translate("{} thousand", thousands(value if event.unit == "thousand" else value / 1e3))


def policy_line(data: ReportData) -> str:
    """`Wed 9 Dec 7.74% (−1 bp at the meeting; Focus 7.75%; our path 7.68%)` for each of the next Copom decisions."""
    texts = []
    for meeting in priced_path(data):
        parts = [translate("{} at the meeting", basis_points(meeting.step))] if meeting.step is not None else []
        if finite_or_none(meeting.surveyed) is not None:
            parts.append(translate("Focus {}", percent(meeting.surveyed)))
        if meeting.ours is not None:
            parts.append(translate("our path {}", percent(meeting.ours)))
        if meeting.estimated:
            parts.append(translate("day estimated"))
        texts.append(translate("{} {} ({})", weekday_date(meeting.day), percent(meeting.priced), "; ".join(parts)))
    if not texts:
        return ""
    curve = next((row["obs_date"] for row in data.latest("feature").filter(feature_id="pre_252").to_dicts()), None)
    if curve is not None and curve < calendars.b3().offset(data.day, -1):
        return translate("DI of {} prices {}.", weekday_date(curve), "; ".join(texts))
    return translate("DI prices {}.", "; ".join(texts))


def fed_line(data: ReportData) -> str:
    """`UST 2y 2.61%: 34 bp over the path of our Fed rule`; empty where either is unknown."""
    found = two_year_treasury(data)
    if found is None:
        return ""
    side = (
        "UST 2y {}: {} over the path of our Fed rule."
        if found.gap >= 0
        else "UST 2y {}: {} under the path of our Fed rule."
    )
    return translate(side, percent(found.rate), basis_points(abs(found.gap), signed=False))
