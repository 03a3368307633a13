"""RATES_SLOPE_MEANREV: the 2s5s slope comes back to its own year."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class RatesSlopeMeanrev(Strategy):
    """A steep slope against its last year asks for a flattener: receive 5y, pay 2y, sized to equal risk."""

    id = "RATES_SLOPE_MEANREV"
    asset_class = "Rates"
    idea = "2s5s slope z-score over a year (+ flattener: receive 5y, pay 2y)"
    inputs = ("slope_2s5s_z",)
    legs = (Leg("DI1_5Y", 1.0), Leg("DI1_2Y", -1.0))

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {"slope_2s5s_z": conviction(values["slope_2s5s_z"])}
