"""What an event does to the book: today's exposures at the moves over the same event in the past. Pure.

A move runs from the last mark of a level before the event to the first one after it. B3's settlements are of 16:00 in
São Paulo, the Treasury's par yields of 15:30 in New York. So an IPCA at 9:00 moves the same day's settlement, Copom in
the evening that of the next session, and FOMC at 14:00 the same day's Treasury curve.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from desk import calendars
from desk.model import SAO_PAULO
from desk.units import BASIS_POINT

LEAST = 6
"""Fewest past events for a standard deviation or a slope."""
OUTCOMES = (-2, -1, 1, 2)
NEW_YORK = ZoneInfo("America/New_York")
AMERICAN = "ust_"
SPOTS = {"FX": "usdbrl", "EQUITY": "ibovespa"}
"""Curve of a delta in the DV01 ladder -> its level. SPREAD stands in the CUPOM and UST vertices too."""
Levels = Mapping[tuple[str, dt.date], float]
"""(feature id, session) -> level."""


@dataclass(frozen=True, slots=True)
class Swing:
    """The book's P&L over past events: its standard deviation and its lowest, BRL, of `count` events."""

    deviation: float
    worst: float
    count: int


@dataclass(frozen=True, slots=True)
class Response:
    """How the book goes with the surprise of a number: `slope`, BRL for one unit of it (least squares with a constant);
    `deviation` of the surprise; `r2`, the share of the P&L's variance that it explains; of `count` events."""

    slope: float
    deviation: float
    r2: float
    count: int

    @property
    def clear(self) -> bool:
        """Whether the slope is two of its standard errors or more away from none: t^2 = r2 (n - 2) / (1 - r2)."""
        return self.r2 * (self.count - 2) >= 4.0 * (1.0 - self.r2)

    def outcome(self, size: int) -> float:
        """BRL at a surprise of `size` standard deviations."""
        return self.slope * size * self.deviation


def exposures(ladder: Sequence[tuple[str, int, float]]) -> dict[str, float]:
    """(curve, tenor, BRL per bp) rows of the DV01 ladder as BRL for a rise of one level by a basis point."""
    found: dict[str, float] = {}
    for curve, tenor, brl in ladder:
        if not brl or not np.isfinite(brl):
            continue
        if curve in SPOTS:
            found[SPOTS[curve]] = brl
        elif tenor > 0:
            found[f"{curve.lower()}_{tenor}"] = -brl  # the ladder gains when the vertex falls
    return found


def sessions_around(feature: str, moment: dt.datetime) -> tuple[dt.date, dt.date]:
    """The last session marked before the moment (aware) and the first one marked at or after it."""
    american = feature.startswith(AMERICAN)
    zone, clock = (NEW_YORK, dt.time(15, 30)) if american else (SAO_PAULO, dt.time(16, 0))
    calendar = calendars.us_government() if american else calendars.b3()
    local = moment.astimezone(zone)
    day = calendar.on_or_after(local.date())
    after = day if day > local.date() or local.time() <= clock else calendar.offset(day, 1)
    return calendar.offset(after, -1), after


def book_move(exposure: Mapping[str, float], levels: Levels, moment: dt.datetime) -> float | None:
    """BRL of the exposures at the moves over one event; None where one of the levels is unknown."""
    total = 0.0
    for feature, brl in exposure.items():
        before, after = sessions_around(feature, moment)
        old, new = levels.get((feature, before)), levels.get((feature, after))
        if old is None or new is None:
            return None
        move = new / old - 1.0 if feature in SPOTS.values() else new - old
        total += brl * move / BASIS_POINT
    return total if exposure else None


def swing(pnl: Sequence[float]) -> Swing | None:
    """Of past P&L; None of fewer than LEAST events."""
    spread = deviation(pnl)
    return Swing(spread, float(min(pnl)), len(pnl)) if spread is not None else None


def deviation(values: Sequence[float]) -> float | None:
    """The standard deviation of a sample; None of fewer than LEAST values."""
    return float(np.std(values, ddof=1)) if len(values) >= LEAST else None


def response(pairs: Sequence[tuple[float, float]]) -> Response | None:
    """Of (surprise, BRL) of past events; None of fewer than LEAST, or where no surprise differs from another."""
    if len(pairs) < LEAST:
        return None
    surprise, pnl = np.array(pairs, dtype=np.float64).T
    spread, moved = float(np.std(surprise, ddof=1)), float(np.std(pnl, ddof=1))
    if spread == 0.0 or moved == 0.0:
        return None
    covariance = float(np.cov(surprise, pnl, ddof=1)[0, 1])
    slope = covariance / spread**2
    return Response(slope, spread, (covariance / (spread * moved)) ** 2, len(pairs))
