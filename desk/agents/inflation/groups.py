"""Bottom-up inflation forecast: each of the nine IPCA groups by itself, added up with IBGE's weights of the month.

The next twelve months of a group are regressed on its last twelve, over the trailing ten years of each vintage. The
slope shows how far a group's inflation reverts (food) or persists (services within personal expenses, education).
"""

from __future__ import annotations

import numpy as np

from desk.agents.models import Model, ModelData, masked
from desk.agents.regression import ridge
from desk.agents.vintages import (
    aligned_vintages,
    lagged_regressors,
    newest_index,
    newest_value,
    spread_over_days,
    trailing_months,
)
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.monthly import IPCA_GROUPS
from desk.transforms.vintage_transforms import compounded

WINDOW_MONTHS, AHEAD_MONTHS, MIN_ROWS = 120, 12, 60
WEIGHT_TOLERANCE = 0.02
"""Weights whose sum differs from one by more than this are not used: the table must have been misread."""
_CHANGES = tuple(f"ipca_{group}_mom" for group in IPCA_GROUPS)
_WEIGHTS = tuple(f"ibge_ipca_{group}_weight" for group in IPCA_GROUPS)


def _compute(data: ModelData) -> dict[str, FloatArray]:
    aligned = aligned_vintages(data.panel.model_inputs.monthly, (*_CHANGES, *_WEIGHTS))
    weights = normalised_weights(np.stack([newest_value(aligned[name]) for name in _WEIGHTS], axis=1))
    forecasts, rates = [], []
    for name in _CHANGES:
        rate = compounded(aligned[name], AHEAD_MONTHS)
        end = newest_index(rate)
        rows, now = lagged_regressors([rate], end, WINDOW_MONTHS, AHEAD_MONTHS)
        fit = ridge(rows, trailing_months(rate, end, WINDOW_MONTHS), now, overlap=AHEAD_MONTHS, min_rows=MIN_ROWS)
        forecasts.append(fit.forecast)
        rates.append(newest_value(rate))
    ahead = (weights * np.stack(forecasts, axis=1)).sum(axis=1)
    available, length = data.available(*_CHANGES, *_WEIGHTS), len(data)
    by_day = np.stack([spread_over_days(rate, aligned.rows, length) for rate in rates], axis=1)
    share = np.stack(
        [spread_over_days(weights[:, index], aligned.rows, length) for index in range(len(_WEIGHTS))], axis=1
    )
    above = (share * (by_day > data["inflation_target"][:, None])).sum(axis=1)
    return {
        "inf_bottom_up_12m": masked(spread_over_days(ahead, aligned.rows, length), available),
        "inf_breadth": masked(above, available & np.isfinite(by_day).all(axis=1)),
    }


def normalised_weights(weights: FloatArray) -> FloatArray:
    """Weights (E, 9) scaled to a sum of one; NaN rows where one is missing or the sum is outside WEIGHT_TOLERANCE."""
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        is_valid = np.abs(total - 1.0) <= WEIGHT_TOLERANCE
        return np.where(is_valid, weights / total, np.nan)


GROUPS = Model(
    (
        Measure(
            "inf_bottom_up_12m",
            (*_CHANGES, *_WEIGHTS),
            "sum over groups of weight x (line of the next twelve months on the last twelve)",
            "fraction per year",
        ),
        Measure(
            "inf_breadth",
            (*_CHANGES, *_WEIGHTS, "inflation_target"),
            "weight of the groups whose twelve months are above the target",
            "fraction of the basket",
        ),
    ),
    _compute,
)
