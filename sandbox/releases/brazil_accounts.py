"""Brazil's monthly accounts: balance of payments, public sector, credit, output, confidence.

The accounts are consistent: the current account is goods, services and income; the nominal borrowing need is the
primary need plus interest; the monthly primary flows add up to the twelve-month need. BRL or USD million; shares in
percent.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy import Economy
from sandbox.economy.factors import mean_reverting
from sandbox.releases import brazil_daily
from sandbox.releases.brazil_monthly import SERIES as MONTHLY
from sandbox.releases.brazil_monthly import SeriesFactory
from sandbox.releases.released_series import ReleasedSeries, accumulated_over_month, month_mean, monthly

GDP_START = 196_000.0
"""BRL million a month in January 2006."""
_SECONDARY = 250.0
"""Transfers from abroad, USD million a month: the part of the current account that has no series of its own."""


def _own(economy: Economy, name: str) -> FloatArray:
    return economy.draws.normal(f"print.{name}", len(economy.macro.gap))


def gdp_months(economy: Economy) -> FloatArray:
    """Nominal GDP of each month, BRL million."""
    macro = economy.macro
    real = np.exp(0.0195 / 12.0 * np.arange(len(macro.gap))) * (1.0 + macro.gap)
    return np.asarray(GDP_START * real * macro.ipca_index / macro.ipca_index[0])


def twelve_month_sum(values: FloatArray) -> FloatArray:
    """Sums of twelve months, from the twelfth month on: eleven values fewer than `values`."""
    total = np.cumsum(values)
    return np.asarray(total[11:] - np.concatenate([[0.0], total[:-12]]))


def _from_twelfth(economy: Economy, values: FloatArray, decimals: int) -> ReleasedSeries:
    dates = economy.timeline.months.astype("datetime64[D]")[11:]
    return ReleasedSeries(dates, np.round(values, decimals), decimals)


def _exports(economy: Economy) -> FloatArray:
    goods = month_mean(economy, np.log(economy.assets["iron_ore"]) + np.log(economy.assets["soybean"]))
    level = 15_500.0 * np.exp(0.012 / 12.0 * np.arange(len(goods)) + 0.30 * (goods - goods[0]))
    return np.asarray(np.round(level * (1.0 + 0.04 * _own(economy, "exports")), 1))


def _imports(economy: Economy) -> ReleasedSeries:
    trade = MONTHLY["trade_balance"](economy)
    assert trade.first is not None
    exports = _exports(economy)
    return ReleasedSeries(trade.days, np.round(exports - trade.values, 1), 1, np.round(exports - trade.first, 1))


def _services(economy: Economy) -> FloatArray:
    return np.asarray(np.round(-3300.0 - 20_000.0 * economy.macro.gap + 350.0 * _own(economy, "services"), 1))


def _primary_income(economy: Economy) -> ReleasedSeries:
    whole_number, trade = MONTHLY["current_account"](economy), MONTHLY["trade_balance"](economy)
    assert whole_number.first is not None
    assert trade.first is not None
    rest = _services(economy) + _SECONDARY
    return ReleasedSeries(whole_number.days, np.round(whole_number.values - trade.values - rest, 1), 1,
                   np.round(whole_number.first - trade.first - rest, 1))  # fmt: skip


def _current_account_gdp(economy: Economy) -> ReleasedSeries:
    dollars = gdp_months(economy) / month_mean(economy, economy.assets["brl"])
    return _from_twelfth(
        economy, 100.0 * twelve_month_sum(MONTHLY["current_account"](economy).values) / twelve_month_sum(dollars), 2
    )


def _reserves(economy: Economy) -> ReleasedSeries:
    """The last daily number of each month."""
    every = brazil_daily.reserves(economy)
    months = every.days.astype("datetime64[M]")
    last = np.flatnonzero(np.append(months[1:] != months[:-1], True))
    return ReleasedSeries(months[last].astype("datetime64[D]"), every.values[last], 0)


def _interest(economy: Economy) -> FloatArray:
    selic = mean_reverting(month_mean(economy, economy.rates.selic) / 12.0, 1.0 / 12.0, float(economy.rates.selic[0]))
    return np.asarray(np.round(0.62 * MONTHLY["net_debt_gdp"](economy).values * selic + 1.2, 2))


def _nominal(economy: Economy) -> FloatArray:
    return MONTHLY["primary_need_12m_gdp"](economy).values + _interest(economy)


def _primary_month(economy: Economy) -> ReleasedSeries:
    """Monthly flows whose twelve-month sum is the released twelve-month need."""
    sums = MONTHLY["primary_need_12m_gdp"](economy).values[11:] / 100.0 * twelve_month_sum(gdp_months(economy))
    flows = [float(sums[0]) / 12.0 * (1.0 + season) for season in _SEASON]
    for change in np.diff(sums).tolist():
        flows.append(flows[-12] + change)
    return monthly(economy, np.array(flows), 0)


_SEASON = (-2.2, 0.6, 0.1, -0.9, 1.0, 0.7, 0.3, 0.5, 0.4, -0.6, 0.9, -0.8)
"""Seasonal factors by calendar month, as shares of a twelfth of the year; they add up to zero. Taxes come in January.
"""


def _credit(economy: Economy) -> ReleasedSeries:
    share = 0.42 + mean_reverting(0.004 * _own(economy, "credit") + 0.12 * economy.macro.gap / 12.0, 0.03)
    return _from_twelfth(economy, share[11:] * twelve_month_sum(gdp_months(economy)), 0)


def _spread(economy: Economy) -> FloatArray:
    stress = month_mean(economy, economy.rates.premium) - 0.022
    wave = mean_reverting(0.35 * _own(economy, "spread") - 18.0 * economy.macro.gap, 0.08)
    return np.asarray(np.round(18.5 + wave + 160.0 * stress, 2))


def _lending(economy: Economy) -> FloatArray:
    return np.asarray(_spread(economy) + 100.0 * month_mean(economy, economy.rates.pre(slice(None), 1.0)))


def _overdue(economy: Economy) -> FloatArray:
    late = np.concatenate([np.zeros(6), economy.macro.gap[:-6]])
    return np.asarray(np.clip(3.3 - 28.0 * late + 0.06 * _own(economy, "overdue"), 1.5, 8.0))


def _output(name: str, loading: float, growth: float, noise: float, season: FloatArray | None) -> SeriesFactory:
    """An index (2022 = 100) that follows the output gap; `season` None for the seasonally adjusted one."""

    def make_series(economy: Economy) -> ReleasedSeries:
        count = len(economy.macro.gap)
        trend = 100.0 * np.exp(growth / 12.0 * (np.arange(count) - 198.0))
        level = trend * (1.0 + loading * economy.macro.gap + noise * _own(economy, name))
        if season is not None:
            level = level * season[economy.timeline.months.astype(np.int64) % 12]
        return monthly(economy, level, 2)

    return make_series


def _confidence(name: str, middle: float, loading: float, noise: float) -> SeriesFactory:
    def make_series(economy: Economy) -> ReleasedSeries:
        gap = economy.macro.gap - np.concatenate([np.zeros(3), economy.macro.gap[:-3]])
        level = middle + loading * (0.3 * economy.macro.gap + gap)
        return monthly(economy, level + noise * mean_reverting(_own(economy, name), 0.3), 1)

    return make_series


_INDUSTRY = 1.0 + 0.01 * np.array([-7.0, -8.5, 0.5, -3.5, 2.0, 0.0, 5.0, 7.5, 3.5, 7.0, 0.5, -7.0])
_SHOPS = 1.0 + 0.01 * np.array([-4.5, -9.0, -1.0, -3.0, 0.0, -2.5, -0.5, 0.5, -2.5, 1.0, 3.0, 18.5])

SERIES: dict[str, SeriesFactory] = {
    "gdp_12m": lambda economy: _from_twelfth(economy, twelve_month_sum(gdp_months(economy)), 1),
    "exports_bop": lambda economy: monthly(economy, _exports(economy), 1),
    "imports_bop": _imports,
    "services_balance": lambda economy: monthly(economy, _services(economy), 1),
    "primary_income": _primary_income,
    "current_account_12m_gdp": _current_account_gdp,
    "reserves_monthly": _reserves,
    "interest_12m_gdp": lambda economy: monthly(economy, _interest(economy), 2),
    "nominal_need_12m_gdp": lambda economy: monthly(economy, _nominal(economy), 2),
    "primary_need_month": _primary_month,
    "credit_total": _credit,
    "lending_spread": lambda economy: monthly(economy, _spread(economy), 2),
    "lending_rate": lambda economy: monthly(economy, _lending(economy), 2),
    "loan_default_rate": lambda economy: monthly(economy, _overdue(economy), 2),
    "industrial_production": _output("industry", 1.6, 0.002, 0.006, _INDUSTRY),
    "industrial_production_sa": _output("industry", 1.6, 0.002, 0.006, None),
    "retail_volume": _output("shops", 1.2, 0.014, 0.005, _SHOPS),
    "retail_volume_sa": _output("shops", 1.2, 0.014, 0.005, None),
    "consumer_confidence": _confidence("consumers", 118.0, 900.0, 3.0),
    "industry_confidence": _confidence("industry_mood", 53.0, 260.0, 1.0),
    "cdi_monthly": lambda economy: monthly(economy, accumulated_over_month(economy, economy.rates.cdi), 2),
}
