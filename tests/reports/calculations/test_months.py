"""Months, best and worst days and drawdowns go by market day: against a table made by hand, to the cent."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from desk import calendars
from desk.model import decision_time
from reports.calculations.portfolio import PortfolioView, portfolio_view
from reports.elements.report_data import ReportData
from reports.page import executive_summary
from reports.page.markdown_summary import summary_markdown
from tests.reports.sample_parts import frame

SESSIONS = calendars.b3().days(dt.date(2025, 8, 29), dt.date(2025, 11, 28))
START = 100_000_000.0
# The whole P&L of the quarter, at the turns of the months: by decision day the last sessions would fall a month later.
PNL = {
    dt.date(2025, 9, 1): 120_000.11,
    dt.date(2025, 9, 30): -640_000.50,
    dt.date(2025, 10, 1): 75_000.25,
    dt.date(2025, 10, 31): 950_000.75,
    dt.date(2025, 11, 3): -30_000.40,
    dt.date(2025, 11, 28): 410_000.05,
}
MONTHS = {(2025, 9): -520_000.39, (2025, 10): 1_025_001.00, (2025, 11): 379_999.65}
CDI_DAY = 1.1490 ** (1 / 252)


def book(last: dt.date = SESSIONS[-1]) -> ReportData:
    """The book marked on each session up to `last`, by the decision of the next B3 morning."""
    nav, rows, parts = START, [], []
    for place, session in enumerate(day for day in SESSIONS if day <= last):
        pnl, before = PNL.get(session, 0.0), nav
        nav = round(nav + pnl, 2)
        as_of = decision_time(calendars.b3().offset(session, 1))
        row: dict[str, Any] = {"as_of": as_of, "valuation_date": session, "nav_brl": nav, "pnl_brl": pnl}
        row |= {"return_1d": nav / before - 1.0 if place else None, "drawdown": 0.0}
        rows.append(row | {"benchmark_nav_brl": START * CDI_DAY**place})
        line = {"as_of": as_of, "valuation_date": session, "instrument_id": "DOL", "pnl_brl": pnl}
        parts.append(line | {"price_pnl_brl": pnl, "carry_pnl_brl": 0.0, "cost_brl": 0.0})
    frames = {"portfolio_state": frame("portfolio_state", rows), "pnl_attribution": frame("pnl_attribution", parts)}
    for table, key in (("pnl_by_strategy", "strategy_id"), ("pnl_by_factor", "factor")):
        frames[table] = frame(table, [{**part, key: "FX"} for part in parts])
    return ReportData(rows[-1]["as_of"], "live", "run", "code", frames)


@pytest.fixture(scope="module")
def view() -> PortfolioView:
    return portfolio_view(book())


def test_the_months_are_the_markets_to_the_cent(view: PortfolioView) -> None:
    nav = START
    for month, pnl in MONTHS.items():
        assert round(nav * view.monthly[month], 2) == pnl, month
        nav = round(nav + pnl, 2)
    assert set(view.monthly) == set(MONTHS)


def test_the_last_session_of_a_month_closes_it_on_the_first_morning_of_the_next(view: PortfolioView) -> None:
    """The page of Monday, 1 December is about Friday, 28 November: its month is the whole November."""
    assert view.market_day == dt.date(2025, 11, 28)
    assert view.month_return == view.monthly[2025, 11]
    assert sum(row["pnl_brl"] for row in view.month_pnl) == pytest.approx(MONTHS[2025, 11], abs=0.005)
    for split in (view.by_strategy, view.by_factor):
        assert sum(line.month or 0.0 for line in split.lines) == pytest.approx(MONTHS[2025, 11], abs=0.005)
        assert sum(line.day or 0.0 for line in split.lines) == 410_000.05


def test_every_morning_of_the_quarter_has_the_month_to_date_of_its_market_day() -> None:
    for session in SESSIONS[1::9]:
        seen = portfolio_view(book(session))
        same_month = [pnl for day, pnl in PNL.items() if day <= session and day.month == session.month]
        start = START + sum(pnl for day, pnl in PNL.items() if day < session.replace(day=1))
        if session.month > 8:
            assert round(start * (seen.month_return or 0.0), 2) == round(sum(same_month), 2), session


def test_cdi_stands_beside_on_the_same_sessions(view: PortfolioView) -> None:
    for month in MONTHS:
        days = sum(1 for day in SESSIONS if (day.year, day.month) == month)
        assert view.monthly_cash[month] == pytest.approx(CDI_DAY**days - 1.0, rel=1e-12)


def test_best_and_worst_day_and_the_drawdowns_are_dated_by_the_market(view: PortfolioView) -> None:
    record = view.record
    at = dict(zip(record.days, record.returns, strict=True))
    assert max(at, key=lambda day: at[day]) == dt.date(2025, 10, 31)
    assert min(at, key=lambda day: at[day]) == dt.date(2025, 9, 30)
    assert record.drawdowns[0].peak in SESSIONS
    assert record.drawdowns[0].trough == dt.date(2025, 11, 27)  # over CDI, the session before the gain


def test_the_day_is_named_and_yesterday_is_no_word() -> None:
    line = executive_summary.book_line(book()).replace("\u00a0", " ")
    assert "at the close of Fri 28 Nov" in line
    assert "in Nov 2025 (CDI +" in line
    assert "yesterday" not in summary_markdown(book())
