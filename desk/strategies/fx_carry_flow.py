"""FX_CARRY_FLOW: what the carry pays for its risk, how cheap the currency is, and whether dollars are coming in."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction

FULL_CARRY_TO_RISK = 1.0
"""A year's carry equal to a year's volatility: a Sharpe ratio of one if the spot stays where it is."""


class FxCarryFlow(Strategy):
    """Carry in units of risk, a BRL cheap against its equilibrium and a positive contracted flow: long BRL."""

    id = "FX_CARRY_FLOW"
    asset_class = "FX"
    idea = "carry to risk, BEER gap and contracted flow (+ long BRL)"
    inputs = ("fx_carry_to_risk", "fx_beer_gap_z", "fx_flow_total_21_z")
    legs = (Leg("DOL", -1.0),)
    fewest_components = 2
    fresh_bd = 80  # the equilibrium stands on monthly prices and trade

    def components(self, values: Columns) -> dict[str, FloatArray]:
        return {
            "fx_carry_to_risk": conviction(values["fx_carry_to_risk"], FULL_CARRY_TO_RISK),
            "fx_beer_gap_z": conviction(values["fx_beer_gap_z"]),
            "fx_flow_total_21_z": conviction(values["fx_flow_total_21_z"]),
        }
