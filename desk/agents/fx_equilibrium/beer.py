"""Behavioural equilibrium exchange rate (BEER): the real exchange rate regressed on fundamentals, ten years of months.

q = ln(USD/BRL) + ln(US prices) - ln(Brazilian prices), on terms of trade (world commodity prices in US prices), the
real policy rate differential and ln(real reserves). fair = the fit at the newest fundamentals, converted to BRL per USD
at the newest prices. The gap is ln(spot) - ln(fair): positive when the BRL is cheap. Levels move slowly, so the prior
has the weight of a year of rows, and the gap is measured in standard deviations of the residuals. Source: Clark and
MacDonald (1998).
"""

from __future__ import annotations

import numpy as np

from desk.agents.gaps import log_or_nan
from desk.agents.models import Model, ModelData, masked
from desk.agents.regression import ridge
from desk.agents.vintages import (
    MAX_LAG_MONTHS,
    aligned_vintages,
    lagged_regressors,
    newest_index,
    spread_over_days,
    trailing_months,
    value_at_month,
)
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.vintage_transforms import growth

WINDOW_MONTHS, MIN_ROWS, PRIOR_ROWS = 120, 60, 12
_MONTHLY = (
    "usdbrl_monthly", "us_cpi", "ipca_mom", "world_commodities", "selic_monthly", "focus_ipca_12m",
    "fed_funds_monthly", "us_core_pce", "reserves_monthly",
)  # fmt: skip


def _compute(data: ModelData) -> dict[str, FloatArray]:
    aligned = aligned_vintages(data.panel.model_inputs.monthly, _MONTHLY)
    us_prices = log_or_nan(aligned["us_cpi"])
    relative = us_prices - price_level(aligned["ipca_mom"])
    real_rate = log_or_nan(aligned["usdbrl_monthly"]) + relative
    domestic_rate = (1.0 + aligned["selic_monthly"]) ** 12 / (1.0 + aligned["focus_ipca_12m"]) - 1.0
    foreign_rate = (1.0 + aligned["fed_funds_monthly"]) / (1.0 + growth(aligned["us_core_pce"], 12)) - 1.0
    fundamentals = [
        log_or_nan(aligned["world_commodities"]) - us_prices,
        domestic_rate - foreign_rate,
        log_or_nan(aligned["reserves_monthly"]) - us_prices,
    ]
    end = newest_index(real_rate)
    rows, now = lagged_regressors(fundamentals, end, WINDOW_MONTHS, 0)
    fit = ridge(rows, trailing_months(real_rate, end, WINDOW_MONTHS), now, overlap=PRIOR_ROWS, min_rows=MIN_ROWS)
    log_fair = fit.forecast - value_at_month(relative, end)
    available, length = data.available("usdbrl", *_MONTHLY), len(data)
    fair = masked(spread_over_days(log_fair, aligned.rows, length), available)
    gap = log_or_nan(data["usdbrl"]) - fair
    out = {
        "fx_fair": np.exp(fair),
        "fx_beer_gap": gap,
        "fx_beer_gap_z": gap / masked(spread_over_days(fit.residual_sd, aligned.rows, length), available),
    }
    for index, name in enumerate(("terms_of_trade", "differential", "reserves")):
        out[f"fx_beer_slope_{name}"] = masked(spread_over_days(fit.slopes[:, index], aligned.rows, length), available)
    return out


def price_level(changes: FloatArray, months: int = WINDOW_MONTHS + MAX_LAG_MONTHS) -> FloatArray:
    """Log of the price index chained from monthly changes over the last `months`; NaN before them and after a gap.

    The chain starts a fixed number of months back, so it does not depend on how much history was read. Shape: (E, N).
    """
    known = np.isfinite(changes)
    recent = np.arange(changes.shape[1])[None, :] > (newest_index(changes) - months)[:, None]
    started = np.logical_or.accumulate(known, axis=1) & recent if changes.size else known
    chained = np.cumsum(np.where(started, np.log1p(changes), 0.0), axis=1)
    return np.where(started, chained, np.nan)


BEER = Model(
    (
        Measure("fx_fair", _MONTHLY, "exp(fitted real exchange rate - relative prices)", "BRL per USD"),
        Measure("fx_beer_gap", ("usdbrl", "fx_fair"), "ln(usdbrl) - ln(fx_fair)", "log"),
        Measure(
            "fx_beer_gap_z",
            ("fx_beer_gap",),
            "fx_beer_gap / standard deviation of the fit's residuals",
            "standard deviations",
        ),
        *(
            Measure(f"fx_beer_slope_{name}", _MONTHLY, f"slope of the real exchange rate on {text}", "log per unit")
            for name, text in (
                ("terms_of_trade", "ln terms of trade"),
                ("differential", "the real rate differential"),
                ("reserves", "ln real reserves"),
            )
        ),
    ),
    _compute,
)
