"""The next policy decisions, and what the book makes of one: today's positions at the moves of the meetings before.

A decision in the evening of day D moves the curve of the next session, which the morning after that knows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from desk import calendars
from desk.catalog.meetings import load_meetings
from reports.elements.report_data import ReportData, once_per_report

Bank = Literal["copom", "fomc"]
HORIZON_DAYS = 21
"""Calendar days ahead that the agenda looks."""
LEAST = 6
"""Fewest past meetings for a standard deviation."""
CURVES = {"copom": ("PRE", "pre"), "fomc": ("UST", "ust")}
"""Bank -> the curve of the DV01 ladder that its decision moves, and the prefix of that curve's features."""


@dataclass(frozen=True)
class Event:
    """One decision. `deviation`: standard deviation of the book's P&L over `meetings` past decisions, at today's DV01
    on that curve, BRL; None where there are fewer than LEAST. `worst`: the lowest of them."""

    bank: Bank
    day: dt.date
    business_days: int
    deviation: float | None
    worst: float | None
    meetings: int


@once_per_report
def events(data: ReportData) -> tuple[Event, ...]:
    """The decisions of the next HORIZON_DAYS, the nearest first."""
    meetings = load_meetings()
    found = []
    banks: tuple[tuple[Bank, Sequence[dt.date]], ...] = (("copom", meetings.copom), ("fomc", meetings.fomc))
    for bank, days in banks:
        ahead = next((day for day in days if day >= data.day), None)
        if ahead is None or (ahead - data.day).days > HORIZON_DAYS:
            continue
        pnl = past_pnl(data, bank, [day for day in days if day < data.day])
        enough = len(pnl) >= LEAST
        found.append(
            Event(
                bank,
                ahead,
                calendars.b3().count(data.day, ahead),
                float(np.std(pnl, ddof=1)) if enough else None,
                float(min(pnl)) if enough else None,
                len(pnl),
            )
        )
    return tuple(sorted(found, key=lambda event: event.day))


def past_pnl(data: ReportData, bank: Bank, decided: Sequence[dt.date]) -> list[float]:
    """BRL of today's DV01 ladder on the bank's curve at the one-session move after each past decision that is known."""
    curve, prefix = CURVES[bank]
    ladder = data.latest("dv01_ladder").filter(pl.col("curve_id") == curve, pl.col("tenor_bd") > 0)
    exposure = {
        f"{prefix}_{tenor}": dv01
        for tenor, dv01 in zip(ladder["tenor_bd"].to_list(), ladder["dv01_brl"].to_list(), strict=True)
        if dv01
    }
    history = data.history("feature").filter(pl.col("feature_id").is_in(list(exposure)))
    by_session = {
        (name, day): value
        for name, day, value in history.select("feature_id", "obs_date", "value").iter_rows()
        if value is not None
    }
    found = []
    for day in decided:
        before = calendars.b3().on_or_before(day)
        after = calendars.b3().offset(before, 1)
        moves = [
            (dv01, by_session.get((name, before)), by_session.get((name, after))) for name, dv01 in exposure.items()
        ]
        if moves and all(old is not None and new is not None for _, old, new in moves):
            found.append(
                sum(-dv01 * (new - old) * 1e4 for dv01, old, new in moves if old is not None and new is not None)
            )
    return found
