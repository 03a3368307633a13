"""The Taylor rule for the Federal Reserve: core PCE inflation, an output gap by Okun's law, and a 2% target."""

from __future__ import annotations

import numpy as np

from desk.agents.gaps import hp_gap
from desk.agents.models import Model, ModelData, masked
from desk.agents.monetary_policy.taylor import average_neutral_rate, implied_neutral_rate, mean_path_rate, rule_rate
from desk.agents.vintages import aligned_vintages, newest_value, spread_over_days
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.vintage_transforms import growth

TARGET = 0.02
OKUN = -2.0
"""Points of output gap per point of unemployment above its trend."""
TWO_YEARS_MONTHS = 24
_SOURCES = ("fed_funds_monthly", "us_core_pce", "us_unemployment")


def _compute(data: ModelData) -> dict[str, FloatArray]:
    aligned = aligned_vintages(data.panel.model_inputs.monthly, _SOURCES)
    inflation = growth(aligned["us_core_pce"], 12)
    slack = OKUN * hp_gap(aligned["us_unemployment"])
    mean, _ = average_neutral_rate(implied_neutral_rate(aligned["fed_funds_monthly"], inflation, TARGET, slack))
    rule = rule_rate(mean, newest_value(inflation), TARGET, newest_value(slack))
    available, length = data.available(*_SOURCES), len(data)
    rule_days = masked(spread_over_days(rule, aligned.rows, length), available)
    daily = data["fed_funds_effective"]
    now = np.where(np.isfinite(daily), daily, data["fed_funds_monthly"])
    path = mean_path_rate(now, rule_days, TWO_YEARS_MONTHS)
    effective = (1.0 + data["ust_504"] / 2.0) ** 2 - 1.0
    return {
        "mp_fed_r_star": masked(spread_over_days(mean, aligned.rows, length), available),
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
