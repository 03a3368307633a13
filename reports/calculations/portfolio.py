"""The book at the decision: state, positions, P&L by instrument, strategy and factor, and the track record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reports.calculations.defence import DefenceView, defence_view
from reports.calculations.fund_sheet import SpanReturn, fund_sheet
from reports.calculations.pnl_attribution import Attribution, attribution, largest_first, month_by_instrument
from reports.calculations.rolls import CashUse, Roll, cash_use, roll_calendar
from reports.calculations.track_record import TrackRecord, monthly_cash, monthly_returns, track_record
from reports.elements.formats import finite_or_none, sum_or_none
from reports.elements.report_data import ReportData, Row, once_per_report, with_day, with_market_day


@dataclass(frozen=True)
class PortfolioView:
    """`days` (market days), `decided` (days of the decisions), `nav`, `drawdown`, `multiplier` and `shadow` share their
    length, oldest first; returns are fractions.

    `day_pnl` and `month_pnl`: rows of P&L by instrument, largest size first. `month_gap`: why `month_pnl` is empty.
    """

    state: Row | None
    days: tuple[dt.date, ...]
    decided: tuple[dt.date, ...]
    nav: tuple[float | None, ...]
    cash: tuple[float | None, ...]
    """NAV of the inception's money held at CDI, BRL."""
    drawdown: tuple[float | None, ...]
    monthly: dict[tuple[int, int], float]
    monthly_cash: dict[tuple[int, int], float]
    """CDI by month, over the same market days."""
    month_return: float | None
    """Of the month of `market_day`, up to it."""
    market_day: dt.date | None
    """The session that NAV and P&L of this decision are about."""
    positions: tuple[Row, ...]
    """Instruments with contracts before or after this decision."""
    packages: tuple[Row, ...]
    """Strategies with a view or a package, the largest risk first."""
    targets_known: bool
    day_pnl: tuple[Row, ...]
    month_pnl: tuple[Row, ...]
    month_gap: str
    record: TrackRecord
    by_strategy: Attribution
    by_factor: Attribution
    multiplier: tuple[float | None, ...]
    """Share of the risk that the drawdown breaker allowed at each decision."""
    shadow: tuple[float | None, ...]
    """NAV of the same book without the drawdown breaker, BRL."""
    defence: DefenceView
    sheet: tuple[SpanReturn, ...]
    rolls: tuple[Roll, ...]
    cash_use: CashUse | None


@once_per_report
def portfolio_view(data: ReportData) -> PortfolioView:
    """The book at the decision and its history; tables that are absent leave their part empty."""
    market_day = data.market_day
    history = with_market_day(data.history("portfolio_state"))
    monthly = monthly_returns(history)
    month_pnl, gap = month_by_instrument(data, history)
    targets = data.latest("target_position")
    held = (pl.col("contracts").fill_null(1) != 0) | (pl.col("contracts_before").fill_null(1) != 0)
    day_rows = data.latest("pnl_attribution")
    return PortfolioView(
        state=data.row("portfolio_state"),
        days=tuple(history["day"].to_list()),
        decided=tuple(with_day(history)["day"].to_list()),
        nav=tuple(history["nav_brl"].to_list()),
        cash=tuple(history["benchmark_nav_brl"].to_list()),
        drawdown=tuple(history["drawdown"].to_list()),
        monthly=monthly,
        monthly_cash=monthly_cash(history),
        month_return=monthly.get((market_day.year, market_day.month)) if market_day is not None else None,
        market_day=market_day,
        positions=tuple(targets.filter(held).sort("asset_class", "instrument_id").iter_rows(named=True)),
        packages=_packages(data.latest("package")),
        targets_known=targets.height > 0,
        day_pnl=largest_first(day_rows),
        month_pnl=month_pnl,
        month_gap=gap,
        record=track_record(data) if history.height else TrackRecord(),
        by_strategy=attribution(data, "strategy"),
        by_factor=attribution(data, "factor"),
        multiplier=tuple(history["risk_multiplier"].to_list()),
        shadow=tuple(history["shadow_nav_brl"].to_list()),
        defence=defence_view(data),
        sheet=fund_sheet(
            history["day"].to_list(), history["nav_brl"].to_list(), history["benchmark_nav_brl"].to_list()
        ),
        rolls=roll_calendar(data),
        cash_use=cash_use(data),
    )


def stand_alone_shares(positions: Sequence[Row]) -> dict[str, float | None]:
    """Each line's share of the summed stand-alone risk: contracts held times the daily deviation of one, with the sign
    of its side. None for all where that of one held line is not known."""
    risk = {}
    for row in positions:
        unit, held = finite_or_none(row["unit_vol_brl"]), row["contracts"]
        risk[row["instrument_id"]] = 0.0 if held == 0 else None if unit is None or held is None else held * unit
    whole = sum_or_none([abs(value) if value is not None else None for value in risk.values()])
    return {name: value / whole if whole and value is not None else None for name, value in risk.items()}


def _packages(packages: pl.DataFrame) -> tuple[Row, ...]:
    shown = (pl.col("state") != "flat") | (pl.col("conviction").fill_null(0.0) != 0.0)
    return tuple(
        packages.filter(shown)
        .sort("volatility", "strategy_id", descending=[True, False], nulls_last=True)
        .iter_rows(named=True)
    )
