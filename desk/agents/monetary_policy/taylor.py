"""Taylor rule with an estimated neutral rate, and the policy path that it implies with the usual smoothing.

rule = r* + expected inflation + 0.5 (expected inflation - target) + 0.5 gap   (Taylor 1993's weights)
r*   = the weighted mean, over ten years, of what the rule would have needed to give the rates that were set:
       real rate - 0.5 (inflation gap) - 0.5 (activity gap), months weighing half as much each three years back
path = each month the rate goes 1 - 0.8^(1/3) of the way to the rule (0.8 a quarter: Clarida, Gali, Gertler 2000)
"""

from __future__ import annotations

import numpy as np

from desk.agents.gaps import gap, log_of
from desk.agents.models import Known, Model, masked
from desk.agents.vintages import newest, on_days, trailing, vintages
from desk.arrays import FloatArray
from desk.calendars import Days
from desk.transforms.agent_measures import Measure
from desk.transforms.inflation import load_inflation_targets

INFLATION_WEIGHT = GAP_WEIGHT = 0.5
WINDOW_MONTHS, FEWEST_MONTHS, HALF_LIFE_MONTHS = 120, 60, 36
SMOOTHING = 0.8 ** (1.0 / 3.0)
"""Share of the distance to the rule that is left after a month."""
YEAR_MONTHS, HALF_YEAR_MONTHS = 12, 6


def rule_rate(
    neutral: FloatArray, inflation: FloatArray, target: FloatArray | float, activity_gap: FloatArray
) -> FloatArray:
    """The rate that the rule sets, a fraction per year (Fisher: real and expected inflation compound)."""
    lean = INFLATION_WEIGHT * (inflation - target) + GAP_WEIGHT * activity_gap
    return np.asarray((1.0 + neutral) * (1.0 + inflation) - 1.0 + lean)


def needed_neutral(
    rate: FloatArray, inflation: FloatArray, target: FloatArray | float, activity_gap: FloatArray
) -> FloatArray:
    """The neutral rate with which the rule gives `rate`: `rule_rate` solved for it."""
    lean = INFLATION_WEIGHT * (inflation - target) + GAP_WEIGHT * activity_gap
    return np.asarray((1.0 + rate - lean) / (1.0 + inflation) - 1.0)


def path_mean(now: FloatArray, goal: FloatArray, months: int) -> FloatArray:
    """Mean rate over the next `months` months on the way from `now` to `goal`."""
    left = float(np.mean(SMOOTHING ** np.arange(1, months + 1)))
    return np.asarray(goal + (now - goal) * left)


def neutral_rate(needed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted mean and its standard error over the trailing window of each vintage. Shapes: (E, N) to (E,)."""
    past = trailing(needed, newest(needed), WINDOW_MONTHS)
    known = np.isfinite(past)
    weight = np.where(known, 0.5 ** (np.arange(WINDOW_MONTHS)[::-1] / HALF_LIFE_MONTHS), 0.0)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weight * np.where(known, past, 0.0)).sum(axis=1) / total
        spread = np.sqrt((weight * np.where(known, past - mean[:, None], 0.0) ** 2).sum(axis=1) / total)
        independent = total**2 / (weight**2).sum(axis=1) / YEAR_MONTHS
        error = spread / np.sqrt(independent)
    enough = known.sum(axis=1) >= FEWEST_MONTHS
    return np.where(enough, mean, np.nan), np.where(enough, error, np.nan)


def _targets(months: Days) -> FloatArray:
    """The target that policy aims at in each month: next calendar year's."""
    return load_inflation_targets().at(months.astype("datetime64[Y]").astype(np.int64) + 1971)


_RULE = ("selic_monthly", "focus_ipca_12m", "ibc_br_sa")
_PATH = ("mp_r_star", "cdi", "focus_ipca_12m", "inflation_target", "inf_activity_gap")


def _compute(known: Known) -> dict[str, FloatArray]:
    held = vintages(known.panel.histories.monthly, _RULE)
    rate = (1.0 + held["selic_monthly"]) ** YEAR_MONTHS - 1.0
    needed = needed_neutral(rate, held["focus_ipca_12m"], _targets(held.months), gap(log_of(held["ibc_br_sa"])))
    mean, error = neutral_rate(needed)
    seen, length = known.fresh("cdi", "focus_ipca_12m", "ibc_br_sa"), len(known)
    neutral = masked(on_days(mean, held.rows, length), seen)
    rule = rule_rate(neutral, known["focus_ipca_12m"], known["inflation_target"], known["inf_activity_gap"])
    year = path_mean(known["cdi"], rule, YEAR_MONTHS)
    return {
        "mp_r_star": neutral,
        "mp_r_star_error": masked(on_days(error, held.rows, length), seen),
        "mp_taylor_rate": rule,
        "mp_taylor_1y": year,
        "mp_taylor_gap_1y": known["pre_252"] - year,
        "mp_front_gap": known["pre_126"] - path_mean(known["cdi"], rule, HALF_YEAR_MONTHS),
        "mp_stance": known["ex_ante_real_rate"] - neutral,
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
