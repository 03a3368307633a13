"""Taylor rule with an estimated neutral rate, and the smoothed policy path that it implies.

rule = r* + expected inflation + 0.5 (expected inflation - target) + 0.5 gap   (Taylor 1993's weights)
r*   = weighted mean over ten years of the neutral rate with which the rule gives the rate that was set:
       real rate - 0.5 (inflation gap) - 0.5 (activity gap); the weights halve every three years
path = each month the rate moves 1 - 0.8^(1/3) of the distance to the rule (0.8 a quarter: Clarida, Gali, Gertler 2000)
"""

from __future__ import annotations

import numpy as np

from desk.agents.gaps import hp_gap, log_or_nan
from desk.agents.models import Model, ModelData, masked
from desk.agents.vintages import aligned_vintages, newest_index, spread_over_days, trailing_months
from desk.arrays import FloatArray
from desk.calendars import Days
from desk.transforms.agent_measures import Measure
from desk.transforms.inflation import load_inflation_targets

INFLATION_WEIGHT = GAP_WEIGHT = 0.5
WINDOW_MONTHS, MIN_MONTHS, HALF_LIFE_MONTHS = 120, 60, 36
SMOOTHING = 0.8 ** (1.0 / 3.0)
"""Share of the distance to the rule that remains after one month."""
YEAR_MONTHS, HALF_YEAR_MONTHS = 12, 6


def rule_rate(
    neutral: FloatArray, inflation: FloatArray, target: FloatArray | float, activity_gap: FloatArray
) -> FloatArray:
    """The policy rate of the rule, a fraction per year. Real rate and expected inflation are compounded (Fisher)."""
    response = INFLATION_WEIGHT * (inflation - target) + GAP_WEIGHT * activity_gap
    return np.asarray((1.0 + neutral) * (1.0 + inflation) - 1.0 + response)


def implied_neutral_rate(
    rate: FloatArray, inflation: FloatArray, target: FloatArray | float, activity_gap: FloatArray
) -> FloatArray:
    """The neutral rate with which the rule gives `rate`: `rule_rate` solved for `neutral`."""
    response = INFLATION_WEIGHT * (inflation - target) + GAP_WEIGHT * activity_gap
    return np.asarray((1.0 + rate - response) / (1.0 + inflation) - 1.0)


def mean_path_rate(now: FloatArray, rule: FloatArray, months: int) -> FloatArray:
    """Mean rate over the next `months` months on the smoothed path from `now` to `rule`."""
    left = float(np.mean(SMOOTHING ** np.arange(1, months + 1)))
    return np.asarray(rule + (now - rule) * left)


def path_rate(now: float, rule: float, months: float) -> float:
    """The rate `months` months on, on the smoothed path from `now` to `rule`."""
    return float(rule + (now - rule) * SMOOTHING**months)


def average_neutral_rate(implied: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted mean of `implied` and its standard error over the trailing window of each vintage. (E, N) to (E,)."""
    past = trailing_months(implied, newest_index(implied), WINDOW_MONTHS)
    known = np.isfinite(past)
    weight = np.where(known, 0.5 ** (np.arange(WINDOW_MONTHS)[::-1] / HALF_LIFE_MONTHS), 0.0)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weight * np.where(known, past, 0.0)).sum(axis=1) / total
        spread = np.sqrt((weight * np.where(known, past - mean[:, None], 0.0) ** 2).sum(axis=1) / total)
        independent = total**2 / (weight**2).sum(axis=1) / YEAR_MONTHS
        error = spread / np.sqrt(independent)
    enough = known.sum(axis=1) >= MIN_MONTHS
    return np.where(enough, mean, np.nan), np.where(enough, error, np.nan)


def _targets(months: Days) -> FloatArray:
    """The inflation target that policy aims at in each month: that of the next calendar year."""
    return load_inflation_targets().at(months.astype("datetime64[Y]").astype(np.int64) + 1971)


_RULE = ("selic_monthly", "focus_ipca_12m", "ibc_br_sa")
_PATH = ("mp_r_star", "cdi", "focus_ipca_12m", "inflation_target", "inf_activity_gap")


def _compute(data: ModelData) -> dict[str, FloatArray]:
    aligned = aligned_vintages(data.panel.model_inputs.monthly, _RULE)
    rate = (1.0 + aligned["selic_monthly"]) ** YEAR_MONTHS - 1.0
    implied = implied_neutral_rate(
        rate, aligned["focus_ipca_12m"], _targets(aligned.months), hp_gap(log_or_nan(aligned["ibc_br_sa"]))
    )
    mean, error = average_neutral_rate(implied)
    available, length = data.available("cdi", "focus_ipca_12m", "ibc_br_sa"), len(data)
    neutral = masked(spread_over_days(mean, aligned.rows, length), available)
    rule = rule_rate(neutral, data["focus_ipca_12m"], data["inflation_target"], data["inf_activity_gap"])
    year = mean_path_rate(data["cdi"], rule, YEAR_MONTHS)
    return {
        "mp_r_star": neutral,
        "mp_r_star_error": masked(spread_over_days(error, aligned.rows, length), available),
        "mp_taylor_rate": rule,
        "mp_taylor_1y": year,
        "mp_taylor_gap_1y": data["pre_252"] - year,
        "mp_front_gap": data["pre_126"] - mean_path_rate(data["cdi"], rule, HALF_YEAR_MONTHS),
        "mp_stance": data["ex_ante_real_rate"] - neutral,
    }


_YEARLY = "fraction per year"
TAYLOR = Model(
    (
        Measure(
            "mp_r_star",
            ("selic_monthly", "focus_ipca_12m", "ibc_br_sa"),
            "mean neutral rate that the rule needed",
            _YEARLY,
        ),
        Measure("mp_r_star_error", ("mp_r_star",), "its standard error, twelve months counted as one", _YEARLY),
        Measure("mp_taylor_rate", _PATH, "(1 + r*)(1 + E) - 1 + 0.5 (E - target) + 0.5 gap", _YEARLY),
        Measure("mp_taylor_1y", ("mp_taylor_rate", "cdi"), "mean of the smoothed path over 12 months", _YEARLY),
        Measure("mp_taylor_gap_1y", ("pre_252", "mp_taylor_1y"), "pre_252 - mp_taylor_1y", _YEARLY),
        Measure(
            "mp_front_gap", ("pre_126", "mp_taylor_rate", "cdi"), "pre_126 - mean of the path over 6 months", _YEARLY
        ),
        Measure("mp_stance", ("ex_ante_real_rate", "mp_r_star"), "ex_ante_real_rate - mp_r_star", _YEARLY),
    ),
    _compute,
)
