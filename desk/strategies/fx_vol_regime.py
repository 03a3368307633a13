"""FX_VOL_REGIME: the turn of USD/BRL volatility, down from a high state or up from a low one."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import MONTH

HIGH_STATE_Z = 1.0
"""A state counts whole from one standard deviation off its two years; nearer to usual it counts in part."""


class FxVolRegime(Strategy):
    """Volatility that falls from a high state brings carry money back: long BRL; that rises from a low one, short.

    A month's change of the z-score, weighted by the state it started from. Further out in the direction of the state
    (still rising from high, still falling from low) is no turn: the score is zero.
    """

    id = "FX_VOL_REGIME"
    asset_class = "FX"
    idea = "USD/BRL volatility falling from a high state (+ long BRL)"
    inputs = ("usdbrl_vol_21_z",)
    legs = (Leg("DOL", -1.0),)
    min_history = 273  # a year of volatility for the z-score, and the month before

    def components(self, values: Columns) -> dict[str, FloatArray]:
        state = rolling.lagged(values["usdbrl_vol_21_z"], MONTH)
        fall = -rolling.change(values["usdbrl_vol_21_z"], MONTH)
        weight = np.clip(np.abs(state) / HIGH_STATE_Z, 0.0, 1.0)
        # a comparison with NaN is False, which would make an unknown turn a silent zero
        turns = np.where(np.isfinite(state * fall), np.sign(state) == np.sign(fall), np.nan)
        return {"volatility_turn": turns * weight * conviction(fall)}
