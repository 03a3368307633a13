"""What trading costs: the year's cost against its budget, the slip from decision to fill, and turnover of risk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from desk import calendars
from desk.catalog.dealing import load_dealing
from desk.units import DAYS_PER_YEAR
from reports.calculations.order_outcomes import Outcome, outcomes
from reports.elements.formats import finite_or_none
from reports.elements.report_data import ReportData, once_per_report, with_market_day

ALL_DECISIONS = 100_000


@dataclass(frozen=True, slots=True)
class TradingCost:
    """Of the calendar year of the market day, from `since` on (its first stored day). Money in BRL.

    `cost`: ticks and fees that the fills were booked with. `slip`: what the move from the level of the decision to the
    fill's settlement cost (plus) or saved, of `judged` of `filled` orders without rolls; no line of the P&L holds it,
    since the book is marked at the settlement that it is filled at. `budget`: of the whole year. `elapsed`: share of
    the year's sessions that are over. `turnover`: daily standard deviations dealt over the book's mean one, at a year's
    pace.
    """

    year: int
    since: dt.date
    cost: float
    slip: float | None
    judged: int
    filled: int
    budget: float
    elapsed: float
    turnover: float | None

    @property
    def spent(self) -> float:
        """The share of the year's budget that is spent."""
        return self.cost / self.budget if self.budget else 0.0

    @property
    def shortfall(self) -> float | None:
        """From the level of the decision to the fill, with its cost."""
        return None if self.slip is None else self.slip + self.cost


@once_per_report
def trading_cost(data: ReportData) -> TradingCost | None:
    """Of the year so far; None where the book is not marked."""
    last = data.market_day
    if last is None:
        return None
    year = last.year
    book = with_market_day(data.history("portfolio_state")).filter(pl.col("day").dt.year() == year).sort("day")
    if book.is_empty():
        return None
    nav = [value for value in map(finite_or_none, book["nav_brl"]) if value]
    past = [item for item in outcomes(data, ALL_DECISIONS) if item.day.year == year and not item.rolls]
    filled = [item for item in past if item.filled is not None]
    slips = [slip for item in filled if (slip := item.slip) is not None]
    sessions = calendars.b3().days(dt.date(year, 1, 1), dt.date(year, 12, 31))
    return TradingCost(
        year=year,
        since=book["day"][0],
        cost=float(book["cost_brl"].fill_null(0.0).sum()),
        slip=sum(slips) if slips else None,
        judged=len(slips),
        filled=len(filled),
        budget=load_dealing().rules.cost_budget * (nav[0] if nav else 0.0),
        elapsed=sum(1 for day in sessions if day <= last) / len(sessions),
        turnover=_turnover(data, book, past),
    )


def _turnover(data: ReportData, book: pl.DataFrame, past: Iterable[Outcome]) -> float | None:
    targets = data.history("target_position").select("as_of", "instrument_id", "unit_vol_brl")
    unit = {(as_of, name): value for as_of, name, value in targets.iter_rows()}
    dealt = 0.0
    for item in past:
        volatility = finite_or_none(unit.get((item.order["as_of"], item.order["instrument_id"])))
        dealt += abs(item.order["order_contracts"]) * (volatility or 0.0)
    risk = (book["expected_volatility"] * book["nav_brl"] / DAYS_PER_YEAR**0.5).drop_nulls()
    mean = finite_or_none(risk.mean()) if risk.len() else None
    return dealt / mean * DAYS_PER_YEAR / book.height if mean else None
