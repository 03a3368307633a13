"""RATES_TAYLOR_GAP: the one-year DI against the mean policy rate that a Taylor rule implies for the year."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS

FULL_GAP = 0.02
"""Two points a year: about the standard error of policy rules estimated for emerging markets, so a gap beyond it is
more than the rule's own noise."""


class RatesTaylorGap(Strategy):
    """A one-year rate above the rule's path asks to receive; in level, and against three years of the same gap.

    The level says which side the rule is on; the z-score takes out what the rule misses for years on end.
    """

    id = "RATES_TAYLOR_GAP"
    asset_class = "Rates"
    idea = "one-year DI above the Taylor path, level and z (+ receive)"
    inputs = ("mp_taylor_gap_1y",)
    legs = (Leg("DI1_1Y", 1.0),)
    fresh_bd = 80  # the rule stands on monthly activity: first of the month, published six weeks after its end

    def components(self, values: Columns) -> dict[str, FloatArray]:
        gap = values["mp_taylor_gap_1y"]
        return {
            "taylor_gap": conviction(gap, FULL_GAP),
            "taylor_gap_z": conviction(rolling.zscore(gap, THREE_YEARS)),
        }
