"""RATES_CARRY_ROLL: receive where carry and roll-down pay for the risk, pay where they do not."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction

FULL_RATIO = 1.0
"""Annual excess carry per unit of annual risk at full conviction: a Sharpe ratio of one if the curve stays as it is.

One year and less are left out: what they carry is the next Copom meetings' path, not a premium for risk.
"""


class RatesCarryRoll(Strategy):
    """The tenor with the largest carry and roll per unit of risk, in size, speaks for the curve."""

    id = "RATES_CARRY_ROLL"
    asset_class = "Rates"
    idea = "best carry and roll per unit of risk from 2y to 5y (+ receive)"
    inputs = ("di_carry_roll_504", "di_carry_roll_756", "di_carry_roll_1008", "di_carry_roll_1260")
    legs = (Leg("DI1_2Y", 1.0), Leg("DI1_3Y", 1.0), Leg("DI1_5Y", 1.0))
    min_history = 63

    def components(self, values: Columns) -> dict[str, FloatArray]:
        ratios = np.stack([values[name] for name in self.inputs])
        size = np.where(np.isfinite(ratios), np.abs(ratios), -1.0)
        best = np.take_along_axis(ratios, np.argmax(size, axis=0)[None, :], axis=0)[0]
        return {"best_carry_roll": conviction(best, FULL_RATIO)}
