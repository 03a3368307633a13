"""Prices derived from other prices: country funds, indices, stocks, commodity and Treasury futures.

Each log price is a weighted sum of other log prices, a trend, and mean-reverting shocks of its own. An emerging-market
fund falls with world equities and with its currency, so the residual against its peers is informative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy.draws import Draws
from sandbox.economy.factors import Factors, mean_reverting
from sandbox.economy.rates import Rates
from sandbox.economy.timeline import Timeline


@dataclass(frozen=True)
class Mix:
    """`start` level, yearly `trend`, daily `noise` in calm days, and the share of each other level's log change."""

    start: float
    trend: float
    noise: float
    shares: Mapping[str, float] = field(default_factory=dict)
    reversion: float = 0.0015


MIXES = {
    "russell": Mix(680.0, -0.008, 0.0050, {"spx": 1.10}),
    "eurostoxx": Mix(3600.0, -0.040, 0.0065, {"spx": 0.90}),
    "mexbol": Mix(18_500.0, 0.005, 0.0060, {"spx": 0.65, "mxn": 0.15}),
    "eem": Mix(29.0, -0.030, 0.0060, {"spx": 0.85, "mxn": -0.20, "krw": -0.30, "copper": 0.12}),
    "eww": Mix(37.0, 0.0, 0.0035, {"mexbol": 1.0, "mxn": -1.0}),
    "ech": Mix(31.0, -0.020, 0.0065, {"spx": 0.55, "clp": -0.95, "copper": 0.20}),
    "eza": Mix(34.0, 0.0, 0.0070, {"spx": 0.70, "zar": -0.90, "gold": 0.12}),
    "fxi": Mix(22.0, -0.040, 0.0095, {"spx": 0.70, "cny": -0.80, "iron_ore": 0.10}),
    "dbc": Mix(24.0, -0.030, 0.0030, {"wti": 0.55, "copper": 0.12, "gold": 0.10, "corn": 0.12, "soybean": 0.11}),
    "dba": Mix(25.0, -0.020, 0.0030, {"corn": 0.25, "soybean": 0.25, "sugar": 0.20, "coffee": 0.15, "wheat": 0.15}),
    "petrobras": Mix(22.0, -0.010, 0.0120, {"ibov": 0.75, "brent": 0.45, "brl": 0.25}, 0.0020),
    "itau": Mix(9.0, 0.020, 0.0075, {"ibov": 0.95}, 0.0020),
    "emlc": Mix(
        42.0, 0.012, 0.0015,
        {"mxn": -0.15, "brl": -0.15, "zar": -0.12, "clp": -0.08, "cop": -0.08, "krw": -0.15, "cny": -0.20},
    ),
}  # fmt: skip


def build_peers(
    draws: Draws, timeline: Timeline, factors: Factors, rates: Rates, levels: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """Levels by name, one per weekday."""
    built: dict[str, FloatArray] = {}
    for name, mix in MIXES.items():  # in order: a fund may follow the index above it
        log = np.log(mix.start) + mix.trend * timeline.years
        for other, share in mix.shares.items():
            level = built[other] if other in built else levels[other]
            log = log + share * np.log(level / level[0])
        own = mix.noise * factors.scale**0.8 * draws.student_t(f"asset.{name}", len(timeline.days))
        built[name] = np.exp(log + mean_reverting(own, mix.reversion))
    return {**built, **_treasuries(rates)}


def _treasuries(rates: Rates) -> dict[str, FloatArray]:
    """Funds and futures as yields times durations, without the income that they pay out."""
    every = slice(None)
    two, five, seven, ten = (rates.us(every, years) for years in (2.0, 5.0, 7.5, 10.0))
    thirty = rates.us(every, 30.0)
    return {
        "ief": 92.0 * np.exp(-7.4 * (seven - 0.04)),
        "shy": 82.0 * np.exp(-1.9 * (two - 0.04)),
        "ust_2y": 104.0 * np.exp(-1.9 * (two - 0.04)),
        "ust_5y": 109.0 * np.exp(-4.3 * (five - 0.04)),
        "ust_10y": 115.0 * np.exp(-6.2 * (ten - 0.04)),
        "ust_30y": 125.0 * np.exp(-14.0 * (thirty - 0.04)),
    }
