"""More of the United States' macro releases: labour, prices, money, surveys, and the weekly gauges of stress."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy import Economy
from sandbox.economy.factors import mean_reverting
from sandbox.releases.released_series import ReleasedSeries, month_mean, monthly
from sandbox.releases.united_states import SERIES as MAIN
from sandbox.releases.united_states import SeriesFactory, weekly, with_gap


def _own(economy: Economy, name: str) -> FloatArray:
    return economy.draws.normal(f"print.{name}", len(economy.macro.us_gap))


def _ppi(economy: Economy) -> ReleasedSeries:
    goods = month_mean(economy, np.log(economy.assets["wti"]))
    prices = np.cumsum(np.log1p(economy.macro.us_inflation)) + 0.16 * (goods - goods[0])
    return monthly(economy, 164.0 * np.exp(prices + 0.002 * _own(economy, "us_ppi")), 3)


def _median_cpi(economy: Economy) -> ReleasedSeries:
    return monthly(economy, 100.0 * economy.macro.us_core + 0.35 * _own(economy, "us_median"), 5)


def _earnings(economy: Economy) -> ReleasedSeries:
    growth = 0.4 * economy.macro.us_core / 12.0 + 0.0014 + 0.010 * economy.macro.us_gap / 12.0
    return monthly(economy, 16.4 * np.exp(np.cumsum(growth)) + 0.01 * _own(economy, "us_earnings"), 2)


def _underemployment(economy: Economy) -> ReleasedSeries:
    return monthly(economy, 1.70 * MAIN["us_unemployment"](economy).values + 0.10 * _own(economy, "us_u6"), 1)


def _expected(economy: Economy) -> ReleasedSeries:
    energy = month_mean(economy, economy.assets["wti"])
    push = 0.9 * np.log(energy / np.concatenate([energy[:1], energy[:-1]]))
    return monthly(economy, 1.2 + 75.0 * economy.macro.us_core + push + 0.20 * _own(economy, "us_mich"), 1)


def _activity_index(economy: Economy) -> ReleasedSeries:
    gap = economy.macro.us_gap
    change = gap - np.concatenate([gap[:1], gap[:-1]])
    return monthly(economy, 160.0 * change + 8.0 * gap + 0.15 * _own(economy, "us_cfnai"), 2)


def _recession(economy: Economy) -> ReleasedSeries:
    """1 where the gap has fallen by more than 1.5% of output in half a year. NBER decides much later."""
    gap = economy.macro.us_gap
    fallen = np.zeros(len(gap))
    fallen[6:] = (gap[6:] - gap[:-6] < -0.015).astype(np.float64)
    return monthly(economy, fallen, 0)


def _m2(economy: Economy) -> ReleasedSeries:
    real = np.exp(0.021 / 12.0 * np.arange(len(economy.macro.us_gap)))
    prices = np.exp(np.cumsum(np.log1p(economy.macro.us_inflation)))
    return monthly(economy, 6_700.0 * real * prices * np.exp(mean_reverting(0.003 * _own(economy, "us_m2"), 0.02)), 1)


def _commodities(economy: Economy) -> ReleasedSeries:
    shares = {"brent": 0.40, "copper": 0.15, "iron_ore": 0.10, "soybean": 0.15, "corn": 0.10, "gold": 0.10}
    daily = sum(share * np.log(economy.assets[name] / economy.assets[name][0]) for name, share in shares.items())
    return monthly(economy, 112.0 * np.exp(month_mean(economy, np.asarray(daily))), 5)


def _copper(economy: Economy) -> ReleasedSeries:
    return monthly(economy, 2204.62 * month_mean(economy, economy.assets["copper"]), 5)


def _quarters(economy: Economy, level: FloatArray, decimals: int) -> ReleasedSeries:
    days = economy.timeline.months[::3].astype("datetime64[D]")[: len(level)]
    return ReleasedSeries(days, np.round(level, decimals), decimals)


def _potential(economy: Economy) -> ReleasedSeries:
    """Potential GDP: the trend of GDP without the output gap."""
    count = len(economy.macro.us_gap) // 3
    return _quarters(economy, 15_300.0 * np.exp(0.0215 / 4.0 * np.arange(count)), 3)


def _natural(economy: Economy) -> ReleasedSeries:
    count = len(economy.macro.us_gap) // 3
    return _quarters(economy, 4.4 + 0.6 * np.exp(-0.02 * np.arange(count)), 3)


def _continuing(economy: Economy, own: FloatArray) -> FloatArray:
    gap = economy.macro.us_gap[np.maximum(economy.timeline.month_of_day - 2, 0)]
    return np.asarray(1000.0 * np.round(np.exp(np.log(2050.0) - 10.0 * gap + 0.015 * own)))


def _stress(economy: Economy, own: FloatArray) -> FloatArray:
    credit = np.log(economy.assets["hy"] / 0.0385)
    return np.asarray(-0.30 + 0.9 * np.log(economy.factors.vix / 16.0) + 0.8 * credit + 0.03 * own)


def _adjusted(economy: Economy, own: FloatArray) -> FloatArray:
    stress = mean_reverting(0.08 * np.log(economy.factors.vix / 16.0), 0.08)
    gap = economy.macro.us_gap[np.maximum(economy.timeline.month_of_day - 1, 0)]
    return np.asarray(-0.15 + 0.8 * stress + 6.0 * gap + 0.01 * own)


def _mortgage(economy: Economy, own: FloatArray) -> FloatArray:
    return np.asarray(100.0 * economy.rates.us(slice(None), 10.0) + 1.7 + 0.03 * own)


def _treasury_account(economy: Economy, own: FloatArray) -> FloatArray:
    return np.asarray(np.exp(np.log(350_000.0) + mean_reverting(0.06 * own, 0.03)))


SERIES: dict[str, SeriesFactory] = {
    "us_ppi": _ppi,
    "bls_ppi": _ppi,
    "us_median_cpi": _median_cpi,
    "us_hourly_earnings": _earnings,
    "bls_hourly_earnings": _earnings,
    "us_underemployment": _underemployment,
    "bls_underemployment": _underemployment,
    "us_job_openings": with_gap("us_jolts", 4_600.0, 0.022, 6.0, 0.02, 0, 0.01),
    "bls_job_openings": with_gap("us_jolts", 4_600.0, 0.022, 6.0, 0.02, 0, 0.01),
    "us_expected_inflation_1y": _expected,
    "us_activity_index": _activity_index,
    "us_retail_trade": with_gap("us_rsxfs", 310_000.0, 0.036, 1.1, 0.004, 0, 0.003),
    "us_permits": with_gap("us_permits", 1_280.0, 0.002, 8.5, 0.030, 0, 0.01),
    "us_capacity": with_gap("us_tcu", 78.5, -0.001, 1.1, 0.003, 4, 0.002),
    "us_real_consumption": with_gap("us_pcec96", 10_400.0, 0.022, 0.9, 0.002, 1, 0.001),
    "bea_real_consumption": with_gap("us_pcec96", 10_400.0, 0.022, 0.9, 0.002, 1, 0.001),
    "us_m2": _m2,
    "us_recession": _recession,
    "world_commodities": _commodities,
    "copper_monthly": _copper,
    "us_potential_gdp": _potential,
    "us_natural_unemployment": _natural,
    "us_continuing_claims": weekly("ccsa", 5, 0, _continuing, 0.008),
    "us_financial_stress": weekly("stlfsi", 4, 4, _stress, 0.0),
    "us_adjusted_conditions": weekly("anfci", 4, 5, _adjusted, 0.0),
    "us_mortgage_30y": weekly("mortgage", 3, 2, _mortgage, 0.0),
    "us_treasury_account": weekly("wtregen", 2, 0, _treasury_account, 0.0),
    "h41_treasury_account": weekly("wtregen", 2, 0, _treasury_account, 0.0),
}
