"""FX_CARRY_FLOW: carry to risk of the BRL, its gap to equilibrium, and contracted dollar flow."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction

FULL_CARRY_TO_RISK = 1.0
"""A year's carry equal to a year's volatility: a Sharpe ratio of one if the spot stays where it is."""


class FxCarryFlow(Strategy):
    """Long BRL when carry pays for the risk, the BRL is cheap against its equilibrium rate and dollars flow in.

    Sign: + long BRL (short DOL). Carry to risk is full at a ratio of one, the two z-scores at two standard deviations.
    Sources: Clark and MacDonald, IMF WP/98/67; Lustig and Verdelhan, American Economic Review 97 (2007).
    """

    id = "FX_CARRY_FLOW"
    asset_class = "FX"
    idea = "carry to risk, BEER gap and contracted flow (+ long BRL)"
    inputs = ("fx_carry_to_risk", "fx_beer_gap_z", "fx_flow_total_21_z")
    legs = (Leg("DOL", -1.0),)
    neutrality = "outright"
    min_components = 2
    stale_after_bd = 80  # the equilibrium stands on monthly prices and trade

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """Carry to risk, the BEER gap and the 21-day flow: + is for the BRL."""
        return {
            "fx_carry_to_risk": conviction(values["fx_carry_to_risk"], FULL_CARRY_TO_RISK),
            "fx_beer_gap_z": conviction(values["fx_beer_gap_z"]),
            "fx_flow_total_21_z": conviction(values["fx_flow_total_21_z"]),
        }
