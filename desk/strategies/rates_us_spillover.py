"""RATES_US_SPILLOVER: a week in which Treasuries moved and DI moved by more than it usually does with them."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class RatesUsSpillover(Strategy):
    """What the five-year DI did beyond its usual response to the week's Treasuries comes back: receive after a rise.

    The feature weighs the residual by the size of the Treasury week, so that purely domestic weeks do not speak.
    """

    id = "RATES_US_SPILLOVER"
    asset_class = "Rates"
    idea = "DI over-reacted to a week of Treasuries (+ receive)"
    inputs = ("di_ust_overreaction",)
    legs = (Leg("DI1_5Y", 1.0),)
    min_history = 504  # a year for the slope, and a year of residuals

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {"di_ust_overreaction": conviction(values["di_ust_overreaction"])}
