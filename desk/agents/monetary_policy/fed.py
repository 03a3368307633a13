"""The Fed leg: the same rule for the United States, with core PCE, Okun's law for the gap and a 2% goal."""

from __future__ import annotations

import numpy as np

from desk.agents.gaps import gap
from desk.agents.models import Known, Model, masked
from desk.agents.monetary_policy.taylor import needed_neutral, neutral_rate, path_mean, rule_rate
from desk.agents.vintages import last_known, on_days, vintages
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.vintage_transforms import growth

GOAL = 0.02
OKUN = -2.0
"""Points of output gap per point of unemployment above its trend."""
TWO_YEARS_MONTHS = 24
_SOURCES = ("fed_funds_monthly", "us_core_pce", "us_unemployment")


def _compute(known: Known) -> dict[str, FloatArray]:
    held = vintages(known.panel.histories.monthly, _SOURCES)
    inflation = growth(held["us_core_pce"], 12)
    slack = OKUN * gap(held["us_unemployment"])
    mean, _ = neutral_rate(needed_neutral(held["fed_funds_monthly"], inflation, GOAL, slack))
    rule = rule_rate(mean, last_known(inflation), GOAL, last_known(slack))
    seen, length = known.fresh(*_SOURCES), len(known)
    rule_days = masked(on_days(rule, held.rows, length), seen)
    daily = known["fed_funds_effective"]
    now = np.where(np.isfinite(daily), daily, known["fed_funds_monthly"])
    path = path_mean(now, rule_days, TWO_YEARS_MONTHS)
    effective = (1.0 + known["ust_504"] / 2.0) ** 2 - 1.0
    return {
        "mp_fed_r_star": masked(on_days(mean, held.rows, length), seen),
        "mp_fed_rule": rule_days,
        "mp_fed_gap_2y": np.asarray(effective - path),
    }


FED = Model(
    (
        Measure(
            "mp_fed_r_star", _SOURCES, "mean neutral rate that the rule needed over ten years", "fraction per year"
        ),
        Measure(
            "mp_fed_rule", _SOURCES, "(1 + r*)(1 + core PCE) - 1 + 0.5 (core PCE - 2%) + 0.5 gap", "fraction per year"
        ),
        Measure(
            "mp_fed_gap_2y",
            ("ust_504", "mp_fed_rule", "fed_funds_effective", "fed_funds_monthly"),
            "(1 + ust_504 / 2)^2 - 1 - mean of the rule's smoothed path over 24 months",
            "fraction per year",
        ),
    ),
    _compute,
)
