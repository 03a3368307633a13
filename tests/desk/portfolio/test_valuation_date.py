"""NAV and P&L are dated by the session whose prices mark them: a month has its last session's move."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk import calendars
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import desk_day
from desk.portfolio.portfolio_pass import run_book
from tests.desk.portfolio.panels import LONE, make_values, one_view

PARAMETERS = load_desk_parameters()
MONEY = ("portfolio_state", "pnl_attribution", "pnl_by_strategy", "pnl_by_factor")
FIRST_MORNING = dt.date(2026, 6, 1)  # a Monday: it knows the prices of Friday, 29 May
LAST_SESSION = dt.date(2026, 5, 29)


@pytest.fixture(scope="module")
def book() -> dict[str, pl.DataFrame]:
    """A long dollar, and a jump of the dollar by a tenth in the last session of May that stays."""
    values = make_values(400, last=dt.date(2026, 6, 12))
    jumped = pl.when(pl.col("day") >= FIRST_MORNING).then(pl.col("usdbrl") * 1.1).otherwise(pl.col("usdbrl"))
    values = values.with_columns(usdbrl=jumped)
    return run_book(values, one_view("DOL", 0.8, values), LONE, PARAMETERS, values["day"][300])


def test_every_row_of_money_is_dated_by_the_session_before_its_decision(book: dict[str, pl.DataFrame]) -> None:
    for name in MONEY:
        pairs = set(zip(map(desk_day, book[name]["as_of"]), book[name]["valuation_date"], strict=True))
        assert {(day, calendars.b3().offset(day, -1)) for day, _ in pairs} == pairs, name


def test_a_jump_of_the_last_session_of_a_month_is_that_months(book: dict[str, pl.DataFrame]) -> None:
    for name in MONEY:
        total = book[name].group_by("valuation_date").agg(pl.col("pnl_brl").sum()).sort("pnl_brl")
        assert total["valuation_date"][-1] == LAST_SESSION, name
