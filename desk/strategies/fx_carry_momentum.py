"""FX_CARRY_MOMENTUM: carry against risk, and the last quarter's move, both against their own two years."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction


class FxCarryMomentum(Strategy):
    """High carry per unit of volatility and a BRL that has been gaining ask to be long BRL: short DOL."""

    id = "FX_CARRY_MOMENTUM"
    asset_class = "FX"
    idea = "carry to risk z and three-month momentum z (+ long BRL)"
    inputs = ("carry_to_risk_z", "usdbrl_momentum_z")
    legs = (Leg("DOL", -1.0),)

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {
            "carry_to_risk_z": conviction(values["carry_to_risk_z"]),
            "usdbrl_momentum_z": conviction(values["usdbrl_momentum_z"]),
        }
