"""SOV_SPREAD_MEANREV: the sovereign spread comes back to its own two years."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class SovSpreadMeanrev(Strategy):
    """A five-year spread that is wide for two years asks to sell protection; a tight one, to buy it."""

    id = "SOV_SPREAD_MEANREV"
    asset_class = "Sovereign"
    idea = "five-year sovereign spread z over two years (+ sell protection)"
    inputs = ("sov_spread_5y_z",)
    legs = (Leg("SOV_BR_5Y", 1.0),)

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {"sov_spread_5y_z": conviction(values["sov_spread_5y_z"])}
