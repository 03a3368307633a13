"""The policy rate that DI prices after each Copom meeting, against Focus and the desk's own path; two-year Treasuries
against the desk's rule for the Fed. Rates as fractions a year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from desk.agents.monetary_policy.taylor import path_rate
from desk.catalog.meetings import load_meetings
from reports.elements.formats import finite_or_none
from reports.elements.report_data import ReportData, once_per_report

MEETINGS = 4
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class PricedMeeting:
    """One Copom decision: `priced` by DI futures, `surveyed` by Focus, `ours` on the path from today's target to the
    desk's Taylor rule, `step` from the decision before as DI prices it.

    `estimated`: its day is not published yet.
    """

    day: dt.date
    priced: float
    surveyed: float | None
    ours: float | None
    step: float | None
    estimated: bool


@once_per_report
def priced_path(data: ReportData) -> tuple[PricedMeeting, ...]:
    """The next MEETINGS decisions from the day on that DI futures price."""
    meetings = load_meetings()
    days = [day for day in meetings.copom if day >= data.day][:MEETINGS]
    measures = _by_name(data, "agent_measure", "measure_id")
    features = _by_name(data, "feature", "feature_id")
    target, rule = features.get("selic_target"), measures.get("mp_taylor_rate")
    before, found = target, []
    for place, day in enumerate(days, 1):
        priced = measures.get(f"mp_di_meeting_{place}")
        if priced is None:
            continue
        surveyed = features.get(f"focus_selic_meeting_{place}")
        estimated = meetings.copom_estimated_from is not None and day >= meetings.copom_estimated_from
        ours = None
        if target is not None and rule is not None:
            ours = path_rate(target, rule, (day - data.day).days / DAYS_A_MONTH)
        step = priced - before if before is not None else None
        found.append(PricedMeeting(day, priced, surveyed, ours, step, estimated))
        before = priced
    return tuple(found)


@dataclass(frozen=True, slots=True)
class TwoYearTreasury:
    """The par yield of two years; `gap`: its compounded rate less the mean of the path to the rule for the Fed."""

    rate: float
    gap: float


def two_year_treasury(data: ReportData) -> TwoYearTreasury | None:
    """None where either is unknown. No futures on Fed funds are read, so that no FOMC meeting is priced by itself."""
    rate = _by_name(data, "feature", "feature_id").get("ust_504")
    gap = _by_name(data, "agent_measure", "measure_id").get("mp_fed_gap_2y")
    return TwoYearTreasury(rate, gap) if rate is not None and gap is not None else None


def _by_name(data: ReportData, table: str, key: str) -> dict[str, float]:
    rows = data.latest(table)
    pairs = zip(rows[key].to_list(), rows["value"].to_list(), strict=True)
    return {name: value for name, raw in pairs if (value := finite_or_none(raw)) is not None}
