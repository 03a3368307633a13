"""Brazil's monthly releases: prices (with the nine groups of the IPCA), activity, external accounts, public debt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy import Economy
from sandbox.economy.factors import mean_reverting
from sandbox.economy.macro import GROUPS
from sandbox.releases.released_series import ReleasedSeries, accumulated_over_month, month_mean, monthly

SeriesFactory = Callable[[Economy], ReleasedSeries]


def monthly_change(economy: Economy) -> FloatArray:
    """The released monthly change: percent with two decimals, from the released index numbers."""
    index = economy.macro.ipca_index
    previous = np.concatenate([[index[0] / (1.0 + economy.macro.ipca[0])], index[:-1]])
    return np.asarray(np.round(100.0 * (index / previous - 1.0), 2))


def twelve_months(economy: Economy) -> FloatArray:
    """Twelve released monthly changes, compounded, percent; NaN for the first eleven months."""
    logs = np.cumsum(np.log1p(monthly_change(economy) / 100.0))
    out = np.full(len(logs), np.nan)
    out[11:] = 100.0 * np.expm1(logs[11:] - np.concatenate([[0.0], logs[:-12]]))
    return out


def _ipca_12m(economy: Economy) -> ReleasedSeries:
    every = monthly(economy, twelve_months(economy), 2)
    return ReleasedSeries(every.days[11:], every.values[11:], 2)


def _mean_of_months(values: FloatArray) -> FloatArray:
    """Mean of this month and the last one: an index surveyed from the 15th to the 15th."""
    return np.asarray(0.5 * values + 0.5 * np.concatenate([values[:1], values[:-1]]))


def like_ipca(name: str, share: float, noise: float, extra: float = 0.0) -> SeriesFactory:
    """A weighted mean of headline and core inflation with noise, percent per month; `share`: weight of the headline."""

    def make_series(economy: Economy) -> ReleasedSeries:
        headline, core = 100.0 * economy.macro.ipca, 100.0 * economy.macro.core / 12.0
        own = noise * economy.draws.normal(f"print.{name}", len(headline))
        return monthly(economy, share * headline + (1.0 - share) * core + own + extra, 2)

    return make_series


def _ipca15(economy: Economy) -> ReleasedSeries:
    own = 0.06 * economy.draws.normal("print.ipca15", len(economy.macro.ipca))
    return monthly(economy, 100.0 * _mean_of_months(economy.macro.ipca) + own, 2)


def _igp(name: str, weight: float) -> SeriesFactory:
    """Wholesale prices: last month's currency and commodities on top of consumer prices."""

    def make_series(economy: Economy) -> ReleasedSeries:
        fx = _month_change(economy, np.log(economy.assets["brl"]))
        goods = _month_change(economy, np.log(economy.assets["iron_ore"]) + np.log(economy.assets["soybean"]))
        own = 0.30 * economy.draws.normal(f"print.{name}", len(fx))
        percent = 100.0 * (0.75 * economy.macro.ipca + weight * 0.10 * fx + weight * 0.022 * goods)
        return monthly(economy, percent + 0.10 + own, 2)

    return make_series


def _month_change(economy: Economy, daily: FloatArray) -> FloatArray:
    """Change of the monthly mean over the month before, lagged by one month."""
    month = economy.timeline.month_of_day
    mean = np.bincount(month, daily) / np.bincount(month)
    change = np.diff(mean, prepend=mean[0])
    return np.concatenate([[0.0], change[:-1]])


def _group(name: str) -> SeriesFactory:
    return lambda economy: monthly(economy, 100.0 * economy.macro.groups[:, GROUPS.index(name)], 2)


def _weight(name: str) -> SeriesFactory:
    return lambda economy: monthly(economy, 100.0 * economy.macro.weights[:, GROUPS.index(name)], 4)


def _group_12m(name: str) -> SeriesFactory:
    """Twelve released monthly changes of a group, compounded, from the twelfth month on."""

    def make_series(economy: Economy) -> ReleasedSeries:
        changes = _group(name)(economy)
        logs = np.cumsum(np.log1p(changes.values / 100.0))
        values = 100.0 * np.expm1(logs[11:] - np.concatenate([[0.0], logs[:-12]]))
        return ReleasedSeries(changes.days[11:], np.round(values, 2), 2)

    return make_series


def _component(name: str, mix: dict[str, float], noise: float) -> SeriesFactory:
    def make_series(economy: Economy) -> ReleasedSeries:
        change = sum(share * economy.macro.groups[:, GROUPS.index(group)] for group, share in mix.items())
        own = noise * economy.draws.normal(f"print.{name}", len(economy.macro.ipca))
        return monthly(economy, 100.0 * np.asarray(change) + own, 2)

    return make_series


def _diffusion(economy: Economy) -> ReleasedSeries:
    core = 100.0 * economy.macro.core / 12.0
    own = 3.0 * economy.draws.normal("print.diffusion", len(core))
    return monthly(economy, np.clip(52.0 + 24.0 * core + own, 25.0, 90.0), 2)


def _activity(economy: Economy) -> tuple[FloatArray, FloatArray]:
    """IBC-Br, seasonally adjusted, and the error of its first release."""
    count = len(economy.macro.gap)
    trend = 82.0 * np.exp(0.0155 / 12.0 * np.arange(count))
    own = 0.35 * economy.draws.normal("print.ibc", count)
    return trend * (1.0 + economy.macro.gap) + own, 0.25 * economy.draws.normal("print.ibc.first", count)


def _ibc_br_sa(economy: Economy) -> ReleasedSeries:
    level, noise = _activity(economy)
    return monthly(economy, level, 2, noise)


