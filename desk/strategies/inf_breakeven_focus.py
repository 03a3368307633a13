"""INF_BREAKEVEN_FOCUS: Focus inflation expectations over two years against the two-year breakeven."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction
from desk.transforms.features import ratio


class InfBreakevenFocus(Strategy):
    """Long breakeven (NTN-B 2030 against DI) when Focus expects more inflation than the two-year breakeven pays for.

    Sign: + long breakeven. Units: tolerance bands of the target, and a z-score over two years. A bond cannot be sold
    short: a short position uses the DAP that instruments.toml names in `short_with`.
    Source: Ang, Bekaert and Wei, Journal of Monetary Economics 54 (2007): surveys forecast inflation best.
    """

    id = "INF_BREAKEVEN_FOCUS"
    asset_class = "Inflation"
    idea = "Focus over two years above the 2y breakeven, in tolerance bands and z (+ long breakeven)"
    inputs = ("focus_less_breakeven_504", "focus_less_breakeven_504_z", "inflation_tolerance")
    legs = (Leg("NTNB_2030", 1.0), Leg("DI1_4Y", -1.0))
    neutrality = "dv01"
    stale_after_bd = 12  # Focus is weekly

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """The gap in tolerance bands and its z-score: + is Focus above the breakeven."""
        # one band is the tolerance of the target: full conviction when the breakeven differs from Focus by that much
        bands = ratio(values["focus_less_breakeven_504"], values["inflation_tolerance"])
        return {
            "focus_less_breakeven_bands": conviction(bands, 1.0),
            "focus_less_breakeven_504_z": conviction(values["focus_less_breakeven_504_z"]),
        }
