"""RATES_COPOM_PATH: the policy path priced in DI by Copom meeting, against Focus for the same meetings."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.units import DAYS_PER_YEAR

FULL_GAP = 0.005
"""Half a point over the next four meetings: Copom's usual step, so such a gap equals one decision."""


class RatesCopomPath(Strategy):
    """Receive the front of the curve when DI prices a higher policy path than economists expect.

    Sign: + receive. Units: the mean gap over the next four meetings, full at half a point, and its z-score over a year.
    Sources: Piazzesi and Swanson, Journal of Monetary Economics 55 (2008); Banco Central do Brasil, Focus.
    """

    id = "RATES_COPOM_PATH"
    asset_class = "Rates"
    idea = "meeting path in DI above Focus by meeting, level and z (+ receive the front)"
    inputs = ("mp_copom_path_gap",)
    legs = (Leg("DI1_6M", 1.0), Leg("DI1_1Y", 1.0))
    neutrality = "outright"
    stale_after_bd = 12  # Focus is weekly

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """The gap in level and its z-score over one year."""
        gap = values["mp_copom_path_gap"]
        return {"path_gap": conviction(gap, FULL_GAP), "path_gap_z": conviction(rolling.zscore(gap, DAYS_PER_YEAR))}