def _ibc_br(economy: Economy) -> ReleasedSeries:
    level, noise = _activity(economy)
    calendar = economy.timeline.months.astype(np.int64) % 12
    return monthly(economy, level * _ACTIVITY_SEASON[calendar], 2, noise)


_ACTIVITY_SEASON = 1.0 + 0.01 * np.array([-4.5, -4.0, 2.8, 0.2, 0.3, -0.4, 1.4, 1.8, 0.2, 1.2, 0.1, 0.9])
_TRADE_SEASON = 900.0 * np.array([-2.4, -1.2, 0.6, 1.4, 1.8, 1.6, 1.2, 0.6, 0.2, -0.6, -1.4, -1.8])


def _trade(economy: Economy) -> tuple[FloatArray, FloatArray]:
    count = len(economy.macro.gap)
    calendar = economy.timeline.months.astype(np.int64) % 12
    month = economy.timeline.month_of_day
    weak = np.bincount(month, economy.fx_real) / np.bincount(month)
    weak = np.concatenate([weak[:1], weak[:-1]])
    level = 3600.0 + 2.5 * np.arange(count) + 5200.0 * weak - 42_000.0 * economy.macro.gap
    own = 650.0 * economy.draws.normal("print.trade", count)
    return level + _TRADE_SEASON[calendar] + own, 120.0 * economy.draws.normal("print.trade.first", count)


def _trade_balance(economy: Economy) -> ReleasedSeries:
    level, noise = _trade(economy)
    return monthly(economy, level, 1, noise)


def _current_account(economy: Economy) -> ReleasedSeries:
    level, noise = _trade(economy)
    own = 900.0 * economy.draws.normal("print.current_account", len(level))
    return monthly(economy, level - 7700.0 + own, 1, 2.0 * noise)


def _direct_investment(economy: Economy) -> ReleasedSeries:
    own = 1700.0 * economy.draws.normal("print.fdi", len(economy.macro.gap))
    return monthly(economy, 5300.0 + 30_000.0 * economy.macro.gap + own, 1)


def _primary_need(economy: Economy) -> FloatArray:
    """Twelve months, percent of GDP; a deficit is positive."""
    stance = 0.5 + mean_reverting(0.10 * economy.draws.normal("print.primary", len(economy.macro.gap)), 0.02)
    return np.asarray(stance - 45.0 * economy.macro.gap)


def _gross_debt(economy: Economy) -> FloatArray:
    """Percent of GDP: interest and deficits against nominal growth, month by month."""
    macro = economy.macro
    interest = macro.neutral + macro.target
    growth = 0.018 + macro.expected
    steps = (interest - growth) * 60.0 / 12.0 + _primary_need(economy) / 12.0 - 0.14
    return np.asarray(57.0 + mean_reverting(steps, 0.004, 0.0))


SERIES: dict[str, SeriesFactory] = {
    "ipca_mom": lambda economy: monthly(economy, monthly_change(economy), 2),
    "ipca_12m": _ipca_12m,
    "ipca15_mom": _ipca15,
    "inpc_mom": like_ipca("inpc", 0.95, 0.07),
    "igpm_mom": _igp("igpm", 1.0),
    "igpdi_mom": _igp("igpdi", 1.05),
    "core_trimmed_mom": like_ipca("core_trimmed", 0.22, 0.05),
    "core_ex0_mom": like_ipca("core_ex0", 0.20, 0.07),
    "core_double_weight_mom": like_ipca("core_dw", 0.32, 0.06),
    "core_ex3_mom": like_ipca("core_ex3", 0.14, 0.07, 0.02),
    "core_p55_mom": like_ipca("core_p55", 0.28, 0.06),
    "ipca_diffusion": _diffusion,
    "ipca_nondurables_mom": _component("nondurables", {"food": 0.75, "household": 0.1, "health": 0.15}, 0.08),
    "ipca_semidurables_mom": _component("semidurables", {"clothing": 0.85, "household": 0.15}, 0.06),
    "ipca_durables_mom": _component("durables", {"household": 0.6, "transport": 0.4}, 0.10),
    "ipca_services_mom": _component(
        "services", {"personal": 0.45, "health": 0.25, "education": 0.12, "housing": 0.18}, 0.05
    ),
    **{f"ipca_{name}_mom": _group(name) for name in GROUPS},
    **{f"ibge_ipca_{name}_mom": _group(name) for name in GROUPS},
    **{f"ibge_ipca_{name}_weight": _weight(name) for name in GROUPS},
    **{f"ibge_ipca_{name}_12m": _group_12m(name) for name in GROUPS},
    "ibge_ipca_headline_12m": _ipca_12m,
    "ibge_ipca_headline_mom": lambda economy: monthly(economy, monthly_change(economy), 2),
    "ipca_index": lambda economy: monthly(economy, economy.macro.ipca_index, 2),
    "ibc_br": _ibc_br,
    "ibc_br_sa": _ibc_br_sa,
    "unemployment": lambda economy: monthly(economy, 100.0 * economy.macro.unemployment, 1),
    "current_account": _current_account,
    "trade_balance": _trade_balance,
    "direct_investment": _direct_investment,
    "net_debt_gdp": lambda economy: monthly(economy, _gross_debt(economy) - 19.0, 2),
    "gross_debt_gdp": lambda economy: monthly(economy, _gross_debt(economy), 2),
    "primary_need_12m_gdp": lambda economy: monthly(economy, _primary_need(economy), 2),
    "selic_monthly": lambda economy: monthly(economy, accumulated_over_month(economy, economy.rates.selic), 2),
    "usdbrl_monthly": lambda economy: monthly(economy, month_mean(economy, economy.assets["ptax"]), 4),
}
