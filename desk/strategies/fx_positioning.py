"""FX_POSITIONING: contracted flow and speculative positions in BRL: followed while moderate, faded past two z."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy

CONTRARIAN_Z = 2.0


class FxPositioning(Strategy):
    """Dollars coming in and specs long BRL carry it on; a crowd past two standard deviations is faded.

    Two components, BCB contracted flow and CFTC net positions: with one unknown the confidence halves.
    """

    id = "FX_POSITIONING"
    asset_class = "FX"
    idea = "contracted flow and CFTC BRL net positions, contrarian past 2 z (+ long BRL)"
    inputs = ("fx_flow_total_21_z", "cot_brl_net_z")
    legs = (Leg("DOL", -1.0),)
    fresh_bd = 12  # both are weekly: flow up to 7 business days old, positions up to 9, and a holiday

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {
            "fx_flow_total_21_z": follow_then_fade(values["fx_flow_total_21_z"]),
            "cot_brl_net_z": follow_then_fade(values["cot_brl_net_z"]),
        }


def follow_then_fade(z: FloatArray) -> FloatArray:
    """A tent: rises to 1 at half of CONTRARIAN_Z, is 0 at CONTRARIAN_Z, -1 from one and a half of it; odd in z."""
    half = CONTRARIAN_Z / 2.0
    size = np.abs(z) / half
    return np.asarray(np.sign(z) * np.where(size <= 1.0, size, np.maximum(2.0 - size, -1.0)))
