"""FX_TERMS_OF_TRADE: what Brazil exports has risen by more than the BRL has."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class FxTermsOfTrade(Strategy):
    """Export prices and the BRL over a quarter, each against its own two years: long BRL where exports are ahead."""

    id = "FX_TERMS_OF_TRADE"
    asset_class = "FX"
    idea = "export basket z above BRL z over a quarter (+ long BRL)"
    inputs = ("export_basket_ret_63_z", "usdbrl_ret_63_z")
    legs = (Leg("DOL", -1.0),)

    def components(self, values: Columns) -> dict[str, FloatArray]:
        # BRL's own z is minus the dollar's: basket less BRL is basket plus dollar
        return {"basket_less_brl_z": conviction(values["export_basket_ret_63_z"] + values["usdbrl_ret_63_z"])}
