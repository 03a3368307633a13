"""Prices by weekday: the real, its peers, equities, commodities, credit and funds.

Each log price reverts slowly to a trend and is moved by the common shocks with its own loadings. FX is written as
foreign currency per dollar (EUR and GBP the other way round, as the market does).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy.draws import Draws
from sandbox.economy.factors import CRISIS, Factors, mean_reverting
from sandbox.economy.macro import Macro
from sandbox.economy.peers import build_peers
from sandbox.economy.rates import Rates
from sandbox.economy.timeline import Timeline

REAL_START, REAL_TREND = 1.95, 0.004  # BRL per USD in 2006 at purchasing power; drift of the real rate a year


@dataclass(frozen=True)
class Asset:
    """`start` and yearly `trend` of the log level, calm daily `volatility`, loadings on the shared shocks."""

    start: float
    trend: float
    volatility: float
    risk: float = 0.0
    dollar: float = 0.0
    commodities: float = 0.0
    domestic: float = 0.0
    us_rates: float = 0.0
    reversion: float = 0.0010


ASSETS = {
    "mxn": Asset(11.0, 0.022, 0.0068, 0.50, 0.30, -0.10),
    "clp": Asset(540.0, 0.022, 0.0062, 0.40, 0.35, -0.30),
    "cop": Asset(2150.0, 0.028, 0.0066, 0.40, 0.30, -0.30),
    "zar": Asset(7.4, 0.040, 0.0092, 0.45, 0.40, -0.15),
    "try": Asset(1.45, 0.130, 0.0075, 0.30, 0.25),
    "eur": Asset(1.27, -0.004, 0.0052, -0.15, -0.80),
    "jpy": Asset(108.0, 0.012, 0.0056, -0.30, 0.55, us_rates=0.30),
    "gbp": Asset(1.72, -0.012, 0.0052, -0.25, -0.65),
    "cny": Asset(7.2, 0.0, 0.0018, 0.15, 0.55),
    "cad": Asset(1.17, 0.007, 0.0048, 0.30, 0.45, -0.30),
    "sek": Asset(7.6, 0.012, 0.0068, 0.20, 0.75),
    "chf": Asset(1.20, -0.015, 0.0055, -0.05, 0.75),
    "brent": Asset(74.0, 0.004, 0.0185, -0.20, 0.0, 0.75, reversion=0.0018),
    "gold": Asset(820.0, 0.055, 0.0090, 0.10, -0.45, 0.15, us_rates=-0.35),
    "soybean": Asset(960.0, 0.008, 0.0130, -0.05, -0.15, 0.40, reversion=0.0020),
    "corn": Asset(420.0, 0.004, 0.0150, -0.05, -0.10, 0.40, reversion=0.0020),
    "sugar": Asset(15.0, 0.010, 0.0175, -0.05, -0.10, 0.30, reversion=0.0025),
    "coffee": Asset(130.0, 0.018, 0.0185, -0.05, -0.10, 0.25, reversion=0.0020),
    "copper": Asset(3.0, 0.014, 0.0125, -0.40, -0.20, 0.50, reversion=0.0015),
    "iron_ore": Asset(88.0, 0.006, 0.0165, -0.25, -0.10, 0.45, reversion=0.0018),
    "aud": Asset(0.86, -0.010, 0.0068, -0.35, -0.45, 0.30),
    "krw": Asset(950.0, 0.016, 0.0058, 0.40, 0.40),
    "inr": Asset(41.0, 0.034, 0.0042, 0.35, 0.30),
    "pen": Asset(2.85, 0.014, 0.0036, 0.30, 0.30, -0.20),
    "silver": Asset(15.0, 0.040, 0.0165, -0.10, -0.40, 0.35, us_rates=-0.25),
    "wheat": Asset(560.0, 0.003, 0.0165, -0.05, -0.10, 0.35, reversion=0.0020),
    "soymeal": Asset(290.0, 0.008, 0.0145, -0.05, -0.10, 0.35, reversion=0.0020),
    "soyoil": Asset(40.0, 0.008, 0.0140, -0.10, -0.15, 0.40, reversion=0.0020),
    "cotton": Asset(65.0, 0.004, 0.0150, -0.15, -0.15, 0.35, reversion=0.0020),
}


def build_assets(
    draws: Draws, timeline: Timeline, macro: Macro, factors: Factors, rates: Rates, fx_real: FloatArray
) -> dict[str, FloatArray]:
    """Levels by name, one per weekday; fractions for spreads."""
    count = len(timeline.days)
    levels = {name: _level(draws, timeline, factors, name, asset) for name, asset in ASSETS.items()}
    levels["wti"] = levels["brent"] * np.exp(-0.045 + mean_reverting(0.004 * draws.normal("asset.wti", count), 0.03))
    levels["brl"] = np.exp(np.log(REAL_START) + REAL_TREND * timeline.years + fx_real + _price_gap(timeline, macro))
    midday = 0.30 * draws.normal("asset.ptax", count) * 0.0085 * factors.scale
    yesterday = np.concatenate([levels["brl"][:1], levels["brl"][:-1]])
    levels["ptax"] = np.exp(0.3 * np.log(yesterday) + 0.7 * np.log(levels["brl"]) + midday)
    levels["spx"] = _spx(draws, timeline, factors)
    levels["nasdaq"] = (
        1.6
        * levels["spx"]
        * np.exp(
            0.028 * timeline.years + mean_reverting(0.0045 * factors.scale * draws.normal("asset.nasdaq", count), 0.001)
        )
    )
    levels["ibov"] = _ibov(draws, timeline, factors, macro)
    levels["vale"] = 32.0 * np.exp(
        0.55 * np.log(levels["ibov"] / levels["ibov"][0])
        + 0.55 * np.log(levels["iron_ore"] / ASSETS["iron_ore"].start)
        + 0.35 * np.log(levels["brl"] / levels["brl"][0])
        + mean_reverting(0.011 * draws.normal("asset.vale", count), 0.002)
    )
    levels["dxy"] = 50.14348112 * (
        levels["eur"] ** -0.576 * levels["jpy"] ** 0.136 * levels["gbp"] ** -0.119
        * levels["cad"] ** 0.091 * levels["sek"] ** 0.042 * levels["chf"] ** 0.036
    )  # fmt: skip
    stress = np.log(factors.vix / 16.0)
    levels["hy"] = 0.0385 * np.exp(mean_reverting(0.030 * stress, 0.03) + mean_reverting(0.008 * factors.risk, 0.02))
    levels["ig"] = 0.0112 * np.exp(mean_reverting(0.024 * stress, 0.03) + mean_reverting(0.006 * factors.risk, 0.02))
    levels["sovereign"] = 0.0195 * np.exp(
        mean_reverting(0.018 * (0.5 * factors.risk + 0.7 * factors.domestic) * factors.scale, 0.006)
    )
    levels.update(_funds(timeline, rates, levels))
    levels.update(build_peers(draws, timeline, factors, rates, levels))
    return levels


def fx_real_path(draws: Draws, factors: Factors) -> FloatArray:
    """Log real exchange rate against its trend; up is a weaker real."""
    own = draws.student_t("asset.brl", len(factors.risk))
    shock = 0.42 * factors.risk + 0.42 * factors.domestic + 0.25 * factors.dollar - 0.20 * factors.commodities
    daily = 0.0080 * factors.scale**0.8 * factors.domestic_scale**0.6 * (shock + 0.60 * own)
    drift = 0.0006 * (factors.world == CRISIS) + 0.0005 * factors.brazil - 0.00013
    return mean_reverting(daily + drift + 0.02 * factors.crisis_onset + 0.015 * factors.stress_onset, 0.0016, -0.05)


def _level(draws: Draws, timeline: Timeline, factors: Factors, name: str, asset: Asset) -> FloatArray:
    shared = (
        asset.risk * factors.risk
        + asset.dollar * factors.dollar
        + asset.commodities * factors.commodities
        + asset.us_rates * factors.us_rates
    )
    weight = asset.risk**2 + asset.dollar**2 + asset.commodities**2 + asset.us_rates**2
    own = np.sqrt(max(0.20, 1.0 - weight)) * draws.student_t(f"asset.{name}", len(timeline.days))
    steps = asset.volatility * factors.scale**0.8 * (shared + own)
    return np.asarray(asset.start * np.exp(asset.trend * timeline.years + mean_reverting(steps, asset.reversion)))


def _price_gap(timeline: Timeline, macro: Macro) -> FloatArray:
    """Log of Brazil's prices over the United States', through each month's days; zero in January 2006."""
    month, done = timeline.month_of_day, timeline.month_fraction
    step = np.log1p(macro.ipca) - np.log1p(macro.us_inflation)
    before = np.concatenate([[0.0], np.cumsum(step)[:-1]])
    return np.asarray(before[month] + step[month] * done)


