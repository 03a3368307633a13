"""SOV_SPREAD_MEANREV: mean reversion of the five-year sovereign spread."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class SovSpreadMeanrev(Strategy):
    """Sell protection when the five-year spread is wide against its own two years; buy it when tight.

    Sign: + sell protection: receive the five-year cupom against as much DV01 of Treasuries. Unit:
    z-score over two years of the spread, a fraction per year.
    Source: Longstaff, Pan, Pedersen and Singleton, American Economic Journal: Macroeconomics 3 (2011).
    """

    id = "SOV_SPREAD_MEANREV"
    asset_class = "Sovereign"
    idea = "five-year sovereign spread z over two years (+ sell protection)"
    inputs = ("sov_spread_5y_z",)
    legs = (Leg("DDI_5Y", 1.0), Leg("UST_5Y", -1.0))
    neutrality = "dv01"

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`sov_spread_5y_z`: z-score of the spread over two years."""
        return {"sov_spread_5y_z": conviction(values["sov_spread_5y_z"])}
