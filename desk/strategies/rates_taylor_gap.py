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
    """Receive the one-year DI when it is above the mean policy rate of the rule's path.

    Sign: + receive. Units: the gap, full at two points, and its z-score over three years, which removes errors of the
    rule that last for years.
    Sources: Taylor, Carnegie-Rochester 39 (1993); Clarida, Gali and Gertler, European Economic Review 42 (1998).
    """

    id = "RATES_TAYLOR_GAP"
    asset_class = "Rates"
    idea = "one-year DI above the Taylor path, level and z (+ receive)"
    inputs = ("mp_taylor_gap_1y",)
    legs = (Leg("DI1_1Y", 1.0),)
    neutrality = "outright"
    stale_after_bd = 80  # the rule stands on monthly activity: first of the month, published six weeks after its end

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """The gap in level and its z-score over three years."""
        gap = values["mp_taylor_gap_1y"]
        return {
            "taylor_gap": conviction(gap, FULL_GAP),
            "taylor_gap_z": conviction(rolling.zscore(gap, THREE_YEARS)),
        }
