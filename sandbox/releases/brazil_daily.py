"""Brazil's daily series: SGS rates and reserves, PTAX, contracted FX flow. Percent and USD million, as in SGS."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from desk.arrays import FloatArray
from desk.units import DAYS_PER_YEAR
from sandbox.economy import Economy
from sandbox.economy.factors import lagged, mean_reverting
from sandbox.releases.released_series import ReleasedSeries, business_days, daily

PTAX_SPREAD = 0.0006  # BRL between buy and sell, as the bulletins have it


def _per_day(annual: FloatArray) -> FloatArray:
    return np.asarray(100.0 * np.expm1(np.log1p(annual) / DAYS_PER_YEAR))


def ptax_sell(economy: Economy) -> ReleasedSeries:
    """PTAX closing sell rate, BRL per USD."""
    return daily(economy, "anbima", economy.assets["ptax"], 4)


def ptax_buy(economy: Economy) -> ReleasedSeries:
    """PTAX closing buy rate, BRL per USD."""
    sell = ptax_sell(economy)
    return ReleasedSeries(sell.days, np.round(sell.values - PTAX_SPREAD, 4), 4)


def euro_sell(economy: Economy) -> ReleasedSeries:
    """PTAX closing sell rate of the euro, BRL per EUR."""
    sell = ptax_sell(economy)
    at = business_days(economy, "anbima")
    return ReleasedSeries(sell.days, np.round(sell.values * np.round(economy.assets["eur"][at] + 0.00005, 4), 4), 4)


def selic_target(economy: Economy) -> ReleasedSeries:
    """Every calendar day."""
    weekdays = economy.timeline.days
    every = np.arange(np.datetime64("2008-01-01"), weekdays[-1] + 1)
    at = np.searchsorted(weekdays, every, side="right") - 1
    return ReleasedSeries(every, np.round(100.0 * economy.rates.selic_target[at], 2), 2)


def reserves(economy: Economy) -> ReleasedSeries:
    """International reserves, USD million."""
    years = economy.timeline.years
    trend = 190_000.0 + 170_000.0 / (1.0 + np.exp(-(years - 5.0) * 0.9))
    walk = mean_reverting(
        350.0 * economy.draws.normal("print.reserves", len(years)) - 60.0 * economy.factors.risk, 0.002
    )
    return daily(economy, "anbima", trend + 3.0 * walk, 0)


def fx_flow(economy: Economy) -> dict[str, ReleasedSeries]:
    """SGS table 13 by series id. Balances add up, in the final values and in the first releases."""
    count = len(economy.timeline.days)
    normal = economy.draws.normal
    risk = mean_reverting(0.06 * (economy.factors.risk + 0.7 * economy.factors.domestic), 0.06)
    year = np.maximum(economy.timeline.years, 0.0)
    growth = 1.0 + 0.02 * year
    month_end = 1.0 + 0.8 * (economy.timeline.month_fraction > 0.92)
    acc = np.abs(105.0 + 45.0 * normal("flow.acc", count)) * growth
    prepaid = np.abs(185.0 + 110.0 * normal("flow.prepaid", count)) * growth
    other = np.abs(560.0 + 190.0 * normal("flow.other", count)) * growth * month_end
    imports = np.abs(720.0 + 190.0 * normal("flow.imports", count)) * growth * month_end
    money_in = np.abs(1950.0 + 520.0 * normal("flow.in", count) - 260.0 * risk) * growth * month_end
    money_out = np.abs(2020.0 + 520.0 * normal("flow.out", count) + 420.0 * lagged(risk)) * growth * month_end
    parts = {"acc": acc, "prepaid": prepaid, "other": other, "imports": imports, "in": money_in, "out": money_out}
    at = business_days(economy, "anbima")
    final = {name: np.round(values[at], 0) for name, values in parts.items()}
    early = {
        name: np.round(values * (1.0 + 0.03 * normal(f"flow.first.{name}", count)[at]), 0)
        for name, values in final.items()
    }
    days = economy.timeline.days[at]
    last, first = _balances(final), _balances(early)
    return {code: ReleasedSeries(days, last[code], 0, first[code], 14) for code in last}


def _balances(parts: dict[str, FloatArray]) -> dict[str, FloatArray]:
    exports = parts["acc"] + parts["prepaid"] + parts["other"]
    commercial, financial = exports - parts["imports"], parts["in"] - parts["out"]
    return {
        "fx_flow_total": commercial + financial,
        "fx_flow_exports": exports,
        "fx_flow_exports_acc": parts["acc"],
        "fx_flow_exports_prepaid": parts["prepaid"],
        "fx_flow_exports_other": parts["other"],
        "fx_flow_imports": parts["imports"],
        "fx_flow_commercial": commercial,
        "fx_flow_financial_in": parts["in"],
        "fx_flow_financial_out": parts["out"],
        "fx_flow_financial": financial,
    }


SERIES: dict[str, Callable[[Economy], ReleasedSeries]] = {
    "usdbrl_sgs_sell": ptax_sell,
    "usdbrl_sgs_buy": ptax_buy,
    "usdbrl_ptax_sell": ptax_sell,
    "usdbrl_ptax_buy": ptax_buy,
    "eurbrl_ptax_sell": euro_sell,
    "eurbrl_sgs_sell": euro_sell,
    "selic_daily": lambda economy: daily(economy, "anbima", _per_day(economy.rates.selic), 6),
    "cdi_daily": lambda economy: daily(economy, "anbima", _per_day(economy.rates.cdi), 6),
    "selic_target": selic_target,
    "selic_over": lambda economy: daily(economy, "anbima", 100.0 * economy.rates.selic, 2),
    "cdi_annual": lambda economy: daily(economy, "anbima", 100.0 * economy.rates.cdi, 2),
    "reserves": reserves,
}