def _spx(draws: Draws, timeline: Timeline, factors: Factors) -> FloatArray:
    daily = 0.0096 * factors.scale * (-0.85 * factors.risk + 0.50 * draws.normal("asset.spx", len(factors.risk)))
    drift = np.array([0.00034, -0.00010, -0.00150])[factors.world]
    return np.asarray(1270.0 * np.exp(0.070 * timeline.years + mean_reverting(daily + drift, 0.0006)))


def _ibov(draws: Draws, timeline: Timeline, factors: Factors, macro: Macro) -> FloatArray:
    shock = -0.55 * factors.risk - 0.45 * factors.domestic + 0.20 * factors.commodities - 0.10 * factors.us_rates
    own = 0.55 * draws.student_t("asset.ibov", len(factors.risk))
    daily = 0.0132 * factors.scale**0.9 * factors.domestic_scale**0.4 * (shock + own)
    drift = np.array([0.00020, -0.00020, -0.00140])[factors.world] - 0.0003 * factors.brazil + 0.00012
    prices = _price_gap(timeline, macro)
    return np.asarray(38000.0 * np.exp(0.9 * prices + 0.055 * timeline.years + mean_reverting(daily + drift, 0.0008)))


def _funds(timeline: Timeline, rates: Rates, levels: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Exchange-traded funds as yields times durations, without the income that they pay out."""
    every = slice(None)
    seven, twenty, real = rates.us(every, 7.0), rates.us(every, 22.0), rates.us_real(every, 8.0)
    days = 0.012 * timeline.years
    return {
        "ewz": 58.0 * (levels["ibov"] / levels["ibov"][0]) / (levels["brl"] / levels["brl"][0]),
        "emb": 116.0 * np.exp(-7.0 * (seven - 0.04) - 6.5 * (levels["sovereign"] - 0.0195) - days),
        "hyg": 92.0 * np.exp(-3.8 * (seven - 0.04) - 3.6 * (levels["hy"] - 0.0385) - days),
        "lqd": 112.0 * np.exp(-8.0 * (seven - 0.04) - 7.5 * (levels["ig"] - 0.0112)),
        "tlt": 105.0 * np.exp(-15.5 * (twenty - 0.04)),
        "tip": 108.0 * np.exp(-6.8 * (real - 0.01)),
    }
