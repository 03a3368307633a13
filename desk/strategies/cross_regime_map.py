"""CROSS_REGIME_MAP: what each of the four regimes asks of Brazilian risk, weighted by its probability."""

from __future__ import annotations

import numpy as np

from desk.arrays import FloatArray
from desk.strategies.base import Columns, Leg, Strategy, conviction

DIRECTIONS = {
    "reg_p_goldilocks": 1.0,
    "reg_p_reflation": 0.5,
    "reg_p_stagflation": -1.0,
    "reg_p_deflation": -0.5,
}
"""Growth gives the side. Inflation gives the size: whole where both say the same, half where tighter money works
against growth (reflation) or easier money against its lack (deflation)."""


class CrossRegimeMap(Strategy):
    """The probability-weighted direction of the regimes, on the classes whose side is that of growth in all four.

    Legs by regime: goldilocks and reflation are long BRL, equities and sovereign credit, stagflation and deflation
    short; DI and breakevens turn with inflation, not growth, so they have no leg here. How much each class counts in a
    regime is the class tilt that aggregation applies to every strategy.
    """

    id = "CROSS_REGIME_MAP"
    asset_class = "Cross-Asset"
    idea = "regime probabilities times each regime's direction (+ long BRL, IND, sovereign credit)"
    inputs = tuple(DIRECTIONS)
    legs = (Leg("DOL", -1.0), Leg("IND", 1.0), Leg("SOV_BR_5Y", 1.0))
    fresh_bd = 80  # the regimes stand on monthly growth and prices

    def components(self, values: Columns) -> dict[str, FloatArray]:
        weighted = np.stack([direction * values[name] for name, direction in DIRECTIONS.items()]).sum(axis=0)
        return {"regime_direction": conviction(weighted, 1.0)}
