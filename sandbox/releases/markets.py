"""Daily series of world markets: FRED's (percent, as FRED publishes them) and Yahoo's closes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from desk.arrays import FloatArray
from sandbox.economy import Economy
from sandbox.economy.factors import mean_reverting
from sandbox.releases.released_series import ReleasedSeries, daily

SeriesFactory = Callable[[Economy], ReleasedSeries]

US_TENORS: dict[str, float] = {
    "1 Mo": 1 / 12, "1.5 Month": 1.5 / 12, "2 Mo": 2 / 12, "3 Mo": 0.25, "4 Mo": 4 / 12, "6 Mo": 0.5, "1 Yr": 1.0,
    "2 Yr": 2.0, "3 Yr": 3.0, "5 Yr": 5.0, "7 Yr": 7.0, "10 Yr": 10.0, "20 Yr": 20.0, "30 Yr": 30.0,
}  # fmt: skip
REAL_TENORS: dict[str, float] = {"5 YR": 5.0, "7 YR": 7.0, "10 YR": 10.0, "20 YR": 20.0, "30 YR": 30.0}

YAHOO_ASSETS = {
    "BRL=X": "brl", "MXN=X": "mxn", "CLP=X": "clp", "COP=X": "cop", "ZAR=X": "zar", "TRY=X": "try", "EURUSD=X": "eur",
    "JPY=X": "jpy", "GBPUSD=X": "gbp", "CNY=X": "cny", "DX-Y.NYB": "dxy", "^BVSP": "ibov", "^GSPC": "spx",
    "^IXIC": "nasdaq", "^VIX": "vix", "GC=F": "gold", "CL=F": "wti", "BZ=F": "brent", "ZS=F": "soybean", "ZC=F": "corn",
    "SB=F": "sugar", "KC=F": "coffee", "HG=F": "copper", "TIO=F": "iron_ore", "VALE3.SA": "vale", "EWZ": "ewz",
    "EMB": "emb", "HYG": "hyg", "LQD": "lqd", "TLT": "tlt", "TIP": "tip",
    "CAD=X": "cad", "CHF=X": "chf", "SEK=X": "sek", "AUDUSD=X": "aud", "KRW=X": "krw", "INR=X": "inr", "PEN=X": "pen",
    "^RUT": "russell", "^STOXX50E": "eurostoxx", "^MXX": "mexbol", "SI=F": "silver", "ZW=F": "wheat",
    "ZM=F": "soymeal", "ZL=F": "soyoil", "CT=F": "cotton", "ZT=F": "ust_2y", "ZF=F": "ust_5y", "ZN=F": "ust_10y",
    "PETR4.SA": "petrobras", "ITUB4.SA": "itau", "EEM": "eem", "EWW": "eww", "ECH": "ech", "EZA": "eza", "FXI": "fxi",
    "EMLC": "emlc", "IEF": "ief", "SHY": "shy", "DBC": "dbc", "DBA": "dba",
}  # fmt: skip


def asset(economy: Economy, name: str) -> FloatArray:
    """Level of an asset by weekday; `vix` in points."""
    return economy.factors.vix if name == "vix" else economy.assets[name]


def us_par(economy: Economy, years: float) -> FloatArray:
    """Percent with two decimals, by weekday: as both the Treasury and FRED publish it."""
    return np.round(100.0 * economy.rates.us(slice(None), years), 2)


def us_real_par(economy: Economy, years: float) -> FloatArray:
    """Par real yield by weekday, percent with two decimals."""
    return np.round(100.0 * economy.rates.us_real(slice(None), years), 2)


def yield_of(years: float) -> SeriesFactory:
    """Factory of the Treasury par yield at `years`."""
    return lambda economy: daily(economy, "us_government", us_par(economy, years), 2)


def real_yield_of(years: float) -> SeriesFactory:
    """Factory of the real par yield at `years`."""
    return lambda economy: daily(economy, "us_government", us_real_par(economy, years), 2)


def _breakeven(years: float) -> SeriesFactory:
    return lambda economy: daily(economy, "us_government", us_par(economy, years) - us_real_par(economy, years), 2)


def _forward_breakeven(economy: Economy) -> ReleasedSeries:
    ten = us_par(economy, 10.0) - us_real_par(economy, 10.0)
    five = us_par(economy, 5.0) - us_real_par(economy, 5.0)
    return daily(economy, "us_government", 100.0 * ((1 + ten / 100.0) ** 2 / (1 + five / 100.0) - 1.0), 2)


def _fed_funds(economy: Economy) -> ReleasedSeries:
    """Every calendar day, the middle of the target range."""
    weekdays = economy.timeline.days
    every = np.arange(np.datetime64("2008-01-01"), weekdays[-1] + 1)
    at = np.searchsorted(weekdays, every, side="right") - 1
    return ReleasedSeries(every, np.round(100.0 * effective_fed_funds(economy)[at], 2), 2)


def effective_fed_funds(economy: Economy) -> FloatArray:
    """Effective federal funds rate by weekday, a fraction per year."""
    own = economy.draws.normal("print.dff", len(economy.timeline.days))
    return np.maximum(economy.rates.fed_funds + 0.00005 * np.round(own), 0.0004)


def _sofr(economy: Economy) -> ReleasedSeries:
    """SOFR since 3 April 2018; higher at quarter ends."""
    own = np.abs(economy.draws.normal("print.sofr", len(economy.timeline.days)))
    turn = 0.0008 * ((economy.timeline.month_fraction > 0.97) & (economy.timeline.month_of_day % 3 == 2))
    every = daily(economy, "us_government", 100.0 * (economy.rates.fed_funds - 0.0004 + 0.0003 * own + turn), 2)
    since = every.days >= np.datetime64("2018-04-03")
    return ReleasedSeries(every.days[since], every.values[since], 2)


def _effective_on_business_days(economy: Economy) -> ReleasedSeries:
    """What the New York Fed prints of it: business days only."""
    return daily(economy, "us_federal", 100.0 * effective_fed_funds(economy), 2)


def _reverse_repo(economy: Economy) -> ReleasedSeries:
    own = economy.draws.normal("print.rrp", len(economy.timeline.days))
    level = np.exp(np.log(120.0) + mean_reverting(0.08 * own, 0.01))
    return daily(economy, "us_government", level, 3)


def _spot(name: str, discount: float) -> SeriesFactory:
    """Spot oil: the future with its own basis."""

    def make_series(economy: Economy) -> ReleasedSeries:
        own = mean_reverting(0.004 * economy.draws.normal(f"print.spot.{name}", len(economy.timeline.days)), 0.05)
        return daily(economy, "us_government", economy.assets[name] * np.exp(own - discount), 2)

    return make_series


def dollar_broad(economy: Economy) -> ReleasedSeries:
    """The Board's broad index, out of some of its currencies."""
    a = economy.assets
    level = 88.0 * np.exp(
        0.45 * np.log(a["dxy"] / a["dxy"][0]) + 0.20 * np.log(a["mxn"] / a["mxn"][0])
        + 0.20 * np.log(a["cny"] / a["cny"][0]) + 0.05 * np.log(a["brl"] / a["brl"][0])
    )  # fmt: skip
    return daily(economy, "us_government", level, 4)


