"""RATES_US_SPILLOVER: overreaction of DI to a week of Treasury moves."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class RatesUsSpillover(Strategy):
    """Receive the five-year DI after it rose by more than its usual response to the week's Treasury move; the excess
    reverts.

    Sign: + receive. Unit: residual in standard deviations over a year, weighted by the size of the Treasury move, so
    that domestic weeks have little weight. Source: Albagli, Ceballos, Claro and Romero, Journal of Financial Economics
    134 (2019).
    """

    id = "RATES_US_SPILLOVER"
    asset_class = "Rates"
    idea = "DI over-reacted to a week of Treasuries (+ receive)"
    inputs = ("di_ust_overreaction",)
    legs = (Leg("DI1_5Y", 1.0),)
    neutrality = "outright"
    min_history = 504  # a year for the slope, and a year of residuals

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`di_ust_overreaction`: the weighted residual in standard deviations."""
        return {"di_ust_overreaction": conviction(values["di_ust_overreaction"])}
