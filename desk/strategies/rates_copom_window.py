"""RATES_COPOM_WINDOW: front DI against the Taylor rule path, held only around Copom decisions."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction, inside_window
from desk.transforms import rolling
from desk.units import DAYS_PER_YEAR

BEFORE_BD, AFTER_BD = 5, 4
"""Copom's period of silence: from the Wednesday of the week before the decision to the minutes on the Tuesday after."""
FULL_GAP = 0.005
"""Half a point on the six-month rate: Copom's usual step."""


class RatesCopomWindow(Strategy):
    """Receive the six-month DI when it is above the path of the Taylor rule; no score outside the window around the
    decision.

    Sign: + receive. Units: the gap, full at half a point, and its z-score over a year.
    Source: Banco Central do Brasil, Copom's rules of procedure (period of silence, publication of the minutes).
    """

    id = "RATES_COPOM_WINDOW"
    asset_class = "Rates"
    idea = "front DI above the reaction function, only round Copom (+ receive)"
    inputs = ("mp_front_gap", "mp_copom_bd_to", "mp_copom_bd_since")
    legs = (Leg("DI1_6M", 1.0),)
    neutrality = "outright"
    stale_after_bd = 80  # the reaction function stands on monthly activity

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """The gap in level and its z-score, NaN outside the window."""
        gap = values["mp_front_gap"]
        inside = inside_window(values["mp_copom_bd_to"], values["mp_copom_bd_since"], BEFORE_BD, AFTER_BD)
        return {
            "front_gap": inside * conviction(gap, FULL_GAP),
            "front_gap_z": inside * conviction(rolling.zscore(gap, DAYS_PER_YEAR)),
        }
