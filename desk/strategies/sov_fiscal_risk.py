"""SOV_FISCAL_RISK: the term premium of the long end against the measured fiscal risk."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS


class SovFiscalRisk(Strategy):
    """Sell protection when the long-end premium is larger than the fiscal dominance score justifies; buy it when
    smaller.

    Sign: + sell protection. The score is half the premium's z-score conviction less half the fiscal
    dominance score (-1 to 1); both must be known.
    Source: Blanchard, "Fiscal dominance and inflation targeting: lessons from Brazil", NBER WP 10389 (2004).
    """

    id = "SOV_FISCAL_RISK"
    asset_class = "Sovereign"
    idea = "long-end premium z less the fiscal dominance score (+ sell protection)"
    inputs = ("mp_term_premium_5y", "fis_dominance")
    legs = (Leg("DDI_5Y", 1.0), Leg("UST_5Y", -1.0))
    neutrality = "dv01"
    min_components = 2
    stale_after_bd = 90  # debt and primary result: dated the first of their month, out at the end of the next

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """The z-score of the premium, and minus the fiscal dominance score."""
        return {
            "term_premium_z": conviction(rolling.zscore(values["mp_term_premium_5y"], THREE_YEARS)),
            "fiscal_dominance": conviction(-values["fis_dominance"], 1.0),
        }
