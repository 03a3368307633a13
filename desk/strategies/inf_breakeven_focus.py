"""INF_BREAKEVEN_FOCUS: what economists expect of inflation over two years against what bonds pay for it."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms.features import ratio


class InfBreakevenFocus(Strategy):
    """Focus above the two-year breakeven asks to be long breakeven: the NTN-B of 2030 against DI.

    A bond cannot be sold short: the book goes short with the DAP that instruments.toml names beside it.
    """

    id = "INF_BREAKEVEN_FOCUS"
    asset_class = "Inflation"
    idea = "Focus over two years above the 2y breakeven, in tolerance bands and z (+ long breakeven)"
    inputs = ("focus_less_breakeven_504", "focus_less_breakeven_504_z", "inflation_tolerance")
    legs = (Leg("NTNB_2030", 1.0), Leg("DI1_4Y", -1.0))
    fresh_bd = 12  # Focus is weekly

    def components(self, values: Columns) -> dict[str, FloatArray]:
        # one band is what the target itself tolerates: a breakeven that far off prices a miss that nobody expects
        bands = ratio(values["focus_less_breakeven_504"], values["inflation_tolerance"])
        return {
            "focus_less_breakeven_bands": conviction(bands, 1.0),
            "focus_less_breakeven_504_z": conviction(values["focus_less_breakeven_504_z"]),
        }
