"""RATES_TERM_PREMIUM: the forward rate five years on, less what surveys and the neutral rate say it should be."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import THREE_YEARS


class RatesTermPremium(Strategy):
    """A premium that is large against its own three years asks to receive the long end.

    Only the z-score counts: the usual premium is pay for risk, and no view.
    """

    id = "RATES_TERM_PREMIUM"
    asset_class = "Rates"
    idea = "five-year forward over Focus inflation and r*, against three years (+ receive)"
    inputs = ("mp_term_premium_5y",)
    legs = (Leg("DI1_5Y", 1.0), Leg("DI1_10Y", 1.0))
    fresh_bd = 80  # the neutral rate stands on monthly activity

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {"term_premium_z": conviction(rolling.zscore(values["mp_term_premium_5y"], THREE_YEARS))}
