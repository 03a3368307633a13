"""Commitments of Traders: weekly positions by kind of trader, every Tuesday, in contracts.

Speculators follow the last quarter's move of the price, asset managers the last year's; sides balance by construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from desk import calendars
from desk.arrays import FloatArray
from desk.calendars import Days
from desk.units import DAYS_PER_YEAR
from sandbox.economy import Economy
from sandbox.economy.factors import mean_reverting
from sandbox.releases.united_states import weekly_days


@dataclass(frozen=True)
class Market:
    """One CFTC contract market. `sign` is +1 where the price is the asset's, -1 where it is its inverse."""

    code: str
    name: str
    exchange: str
    asset: str
    sign: float
    open_interest: float


TFF = (
    Market("102741", "BRAZILIAN REAL", "CHICAGO MERCANTILE EXCHANGE", "brl", -1.0, 60_000),
    Market("13874A", "E-MINI S&P 500", "CHICAGO MERCANTILE EXCHANGE", "spx", 1.0, 2_300_000),
    Market("043602", "UST 10Y NOTE", "CHICAGO BOARD OF TRADE", "tlt", 1.0, 4_200_000),
    Market("209742", "NASDAQ MINI", "CHICAGO MERCANTILE EXCHANGE", "nasdaq", 1.0, 270_000),
    Market("044601", "UST 5Y NOTE", "CHICAGO BOARD OF TRADE", "ust_5y", 1.0, 5_500_000),
    Market("042601", "UST 2Y NOTE", "CHICAGO BOARD OF TRADE", "ust_2y", 1.0, 3_900_000),
    Market("020601", "UST BOND", "CHICAGO BOARD OF TRADE", "ust_30y", 1.0, 1_600_000),
    Market("098662", "USD INDEX", "ICE FUTURES U.S.", "dxy", 1.0, 38_000),
)
DISAGG = (
    Market("067651", "WTI-PHYSICAL", "NEW YORK MERCANTILE EXCHANGE", "wti", 1.0, 1_900_000),
    Market("088691", "GOLD", "COMMODITY EXCHANGE INC.", "gold", 1.0, 480_000),
    Market("084691", "SILVER", "COMMODITY EXCHANGE INC.", "silver", 1.0, 150_000),
)


@dataclass(frozen=True, eq=False)
class Report:
    """Whole numbers by field name, one per Tuesday."""

    days: Days
    fields: Mapping[str, FloatArray]


def report(economy: Economy, market: Market) -> Report:
    """The weekly report of one market since the opening, in contracts."""
    days = weekly_days(economy, 1)
    closed = ~np.is_busday(days, busdaycal=calendars.us_government().busday)
    days = days - closed.astype("timedelta64[D]")  # as of Monday where the Tuesday is a holiday
    at = np.searchsorted(economy.timeline.days, days, side="right") - 1
    price = market.sign * np.log(economy.assets[market.asset])
    quarter, year = _trend(price, 65)[at], _trend(price, DAYS_PER_YEAR)[at]
    own = {
        name: mean_reverting(economy.draws.normal(f"cot.{market.code}.{name}", len(days)), 0.08)
        for name in ("interest", "fast", "slow", "other", "spread")
    }
    total = np.round(market.open_interest * np.exp(0.05 * own["interest"]))
    fast = np.tanh(1.6 * quarter + 0.12 * own["fast"])
    slow = np.tanh(0.7 * year + 0.10 * own["slow"])
    other = 0.2 * np.tanh(own["other"])
    is_tff = market in TFF
    shares = {
        "fast_long": 0.18 * (1.0 + 0.70 * fast), "fast_short": 0.18 * (1.0 - 0.70 * fast),
        "slow_long": 0.20 * (1.0 + 0.55 * slow), "slow_short": 0.20 * (1.0 - 0.55 * slow),
        "other_long": 0.07 * (1.0 + other), "other_short": 0.07 * (1.0 - other),
    }  # fmt: skip
    counts = {name: np.round(share * total) for name, share in shares.items()}
    spread = np.round(0.08 * total * (1.0 + 0.3 * np.tanh(own["spread"])))
    small = np.round(0.08 * total)
    rest_long = total - spread - small - sum(counts[f"{kind}_long"] for kind in ("fast", "slow", "other"))
    rest_short = total - spread - small - sum(counts[f"{kind}_short"] for kind in ("fast", "slow", "other"))
    naming = _TFF_FIELDS if is_tff else _DISAGG_FIELDS
    values = {**counts, "rest_long": rest_long, "rest_short": rest_short, "spread": spread, "small": small}
    return Report(days, {"open_interest_all": total, **{field: values[key] for field, key in naming.items()}})


def _trend(log_price: FloatArray, days: int) -> FloatArray:
    """Change over `days` weekdays in units of its own size (about -2..2); zero before there is a past."""
    change = np.zeros(len(log_price))
    change[days:] = log_price[days:] - log_price[:-days]
    return np.asarray(change / (0.011 * np.sqrt(days)))


_TFF_FIELDS = {
    "dealer_positions_long_all": "rest_long",
    "dealer_positions_short_all": "rest_short",
    "asset_mgr_positions_long": "slow_long",
    "asset_mgr_positions_short": "slow_short",
    "lev_money_positions_long": "fast_long",
    "lev_money_positions_short": "fast_short",
    "lev_money_positions_spread": "spread",
    "other_rept_positions_long": "other_long",
    "other_rept_positions_short": "other_short",
    "nonrept_positions_long_all": "small",
    "nonrept_positions_short_all": "small",
}
_DISAGG_FIELDS = {
    "prod_merc_positions_long": "rest_long",
    "prod_merc_positions_short": "rest_short",
    "swap_positions_long_all": "slow_long",
    "swap__positions_short_all": "slow_short",
    "m_money_positions_long_all": "fast_long",
    "m_money_positions_short_all": "fast_short",
    "m_money_positions_spread": "spread",
    "other_rept_positions_long": "other_long",
    "other_rept_positions_short": "other_short",
    "nonrept_positions_long_all": "small",
    "nonrept_positions_short_all": "small",
}
