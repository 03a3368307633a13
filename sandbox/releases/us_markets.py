"""More daily series of FRED: the rest of the curve, the target range, spreads, and the Fed's noon exchange rates."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy import Economy
from sandbox.economy.factors import mean_reverting
from sandbox.releases.markets import SeriesFactory, dollar_broad, real_yield_of, us_par, yield_of
from sandbox.releases.released_series import ReleasedSeries, daily


def _slope(long: float, short: float) -> SeriesFactory:
    return lambda economy: daily(economy, "us_government", us_par(economy, long) - us_par(economy, short), 2)


def _target(side: float) -> SeriesFactory:
    """Every calendar day: the range is 25 bp wide, and what is traded lies in its middle."""

    def make_series(economy: Economy) -> ReleasedSeries:
        weekdays = economy.timeline.days
        every = np.arange(np.datetime64("2008-01-01"), weekdays[-1] + 1)
        at = np.searchsorted(weekdays, every, side="right") - 1
        return ReleasedSeries(every, np.round(100.0 * economy.rates.fed_funds[at] + side * 0.125, 3), 3)

    return make_series


def _spread(name: str, shares: dict[str, float], noise: float) -> SeriesFactory:
    """A spread out of others, with a slow life of its own."""

    def make_series(economy: Economy) -> ReleasedSeries:
        mixed = sum(share * economy.assets[other] for other, share in shares.items())
        own = mean_reverting(noise * economy.draws.normal(f"print.{name}", len(economy.timeline.days)), 0.02)
        return daily(economy, "us_government", 100.0 * np.asarray(mixed) * np.exp(own), 2)

    return make_series


def _oil_volatility(economy: Economy) -> ReleasedSeries:
    own = mean_reverting(0.030 * economy.draws.normal("print.ovx", len(economy.timeline.days)), 0.04)
    level = 33.0 * (economy.factors.vix / 16.0) ** 0.6 * np.exp(own)
    return daily(economy, "nyse", level, 2)


def _emerging_dollar(economy: Economy) -> ReleasedSeries:
    shares = {"mxn": 0.34, "cny": 0.30, "krw": 0.10, "brl": 0.06, "inr": 0.08, "clp": 0.02, "cop": 0.02}
    level = sum(share * np.log(economy.assets[name] / economy.assets[name][0]) for name, share in shares.items())
    return daily(economy, "us_government", 100.0 * np.exp(np.asarray(level)), 4)


def _noon(name: str) -> SeriesFactory:
    """Noon in New York lies between yesterday's close and today's."""

    def make_series(economy: Economy) -> ReleasedSeries:
        close: FloatArray = np.log(economy.assets[name])
        before = np.concatenate([close[:1], close[:-1]])
        return daily(economy, "us_government", np.exp(0.35 * before + 0.65 * close), 4)

    return make_series


SERIES: dict[str, SeriesFactory] = {
    "dgs1mo": yield_of(1 / 12),
    "dgs6mo": yield_of(0.5),
    "dgs3": yield_of(3.0),
    "dgs7": yield_of(7.0),
    "dgs20": yield_of(20.0),
    "dfii7": real_yield_of(7.0),
    "dfii30": real_yield_of(30.0),
    "us_curve_10y2y": _slope(10.0, 2.0),
    "us_curve_10y3m": _slope(10.0, 0.25),
    "fed_target_upper": _target(1.0),
    "fed_target_lower": _target(-1.0),
    "us_bbb_spread": _spread("bbb", {"ig": 1.28}, 0.004),
    "em_corporate_spread": _spread("em_corporate", {"hy": 0.45, "sovereign": 0.75}, 0.006),
    "oil_volatility": _oil_volatility,
    "dollar_emerging": _emerging_dollar,
    "usdbrl_fed": _noon("brl"),
    "usdmxn_fed": _noon("mxn"),
    "usdjpy_fed": _noon("jpy"),
    "eurusd_fed": _noon("eur"),
    "gbpusd_fed": _noon("gbp"),
    "h10_usdbrl": _noon("brl"),
    "h10_usdmxn": _noon("mxn"),
    "h10_usdjpy": _noon("jpy"),
    "h10_eurusd": _noon("eur"),
    "h10_gbpusd": _noon("gbp"),
    "h10_dollar_broad": dollar_broad,
    "h10_dollar_emerging": _emerging_dollar,
}
