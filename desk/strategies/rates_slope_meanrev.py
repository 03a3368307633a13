"""RATES_SLOPE_MEANREV: mean reversion of the DI slope between two and five years."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class RatesSlopeMeanrev(Strategy):
    """Receive the five-year DI and pay the two-year when the slope is steep against its last year, sized to equal risk.

    Sign: + flattener. Unit: z-score over one year of the slope, a fraction per year.
    Source: Litterman and Scheinkman, Journal of Fixed Income 1 (1991): the slope is the second factor, which reverts.
    """

    id = "RATES_SLOPE_MEANREV"
    asset_class = "Rates"
    idea = "2s5s slope z-score over a year (+ flattener: receive 5y, pay 2y)"
    inputs = ("slope_2s5s_z",)
    legs = (Leg("DI1_5Y", 1.0), Leg("DI1_2Y", -1.0))
    neutrality = "dv01"

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`slope_2s5s_z`: z-score of the slope over one year."""
        return {"slope_2s5s_z": conviction(values["slope_2s5s_z"])}
