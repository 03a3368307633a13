"""FX_POSITIONING: contracted dollar flow and speculative BRL positions: followed when moderate, faded when extreme."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy

CONTRARIAN_Z = 2.0


class FxPositioning(Strategy):
    """Long BRL when dollars flow in and speculators are moderately long BRL; the opposite beyond two standard
    deviations.

    Sign: + long BRL (short DOL). Two components, BCB contracted flow and CFTC net positions, as z-scores; with one of
    them unknown the confidence is one half.
    Sources: CFTC, Traders in Financial Futures; Evans and Lyons, Journal of Political Economy 110 (2002).
    """

    id = "FX_POSITIONING"
    asset_class = "FX"
    idea = "contracted flow and CFTC BRL net positions, contrarian past 2 z (+ long BRL)"
    inputs = ("fx_flow_total_21_z", "cot_brl_net_z")
    legs = (Leg("DOL", -1.0),)
    neutrality = "outright"
    stale_after_bd = 12  # both are weekly: flow up to 7 business days old, positions up to 9, and a holiday

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`follow_then_fade` of the z-scores of flow and of net positions."""
        return {
            "fx_flow_total_21_z": follow_then_fade(values["fx_flow_total_21_z"]),
            "cot_brl_net_z": follow_then_fade(values["cot_brl_net_z"]),
        }


def follow_then_fade(z: FloatArray) -> FloatArray:
    """Conviction of a z-score of positions: 1 at half of CONTRARIAN_Z, 0 at it, -1 from 1.5 times it. Odd in z."""
    half = CONTRARIAN_Z / 2.0
    size = np.abs(z) / half
    return np.asarray(np.sign(z) * np.where(size <= 1.0, size, np.maximum(2.0 - size, -1.0)))
