"""SOV_FISCAL_RISK: what the long end pays for fiscal risk, against how much of it there is."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS


class SovFiscalRisk(Strategy):
    """A long-end premium above what the fiscal score warrants asks to sell protection; below it, to buy.

    Half the premium's conviction less half the fiscal dominance score: equal ones cancel. It needs both.
    """

    id = "SOV_FISCAL_RISK"
    asset_class = "Sovereign"
    idea = "long-end premium z less the fiscal dominance score (+ sell protection)"
    inputs = ("mp_term_premium_5y", "fis_dominance")
    legs = (Leg("SOV_BR_5Y", 1.0),)
    fewest_components = 2
    fresh_bd = 90  # debt and primary result: dated the first of their month, out at the end of the next

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {
            "term_premium_z": conviction(rolling.zscore(values["mp_term_premium_5y"], THREE_YEARS)),
            "fiscal_dominance": conviction(-values["fis_dominance"], 1.0),
        }
