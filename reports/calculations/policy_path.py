"""The policy rate that the DI curve prices after each Copom meeting, against Focus. Rates as fractions a year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from desk.catalog.meetings import load_meetings
from reports.elements.formats import finite_or_none
from reports.elements.report_data import ReportData, once_per_report

MEETINGS = 4


@dataclass(frozen=True, slots=True)
class PricedMeeting:
    """One Copom decision: `priced` by DI futures, `surveyed` by Focus, `step` from the decision before as DI prices it.

    `estimated`: its day is not published yet.
    """

    day: dt.date
    priced: float
    surveyed: float | None
    step: float | None
    estimated: bool


@once_per_report
def priced_path(data: ReportData) -> tuple[PricedMeeting, ...]:
    """The next MEETINGS decisions from the day on that DI futures price."""
    meetings = load_meetings()
    days = [day for day in meetings.copom if day >= data.day][:MEETINGS]
    measures = _by_name(data, "agent_measure", "measure_id")
    features = _by_name(data, "feature", "feature_id")
    before = features.get("selic_target")
    found = []
    for place, day in enumerate(days, 1):
        priced = measures.get(f"mp_di_meeting_{place}")
        if priced is None:
            continue
        surveyed = features.get(f"focus_selic_meeting_{place}")
        estimated = meetings.copom_estimated_from is not None and day >= meetings.copom_estimated_from
        found.append(PricedMeeting(day, priced, surveyed, priced - before if before is not None else None, estimated))
        before = priced
    return tuple(found)


def _by_name(data: ReportData, table: str, key: str) -> dict[str, float]:
    rows = data.latest(table)
    pairs = zip(rows[key].to_list(), rows["value"].to_list(), strict=True)
    return {name: value for name, raw in pairs if (value := finite_or_none(raw)) is not None}
