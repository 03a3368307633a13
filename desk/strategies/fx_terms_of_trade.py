"""FX_TERMS_OF_TRADE: export prices against the BRL over a quarter."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class FxTermsOfTrade(Strategy):
    """Long BRL when Brazil's export prices have risen by more than the BRL over the last quarter.

    Sign: + long BRL (short DOL). Unit: difference of two z-scores over two years.
    Source: Chen and Rogoff, "Commodity currencies", Journal of International Economics 60 (2003).
    """

    id = "FX_TERMS_OF_TRADE"
    asset_class = "FX"
    idea = "export basket z above BRL z over a quarter (+ long BRL)"
    inputs = ("export_basket_ret_63_z", "usdbrl_ret_63_z")
    legs = (Leg("DOL", -1.0),)
    neutrality = "outright"

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`basket_less_brl_z`: z-score of export prices less that of the BRL."""
        # BRL's own z is minus the dollar's: basket less BRL is basket plus dollar
        return {"basket_less_brl_z": conviction(values["export_basket_ret_63_z"] + values["usdbrl_ret_63_z"])}
