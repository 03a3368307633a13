"""RATES_TERM_PREMIUM: the term premium: the long forward rate less surveys and the neutral rate."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS


class RatesTermPremium(Strategy):
    """Receive the long end when the premium is large against its own three years.

    Sign: + receive. Unit: z-score only, because the average premium is pay for risk and no view.
    Source: Kim and Orphanides, Journal of Financial and Quantitative Analysis 47 (2012).
    """

    id = "RATES_TERM_PREMIUM"
    asset_class = "Rates"
    idea = "five-year forward over Focus inflation and r*, against three years (+ receive)"
    inputs = ("mp_term_premium_5y",)
    legs = (Leg("DI1_5Y", 1.0), Leg("DI1_10Y", 1.0))
    neutrality = "outright"
    stale_after_bd = 80  # the neutral rate stands on monthly activity

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`term_premium_z`: z-score of the premium over three years."""
        return {"term_premium_z": conviction(rolling.zscore(values["mp_term_premium_5y"], THREE_YEARS))}
