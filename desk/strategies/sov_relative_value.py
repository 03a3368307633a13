"""SOV_RELATIVE_VALUE: Brazil's currency, equities and spread against what its peers explain of them."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class SovRelativeValue(Strategy):
    """A Brazil that has fallen behind its peers on a quarter's residuals is cheap: long Brazil on all three.

    Currency: USD/BRL against MXN, CLP, COP and ZAR. Equity: EWZ against the funds of Mexico, Chile and South Africa.
    Bonds: the sovereign spread against the credit part of EMB.
    """

    id = "SOV_RELATIVE_VALUE"
    asset_class = "Sovereign"
    idea = "Brazil weaker than EM peers on FX, equity and bond-fund residuals (+ long Brazil)"
    inputs = ("brl_peer_residual_63_z", "ewz_peer_residual_63_z", "sov_peer_residual_63_z")
    legs = (Leg("SOV_BR_5Y", 1.0), Leg("DOL", -1.0), Leg("IND", 1.0))
    min_history = 567  # a year for the slope, a quarter for the residual, a year of residuals
    fewest_components = 2

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {
            # a dollar and a spread that are higher than peers explain are a weak Brazil, as lower equities are
            "brl_peer_residual_63_z": conviction(values["brl_peer_residual_63_z"]),
            "ewz_peer_residual_63_z": conviction(-values["ewz_peer_residual_63_z"]),
            "sov_peer_residual_63_z": conviction(values["sov_peer_residual_63_z"]),
        }
