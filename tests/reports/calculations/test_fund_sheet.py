"""The fund's sheet, the year's trading cost and the roll calendar, against numbers made by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from desk import calendars
from reports.calculations.fund_sheet import fund_sheet
from reports.calculations.rolls import cash_use, roll_calendar
from reports.calculations.trading_cost import trading_cost
from reports.charts.portfolio_charts import nav_figure
from reports.tables.tear_sheet_tables import sheet_table
from tests.reports.calculations.test_order_outcomes import DAYS, data, order
from tests.reports.hand_made import made
from tests.reports.sample_parts import frame

SHEET_DAYS = calendars.b3().days(dt.date(2024, 11, 18), dt.date(2026, 11, 18))


def test_spans_begin_at_the_close_before_them_and_are_set_against_cdi() -> None:
    """NAV grows by 1 a session and CDI by 0.5, both from 1,000: every return is a ratio of two levels."""
    nav = [1_000.0 + place for place in range(len(SHEET_DAYS))]
    cash = [1_000.0 + place / 2 for place in range(len(SHEET_DAYS))]
    sheet = {found.span: found for found in fund_sheet(SHEET_DAYS, nav, cash)}
    at = {day: place for place, day in enumerate(SHEET_DAYS)}
    for span, since in (
        ("month", dt.date(2026, 10, 30)),
        ("year", dt.date(2025, 12, 30)),  # the year's last session: B3 is shut on the 31st
        ("12 months", dt.date(2025, 11, 18)),
        ("24 months", dt.date(2024, 11, 18)),
    ):
        assert sheet[span].since == since
        assert sheet[span].book == pytest.approx(nav[-1] / nav[at[since]] - 1)
        assert sheet[span].cash == pytest.approx(cash[-1] / cash[at[since]] - 1)
        assert sheet[span].of_cash == pytest.approx((nav[-1] / nav[at[since]] - 1) / (cash[-1] / cash[at[since]] - 1))
    table = sheet_table(tuple(sheet.values()), "18 Nov 2026")
    assert [row[0].text for row in table.rows] == ["Book", "CDI", "% of CDI", "Volatility a year"]


def test_a_record_that_begins_later_says_nothing_of_the_span() -> None:
    short = SHEET_DAYS[-60:]
    sheet = {found.span: found for found in fund_sheet(short, [1.0] * 60, [1.0] * 60)}
    assert sheet["month"].book == 0.0
    assert sheet["month"].of_cash is None, "CDI that earns nothing has no share"
    assert [sheet[span].book for span in ("year", "12 months", "24 months")] == [None, None, None]
    assert fund_sheet(short[:1], [1.0], [1.0]) == ()


def test_the_nav_chart_draws_the_same_money_at_cdi() -> None:
    figure = nav_figure(SHEET_DAYS[:3], [110.0e6, 111.0e6, 112.0e6], [100.0e6, 101.0e6, 102.0e6])
    names = [trace["name"] for trace in figure.spec["data"]]
    assert names == ["NAV", "CDI"]
    assert figure.spec["data"][1]["y"] == pytest.approx([110.0, 111.1, 112.2])


def test_the_slip_from_decision_to_fill_is_money_and_the_budget_has_a_share_spent() -> None:
    """Decided to receive at 13.00% and filled at 13.10%: 10 bp better, 2,000 saved. Decided to pay at 13.10% on the
    next day and filled at 13.12%: 2 bp worse, which cost 400."""
    orders = [
        order(0, "DI1_2Y", dv01_change_brl=200.0, notional_change_brl=1.0),
        order(1, "DI1_2Y", dv01_change_brl=-200.0, notional_change_brl=-1.0, contracts_from=10, contracts_to=0,
              order_contracts=-10),
    ]  # fmt: skip
    base = data(*orders)
    day = dt.timedelta(days=1)
    states = [
        {"as_of": row["as_of"], "valuation_date": DAYS[place] - day, "nav_brl": 100e6, "cost_brl": 150.0,
         "expected_volatility": 0.08}
        for place, row in enumerate(base.history("target_position").unique("as_of").sort("as_of").iter_rows(named=True))
    ]  # fmt: skip
    frames = {**base.frames, "portfolio_state": frame("portfolio_state", states)}
    found = trading_cost(type(base)(base.as_of, base.world, base.run_id, base.code_version, frames))
    assert found is not None
    assert found.cost == pytest.approx(150.0 * len(states))
    assert (found.judged, found.filled) == (2, 2)
    assert found.slip == pytest.approx(-200.0 * 10 + 200.0 * 2)
    assert found.shortfall == pytest.approx(found.cost - 1_600.0)
    assert found.budget == pytest.approx(0.015 * 100e6)
    assert found.spent == pytest.approx(found.cost / found.budget)
    assert 0.85 < found.elapsed < 0.9, "the middle of November"


def test_rolls_come_by_their_day_with_the_contract_that_follows() -> None:
    targets = [
        {"instrument_id": "DOL", "contract_id": "DOLZ26", "contracts": 50, "maturity": dt.date(2026, 12, 1),
         "margin_brl": 1.0e6, "notional_brl": 14e6, "dv01_brl": None},
        {"instrument_id": "NTNB_2035", "contract_id": "NTN-B_2035-05-15", "contracts": 0, "maturity": None,
         "margin_brl": 0.0},
    ]  # fmt: skip
    report = made(target_position=targets, portfolio_state=[{"nav_brl": 100e6}])
    rolls = roll_calendar(report)
    assert [(roll.contract_id, roll.into) for roll in rolls] == [("DOLZ26", "DOLF27")]
    assert rolls[0].day <= dt.date(2026, 11, 25), "five sessions before its last"
    assert calendars.b3().offset(report.day, rolls[0].sessions) == rolls[0].day
    use = cash_use(report)
    assert use is not None
    assert (use.margin, use.paid, use.free) == (1.0e6, 0.0, 99.0e6)
