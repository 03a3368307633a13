"""RATES_FOMC_WINDOW: the two-year Treasury yield against the Fed's Taylor rule, held only around FOMC decisions."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction, inside_window
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS

BEFORE_BD, AFTER_BD = 7, 1
"""The blackout: from the second Saturday before a meeting that ends on a Wednesday to the day after it (FOMC policy on
external communications). """
FULL_GAP = 0.01
"""One point on the two-year rate: about the residual of estimated rules for the Fed."""


class RatesFomcWindow(Strategy):
    """Receive the two-year Treasury when its yield is above the rule's path; no score outside the window around the
    decision.

    Sign: + receive (long UST_2Y). Units: the gap, full at one point, and its z-score over three years.
    Sources: FOMC policy on external communications; Taylor (1999); Lucca and Moench, Journal of Finance 70 (2015).
    """

    id = "RATES_FOMC_WINDOW"
    asset_class = "Rates"
    idea = "UST 2y above the Fed's rule, only round the meeting (+ receive UST)"
    inputs = ("mp_fed_gap_2y", "mp_fomc_bd_to", "mp_fomc_bd_since")
    legs = (Leg("UST_2Y", 1.0),)
    neutrality = "outright"
    stale_after_bd = 80  # the rule stands on monthly prices and jobs

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """The gap in level and its z-score, NaN outside the window."""
        gap = values["mp_fed_gap_2y"]
        inside = inside_window(values["mp_fomc_bd_to"], values["mp_fomc_bd_since"], BEFORE_BD, AFTER_BD)
        return {
            "fed_gap": inside * conviction(gap, FULL_GAP),
            "fed_gap_z": inside * conviction(rolling.zscore(gap, THREE_YEARS)),
        }