def _percent(name: str) -> SeriesFactory:
    return lambda economy: daily(economy, "us_government", 100.0 * economy.assets[name], 2)


def _close(name: str, calendar: str, decimals: int) -> SeriesFactory:
    return lambda economy: daily(economy, calendar, asset(economy, name), decimals)


SERIES: dict[str, SeriesFactory] = {
    "fed_funds_effective": _fed_funds,
    "sofr": _sofr,
    "nyfed_effr": _effective_on_business_days,
    "nyfed_sofr": _sofr,
    "dgs3mo": yield_of(0.25),
    "dgs1": yield_of(1.0),
    "dgs2": yield_of(2.0),
    "dgs5": yield_of(5.0),
    "dgs10": yield_of(10.0),
    "dgs30": yield_of(30.0),
    "dfii5": real_yield_of(5.0),
    "dfii10": real_yield_of(10.0),
    "us_breakeven_5y": _breakeven(5.0),
    "us_breakeven_10y": _breakeven(10.0),
    "us_breakeven_5y5y": _forward_breakeven,
    "vix_fred": _close("vix", "nyse", 2),
    "cboe_vix": _close("vix", "nyse", 2),
    "us_hy_spread": _percent("hy"),
    "us_ig_spread": _percent("ig"),
    "brent_fred": _spot("brent", 0.005),
    "wti_fred": _spot("wti", 0.003),
    "eia_brent": _spot("brent", 0.005),
    "eia_wti": _spot("wti", 0.003),
    "dollar_broad": dollar_broad,
    "sp500_fred": _close("spx", "nyse", 2),
    "fed_reverse_repo": _reverse_repo,
}
