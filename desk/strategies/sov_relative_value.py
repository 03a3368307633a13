"""SOV_RELATIVE_VALUE: Brazil's currency, equities and sovereign spread against what its peers explain of them."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class SovRelativeValue(Strategy):
    """Long Brazil (BRL, equities) when it has lagged its peers over a quarter; the residuals revert.

    Sign: + long Brazil. The spread is read and not traded here: it is two legs of equal DV01, and an outright package
    keeps no such balance. Units: z-scores over two years of the residuals of USD/BRL on MXN, CLP, COP and ZAR, of EWZ
    on the equity funds of Mexico, Chile and South Africa, and of the sovereign spread on the credit part of EMB.
    Source: Gatev, Goetzmann and Rouwenhorst, "Pairs trading", Review of Financial Studies 19 (2006).
    """

    id = "SOV_RELATIVE_VALUE"
    asset_class = "Sovereign"
    idea = "Brazil weaker than EM peers on FX, equity and bond-fund residuals (+ long Brazil)"
    inputs = ("brl_peer_residual_63_z", "ewz_peer_residual_63_z", "sov_peer_residual_63_z")
    legs = (Leg("DOL", -1.0), Leg("IND", 1.0))
    neutrality = "outright"
    min_history = 567  # a year for the slope, a quarter for the residual, a year of residuals
    min_components = 2

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """Three z-scores of residuals: + is a Brazil that has lagged its peers."""
        return {
            # a higher USD/BRL, a wider spread and lower equities than peers explain all mean that Brazil lags
            "brl_peer_residual_63_z": conviction(values["brl_peer_residual_63_z"]),
            "ewz_peer_residual_63_z": conviction(-values["ewz_peer_residual_63_z"]),
            "sov_peer_residual_63_z": conviction(values["sov_peer_residual_63_z"]),
        }
