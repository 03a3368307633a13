"""INF_BREAKEVEN_MEANREV: two-year breakeven against its own history and the inflation target."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction

BANDS_AT_FULL = 2.0
"""Tolerance bands between breakeven and target at full conviction; inflation has rarely been priced further away."""


class InfBreakevenMeanrev(Strategy):
    """A breakeven that is low for its history and against the target asks to be long it: long DAP, pay DI."""

    id = "INF_BREAKEVEN_MEANREV"
    asset_class = "Inflation"
    idea = "2y breakeven low against its own two years and the target (+ long breakeven)"
    inputs = ("breakeven_504_z", "breakeven_gap_504")
    legs = (Leg("DAP_2Y", 1.0), Leg("DI1_2Y", -1.0))

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {
            "breakeven_504_z": conviction(-values["breakeven_504_z"]),
            "breakeven_gap_504": conviction(-values["breakeven_gap_504"], BANDS_AT_FULL),
        }
