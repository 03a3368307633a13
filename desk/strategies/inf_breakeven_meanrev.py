"""INF_BREAKEVEN_MEANREV: the two-year breakeven against its own history and the inflation target."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction

BANDS_AT_FULL = 2.0
"""Tolerance bands between breakeven and target at full conviction; breakevens have rarely been further away."""


class InfBreakevenMeanrev(Strategy):
    """Long breakeven (DAP against DI) when it is low against its own two years and against the target.

    Sign: + long breakeven. Units: a z-score over two years, and tolerance bands from the target.
    Sources: Fisher's equation for the breakeven; the targets of the National Monetary Council.
    """

    id = "INF_BREAKEVEN_MEANREV"
    asset_class = "Inflation"
    idea = "2y breakeven low against its own two years and the target (+ long breakeven)"
    inputs = ("breakeven_504_z", "breakeven_gap_504")
    legs = (Leg("DAP_2Y", 1.0), Leg("DI1_2Y", -1.0))
    neutrality = "dv01"

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """Minus the z-score and minus the gap to the target in tolerance bands."""
        return {
            "breakeven_504_z": conviction(-values["breakeven_504_z"]),
            "breakeven_gap_504": conviction(-values["breakeven_gap_504"], BANDS_AT_FULL),
        }
