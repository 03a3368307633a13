"""United States macro series in FRED's units: weekly, monthly and quarterly, several of them revised later."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from desk.arrays import FloatArray
from desk.calendars import Days
from sandbox.economy import OPENING, Economy
from sandbox.economy.factors import mean_reverting
from sandbox.releases.markets import effective_fed_funds
from sandbox.releases.released_series import ReleasedSeries, monthly

SeriesFactory = Callable[[Economy], ReleasedSeries]


def _prices(name: str, start: float, core: float, shift: float) -> SeriesFactory:
    """A price index: `core` is the slow part's share of the change, `shift` percentage points a year on top."""

    def make_series(economy: Economy) -> ReleasedSeries:
        macro = economy.macro
        change = core * macro.us_core / 12.0 + (1.0 - core) * macro.us_inflation + shift / 1200.0
        own = 0.0003 * economy.draws.normal(f"print.{name}", len(change))
        level = start * np.exp(np.cumsum(np.log1p(change)) + np.cumsum(own) * 0.3)
        return monthly(economy, level, 3, 0.0002 * level * economy.draws.normal(f"print.{name}.first", len(change)))

    return make_series


def _payrolls(economy: Economy) -> ReleasedSeries:
    count = len(economy.macro.us_gap)
    trend = 135_000.0 * np.exp(0.009 / 12.0 * np.arange(count))
    own = 35.0 * economy.draws.normal("print.payrolls", count)
    first = 60.0 * economy.draws.normal("print.payrolls.first", count)
    return monthly(economy, trend * (1.0 + 1.1 * economy.macro.us_gap) + own, 0, first)


def _unemployment(economy: Economy) -> ReleasedSeries:
    own = 0.06 * economy.draws.normal("print.unrate", len(economy.macro.us_gap))
    return monthly(economy, np.clip(5.0 - 110.0 * economy.macro.us_gap + own, 2.5, 14.0), 1)


def with_gap(
    name: str, start: float, growth: float, loading: float, noise: float, decimals: int, early: float
) -> SeriesFactory:
    """A level that grows `growth` a year and follows the gap; its first release has an error of `early` times the
    level.
    """

    def make_series(economy: Economy) -> ReleasedSeries:
        gap = economy.macro.us_gap
        own = noise * economy.draws.normal(f"print.{name}", len(gap))
        level = start * np.exp(growth / 12.0 * np.arange(len(gap))) * (1.0 + loading * gap + own)
        return monthly(economy, level, decimals, early * level * economy.draws.normal(f"print.{name}.first", len(gap)))

    return make_series


def _gdp(economy: Economy) -> ReleasedSeries:
    gap = economy.macro.us_gap
    quarters = len(gap) // 3
    mean = gap[: 3 * quarters].reshape(quarters, 3).mean(axis=1)
    level = 15_300.0 * np.exp(0.0215 / 4.0 * np.arange(quarters)) * (1.0 + mean)
    days = economy.timeline.months[::3][:quarters].astype("datetime64[D]")
    first = level * (1.0 + 0.0015 * economy.draws.normal("print.gdp.first", quarters))
    return ReleasedSeries(days, np.round(level, 3), 3, np.round(first, 3), 28)


def _fed_funds_monthly(economy: Economy) -> ReleasedSeries:
    month = economy.timeline.month_of_day
    mean = np.bincount(month, effective_fed_funds(economy)) / np.bincount(month)
    return monthly(economy, 100.0 * mean, 2)


def weekly_days(economy: Economy, weekday: int) -> Days:
    """Every `weekday` (Monday 0) since the opening."""
    every = np.arange(np.datetime64(OPENING), economy.timeline.days[-1] + 1)
    chosen: Days = every[(every.astype(np.int64) + 3) % 7 == weekday]
    return chosen


def weekly(
    name: str, weekday: int, decimals: int, level: Callable[[Economy, FloatArray], FloatArray], early: float
) -> SeriesFactory:
    """`level` by weekday of the economy, taken on each `weekday` (or the weekday before)."""

    def make_series(economy: Economy) -> ReleasedSeries:
        days = weekly_days(economy, weekday)
        at = np.searchsorted(economy.timeline.days, days, side="right") - 1
        own = economy.draws.normal(f"print.{name}", len(economy.timeline.days))
        values = level(economy, own)[at]
        first = None
        if early:
            noise = early * economy.draws.normal(f"print.{name}.first", len(values))
            first = np.round(values * (1.0 + noise), decimals)
        return ReleasedSeries(days, np.round(values, decimals), decimals, first, 7)

    return make_series


def _claims(economy: Economy, own: FloatArray) -> FloatArray:
    gap = economy.macro.us_gap[np.maximum(economy.timeline.month_of_day - 1, 0)]
    return np.asarray(1000.0 * np.round(np.exp(np.log(262.0) - 9.0 * gap + 0.03 * own)))


def _conditions(economy: Economy, own: FloatArray) -> FloatArray:
    stress = mean_reverting(0.08 * np.log(economy.factors.vix / 16.0), 0.08)
    return np.asarray(-0.35 + 0.9 * stress + 0.01 * own)


def _fed_assets(economy: Economy, own: FloatArray) -> FloatArray:
    return np.asarray(4_200_000.0 * np.exp(mean_reverting(0.0025 * economy.factors.risk + 0.003 * own, 0.0012)))


SERIES: dict[str, SeriesFactory] = {
    "us_cpi": _prices("us_cpi", 199.0, 0.0, 0.0),
    "bls_cpi": _prices("us_cpi", 199.0, 0.0, 0.0),
    "us_core_cpi": _prices("us_core_cpi", 206.0, 1.0, 0.0),
    "bls_core_cpi": _prices("us_core_cpi", 206.0, 1.0, 0.0),
    "us_pce": _prices("us_pce", 86.5, 0.2, -0.3),
    "bea_pce": _prices("us_pce", 86.5, 0.2, -0.3),
    "us_core_pce": _prices("us_core_pce", 87.0, 1.0, -0.3),
    "bea_core_pce": _prices("us_core_pce", 87.0, 1.0, -0.3),
    "us_payrolls": _payrolls,
    "bls_payrolls": _payrolls,
    "us_unemployment": _unemployment,
    "bls_unemployment": _unemployment,
    "us_jobless_claims": weekly("claims", 5, 0, _claims, 0.012),
    "us_industrial_production": with_gap("indpro", 97.0, 0.004, 1.3, 0.003, 4, 0.002),
    "us_retail_sales": with_gap("retail", 350_000.0, 0.037, 1.2, 0.004, 0, 0.003),
    "us_housing_starts": with_gap("houst", 1_250.0, 0.002, 9.0, 0.035, 0, 0.02),
    "us_sentiment": with_gap("umcsent", 84.0, 0.0, 4.5, 0.03, 1, 0.008),
    "us_financial_conditions": weekly("nfci", 4, 5, _conditions, 0.01),
    "fed_assets": weekly("walcl", 2, 0, _fed_assets, 0.0),
    "h41_fed_assets": weekly("walcl", 2, 0, _fed_assets, 0.0),
    "fed_funds_monthly": _fed_funds_monthly,
    "us_gdp": _gdp,
    "bea_gdp": _gdp,
}
