"""FX_CARRY_MOMENTUM: carry to risk and three-month momentum of the BRL, each against its own two years."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class FxCarryMomentum(Strategy):
    """Long BRL when carry per unit of volatility is high and the BRL has gained over the last quarter.

    Sign: + long BRL (short DOL). Units: two z-scores over two years.
    Source: Menkhoff, Sarno, Schmeling and Schrimpf, Journal of Financial Economics 106 (2012).
    """

    id = "FX_CARRY_MOMENTUM"
    asset_class = "FX"
    idea = "carry to risk z and three-month momentum z (+ long BRL)"
    inputs = ("carry_to_risk_z", "usdbrl_momentum_z")
    legs = (Leg("DOL", -1.0),)
    neutrality = "outright"

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """The z-scores of carry to risk and of momentum: + is for the BRL."""
        return {
            "carry_to_risk_z": conviction(values["carry_to_risk_z"]),
            "usdbrl_momentum_z": conviction(values["usdbrl_momentum_z"]),
        }
