"""Behavioural equilibrium exchange rate: the real exchange rate on what should hold it, over ten years of months.

q = ln(USD/BRL) + ln(US prices) - ln(Brazilian prices), on terms of trade (world commodity prices in US prices), the
real policy rate differential and ln(real reserves). fair = the fit at the newest fundamentals, turned back into BRL per
USD at the newest prices; the gap is ln(spot) - ln(fair), + when the BRL is cheap. Source of the form: Clark and
MacDonald (1998). Levels move slowly, so the prior weighs a year of rows and the residual's spread is the yardstick.
"""

from __future__ import annotations

import numpy as np

from desk.agents.gaps import log_of
from desk.agents.models import Known, Model, masked
from desk.agents.regression import ridge
from desk.agents.vintages import LONGEST_LAG, at_month, design, newest, on_days, trailing, vintages
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.vintage_transforms import growth

WINDOW_MONTHS, FEWEST_ROWS, PRIOR_ROWS = 120, 60, 12
_MONTHLY = (
    "usdbrl_monthly", "us_cpi", "ipca_mom", "world_commodities", "selic_monthly", "focus_ipca_12m",
    "fed_funds_monthly", "us_core_pce", "reserves_monthly",
)  # fmt: skip


def _compute(known: Known) -> dict[str, FloatArray]:
    held = vintages(known.panel.histories.monthly, _MONTHLY)
    american = log_of(held["us_cpi"])
    relative = american - price_level(held["ipca_mom"])
    real_rate = log_of(held["usdbrl_monthly"]) + relative
    here = (1.0 + held["selic_monthly"]) ** 12 / (1.0 + held["focus_ipca_12m"]) - 1.0
    there = (1.0 + held["fed_funds_monthly"]) / (1.0 + growth(held["us_core_pce"], 12)) - 1.0
    fundamentals = [
        log_of(held["world_commodities"]) - american,
        here - there,
        log_of(held["reserves_monthly"]) - american,
    ]
    end = newest(real_rate)
    rows, now = design(fundamentals, end, WINDOW_MONTHS, 0)
    fit = ridge(rows, trailing(real_rate, end, WINDOW_MONTHS), now, overlap=PRIOR_ROWS, fewest=FEWEST_ROWS)
    log_fair = fit.forecast - at_month(relative, end)
    seen, length = known.fresh("usdbrl", *_MONTHLY), len(known)
    fair = masked(on_days(log_fair, held.rows, length), seen)
    gap = log_of(known["usdbrl"]) - fair
    out = {
        "fx_fair": np.exp(fair),
        "fx_beer_gap": gap,
        "fx_beer_gap_z": gap / masked(on_days(fit.residual_sd, held.rows, length), seen),
    }
    for index, name in enumerate(("terms_of_trade", "differential", "reserves")):
        out[f"fx_beer_slope_{name}"] = masked(on_days(fit.slopes[:, index], held.rows, length), seen)
    return out


def price_level(changes: FloatArray, months: int = WINDOW_MONTHS + LONGEST_LAG) -> FloatArray:
    """ln of the index chained from monthly changes, zero before the first of the last `months`; unknown from a hole on.

    It begins a fixed number of months back, so that it does not depend on how much history was read. Shapes: (E, N).
    """
    known = np.isfinite(changes)
    recent = np.arange(changes.shape[1])[None, :] > (newest(changes) - months)[:, None]
    begun = np.logical_or.accumulate(known, axis=1) & recent if changes.size else known
    chained = np.cumsum(np.where(begun, np.log1p(changes), 0.0), axis=1)
    return np.where(begun, chained, np.nan)


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
