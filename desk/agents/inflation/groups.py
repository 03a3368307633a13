"""Bottom-up: each of the nine IPCA groups on its own, added up with IBGE's weight of the month.

A group's next twelve months are a line on its last twelve, fitted over the trailing ten years of each vintage, so what
reverts (food) reverts and what lasts (services inside personal expenses, education) lasts.
"""

from __future__ import annotations

import numpy as np

from desk.agents.models import Known, Model, masked
from desk.agents.regression import ridge
from desk.agents.vintages import design, last_known, newest, on_days, trailing, vintages
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure
from desk.transforms.monthly import IPCA_GROUPS
from desk.transforms.vintage_transforms import compounded

WINDOW_MONTHS, AHEAD_MONTHS, FEWEST_ROWS = 120, 12, 60
WEIGHT_TOLERANCE = 0.02
"""The nine weights must add to one within this: else the table was read wrong, and it is not used."""
_CHANGES = tuple(f"ipca_{group}_mom" for group in IPCA_GROUPS)
_WEIGHTS = tuple(f"ibge_ipca_{group}_weight" for group in IPCA_GROUPS)


def _compute(known: Known) -> dict[str, FloatArray]:
    held = vintages(known.panel.histories.monthly, (*_CHANGES, *_WEIGHTS))
    weights = shares(np.stack([last_known(held[name]) for name in _WEIGHTS], axis=1))
    forecasts, rates = [], []
    for name in _CHANGES:
        rate = compounded(held[name], AHEAD_MONTHS)
        end = newest(rate)
        rows, now = design([rate], end, WINDOW_MONTHS, AHEAD_MONTHS)
        fit = ridge(rows, trailing(rate, end, WINDOW_MONTHS), now, overlap=AHEAD_MONTHS, fewest=FEWEST_ROWS)
        forecasts.append(fit.forecast)
        rates.append(last_known(rate))
    ahead = (weights * np.stack(forecasts, axis=1)).sum(axis=1)
    seen, length = known.fresh(*_CHANGES, *_WEIGHTS), len(known)
    by_day = np.stack([on_days(rate, held.rows, length) for rate in rates], axis=1)
    share = np.stack([on_days(weights[:, index], held.rows, length) for index in range(len(_WEIGHTS))], axis=1)
    above = (share * (by_day > known["inflation_target"][:, None])).sum(axis=1)
    return {
        "inf_bottom_up_12m": masked(on_days(ahead, held.rows, length), seen),
        "inf_breadth": masked(above, seen & np.isfinite(by_day).all(axis=1)),
    }


def shares(weights: FloatArray) -> FloatArray:
    """Weights (E, 9) scaled to add to one; NaN rows where one lacks or the sum is off by more than the tolerance."""
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        sound = np.abs(total - 1.0) <= WEIGHT_TOLERANCE
        return np.where(sound, weights / total, np.nan)


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
