"""The agenda of the first screen, and the policy path that the DI curve prices."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl

from desk import calendars
from desk.model import SAO_PAULO
from reports.calculations.event_risk import Event, events
from reports.calculations.policy_path import priced_path
from reports.elements.formats import basis_points, brl, finite_or_none, format_list, percent, plural, weekday_date
from reports.elements.locale import translate
from reports.elements.report_data import ReportData

HOURS = {"copom": (dt.time(18, 30), SAO_PAULO), "fomc": (dt.time(14, 0), ZoneInfo("America/New_York"))}
"""When the two decisions are published: Banco Central do Brasil from 18:30, Federal Reserve at 14:00 of its clock."""
NAMES = {"copom": "Copom", "fomc": "FOMC"}
EXPIRY_DAYS = 10


def agenda_line(data: ReportData) -> str:
    """The next policy decisions with their hours and the book's P&L, and held contracts that expire."""
    texts = [_event(event) for event in events(data)]
    ends = data.latest("target_position").filter(
        pl.col("contracts").fill_null(0) != 0,
        pl.col("maturity").is_between(data.day, data.day + dt.timedelta(days=EXPIRY_DAYS)),
    )
    expiries = [f"{row['contract_id']} {weekday_date(row['maturity'])}" for row in ends.iter_rows(named=True)]
    if expiries:
        texts.append(translate("expiring: {}", format_list(expiries)))
    return "; ".join(texts) + "." if texts else ""


def _event(event: Event) -> str:
    clock, zone = HOURS[event.bank]
    local = dt.datetime.combine(event.day, clock, zone).astimezone(SAO_PAULO)
    when = translate("{} {}, {}", NAMES[event.bank], weekday_date(event.day), f"{local:%H:%M}")
    text = f"{when} ({plural(event.business_days, 'business day')})"
    if event.deviation is None or event.worst is None:
        return text
    return text + translate(
        ": book {} for one sd, {} for two, {} at the worst of {}",
        f"±{brl(event.deviation)}",
        f"±{brl(2 * event.deviation)}",
        brl(event.worst, signed=True),
        plural(event.meetings, "meeting"),
    )


def policy_line(data: ReportData) -> str:
    """`Wed 9 Dec 7.74% (−1 bp at the meeting; Focus 7.75%)` for each of the next Copom decisions."""
    texts = []
    for meeting in priced_path(data):
        parts = [translate("{} at the meeting", basis_points(meeting.step))] if meeting.step is not None else []
        if finite_or_none(meeting.surveyed) is not None:
            parts.append(translate("Focus {}", percent(meeting.surveyed)))
        if meeting.estimated:
            parts.append(translate("day estimated"))
        texts.append(translate("{} {} ({})", weekday_date(meeting.day), percent(meeting.priced), "; ".join(parts)))
    if not texts:
        return ""
    curve = next((row["obs_date"] for row in data.latest("feature").filter(feature_id="pre_252").to_dicts()), None)
    if curve is not None and curve < calendars.b3().offset(data.day, -1):
        return translate("DI of {} prices {}.", weekday_date(curve), "; ".join(texts))
    return translate("DI prices {}.", "; ".join(texts))
