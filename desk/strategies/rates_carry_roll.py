"""RATES_CARRY_ROLL: carry and roll-down of DI futures per unit of risk."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction

FULL_RATIO = 1.0
"""Annual excess carry per unit of annual risk at full conviction: a Sharpe ratio of one on an unchanged curve.

Tenors of one year or less are left out: their carry reflects the path of the next Copom meetings, not a risk premium.
"""


class RatesCarryRoll(Strategy):
    """Receive DI when carry and roll-down pay for the risk, pay when they cost more than it; the tenor with the largest
    ratio in absolute value sets the score.

    Sign: + receive. Unit: annual excess return per unit of annual risk. Sources: Koijen, Moskowitz, Pedersen and Vrugt,
    "Carry", Journal of Financial Economics 127 (2018); B3, DI1 contract.
    """

    id = "RATES_CARRY_ROLL"
    asset_class = "Rates"
    idea = "best carry and roll per unit of risk from 2y to 5y (+ receive)"
    inputs = ("di_carry_roll_504", "di_carry_roll_756", "di_carry_roll_1008", "di_carry_roll_1260")
    legs = (Leg("DI1_2Y", 1.0), Leg("DI1_3Y", 1.0), Leg("DI1_5Y", 1.0))
    neutrality = "outright"
    min_history = 63

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`best_carry_roll`: the ratio of largest absolute value among the tenors."""
        ratios = np.stack([values[name] for name in self.inputs])
        size = np.where(np.isfinite(ratios), np.abs(ratios), -1.0)
        best = np.take_along_axis(ratios, np.argmax(size, axis=0)[None, :], axis=0)[0]
        return {"best_carry_roll": conviction(best, FULL_RATIO)}
