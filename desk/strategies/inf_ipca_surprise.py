"""INF_IPCA_SURPRISE: surprises of the IPCA against the monthly Focus median."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS, ratio


class InfIpcaSurprise(Strategy):
    """Long breakeven after positive surprises: surveys adjust slowly, so surprises of the same sign follow each other.

    Sign: + long breakeven. Units: the last surprise in its own standard deviations over three years (not a z-score: the
    mean of an unbiased survey's surprises is zero), and the z-score of the last three.
    Source: Coibion and Gorodnichenko, American Economic Review 105 (2015).
    """

    id = "INF_IPCA_SURPRISE"
    asset_class = "Inflation"
    idea = "IPCA above the monthly Focus median, last and three months (+ long breakeven)"
    inputs = ("inf_surprise_1m", "inf_surprise_3m_z")
    legs = (Leg("DAP_2Y", 1.0), Leg("DI1_2Y", -1.0))
    neutrality = "dv01"
    stale_after_bd = (
        55  # IPCA: dated the first of its month, out about the tenth of the next, and a month until the next one
    )

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """The last surprise and the sum of three, in standard deviations."""
        last = values["inf_surprise_1m"]
        return {
            "inf_surprise_1m": conviction(ratio(last, rolling.deviation(last, THREE_YEARS))),
            "inf_surprise_3m_z": conviction(values["inf_surprise_3m_z"]),
        }
