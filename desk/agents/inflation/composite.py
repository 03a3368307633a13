"""The mean of the twelve-month inflation forecasts, and the distance of the models' forecasts from the target."""

from __future__ import annotations

from desk.agents.models import Model, ModelData
from desk.agents.vintages import mean_of_known
from desk.arrays import FloatArray
from desk.transforms.agent_measures import Measure

FORECASTS = ("inf_phillips_12m", "inf_bottom_up_12m", "focus_ipca_12m")


def _compute(data: ModelData) -> dict[str, FloatArray]:
    target, tolerance = data["inflation_target"], data["inflation_tolerance"]
    return {
        # equal weights: estimated ones are not better out of sample (Stock and Watson 2004, the combination puzzle)
        "inf_trend_12m": mean_of_known([data[name] for name in FORECASTS], 2),
        "inf_phillips_gap": (data["inf_phillips_12m"] - target) / tolerance,
        "inf_bottom_up_gap": (data["inf_bottom_up_12m"] - target) / tolerance,
    }


COMPOSITE = Model(
    (
        Measure("inf_trend_12m", FORECASTS, "mean of the known forecasts, at least 2 of 3", "fraction per year"),
        Measure(
            "inf_phillips_gap",
            ("inf_phillips_12m", "inflation_target"),
            "(forecast - target) / tolerance",
            "tolerance bands",
        ),
        Measure(
            "inf_bottom_up_gap",
            ("inf_bottom_up_12m", "inflation_target"),
            "(forecast - target) / tolerance",
            "tolerance bands",
        ),
    ),
    _compute,
)
