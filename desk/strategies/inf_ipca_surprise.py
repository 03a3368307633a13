"""INF_IPCA_SURPRISE: inflation that keeps coming out above what Focus had for the month."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS, ratio


class InfIpcaSurprise(Strategy):
    """Positive surprises follow each other, as surveys move slowly: long breakeven after them.

    The last surprise is held against its own size and not against its mean, since an unbiased survey's mean is zero.
    """

    id = "INF_IPCA_SURPRISE"
    asset_class = "Inflation"
    idea = "IPCA above the monthly Focus median, last and three months (+ long breakeven)"
    inputs = ("inf_surprise_1m", "inf_surprise_3m_z")
    legs = (Leg("DAP_2Y", 1.0), Leg("DI1_2Y", -1.0))
    fresh_bd = 55  # IPCA: dated the first of its month, out about the tenth of the next, and a month until the next one

    def components(self, values: Columns) -> dict[str, FloatArray]:
        last = values["inf_surprise_1m"]
        return {
            "inf_surprise_1m": conviction(ratio(last, rolling.deviation(last, THREE_YEARS))),
            "inf_surprise_3m_z": conviction(values["inf_surprise_3m_z"]),
        }
