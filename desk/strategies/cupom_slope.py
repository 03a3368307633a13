"""CUPOM_SLOPE: mean reversion of the slope of the cupom curve between one and three years."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class CupomSlope(Strategy):
    """Receive the three-year cupom and pay the one-year when the slope is steep against its last year, at equal risk.

    Sign: + flattener (long DDI_3Y, short DDI_1Y). Unit: z-score over one year of the slope, a fraction per year.
    Sources: B3, DDI contract; Litterman and Scheinkman, Journal of Fixed Income 1 (1991), for the slope as a factor.
    """

    id = "CUPOM_SLOPE"
    asset_class = "Cupom"
    idea = "1y3y cupom slope z over a year (+ receive long against short)"
    inputs = ("cupom_slope_1y3y_z",)
    legs = (Leg("DDI_3Y", 1.0), Leg("DDI_1Y", -1.0))
    neutrality = "dv01"

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`cupom_slope_1y3y_z`: z-score of the slope over one year."""
        return {"cupom_slope_1y3y_z": conviction(values["cupom_slope_1y3y_z"])}
