"""CUPOM_SLOPE: the slope of the cupom curve from one to three years comes back to its own year."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class CupomSlope(Strategy):
    """A steep cupom curve against its last year asks to receive three years and pay one, at equal risk."""

    id = "CUPOM_SLOPE"
    asset_class = "Cupom"
    idea = "1y3y cupom slope z over a year (+ receive long against short)"
    inputs = ("cupom_slope_1y3y_z",)
    legs = (Leg("DDI_3Y", 1.0), Leg("DDI_1Y", -1.0))

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {"cupom_slope_1y3y_z": conviction(values["cupom_slope_1y3y_z"])}
