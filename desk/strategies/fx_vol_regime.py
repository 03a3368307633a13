"""FX_VOL_REGIME: the reversal of USD/BRL volatility from a high or a low state."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms import rolling
from desk.transforms.features import MONTH

HIGH_STATE_Z = 1.0
"""A state has full weight from this many standard deviations from its two-year mean, and less weight nearer to it."""


class FxVolRegime(Strategy):
    """Long BRL when volatility falls from a high state, because carry positions return; short BRL when it rises from a
    low one.

    Sign: + long BRL (short DOL). The score is a month's change of the volatility z-score, weighted by the distance of
    the state a month ago from its mean. A move away from the mean (rising from high, falling from low) scores zero.
    Source: Menkhoff, Sarno, Schmeling and Schrimpf, Journal of Finance 67 (2012).
    """

    id = "FX_VOL_REGIME"
    asset_class = "FX"
    idea = "USD/BRL volatility falling from a high state (+ long BRL)"
    inputs = ("usdbrl_vol_21_z",)
    legs = (Leg("DOL", -1.0),)
    neutrality = "outright"
    min_history = 273  # a year of volatility for the z-score, and the month before

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`volatility_turn`: the weighted fall of the z-score over a month."""
        state = rolling.lagged(values["usdbrl_vol_21_z"], MONTH)
        fall = -rolling.change(values["usdbrl_vol_21_z"], MONTH)
        weight = np.clip(np.abs(state) / HIGH_STATE_Z, 0.0, 1.0)
        # a comparison with NaN is False: without the check an unknown turn would become zero
        turns = np.where(np.isfinite(state * fall), np.sign(state) == np.sign(fall), np.nan)
        return {"volatility_turn": turns * weight * conviction(fall)}
