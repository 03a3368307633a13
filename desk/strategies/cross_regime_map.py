"""CROSS_REGIME_MAP: direction of growth in four macro regimes, weighted by regime probability."""

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
"""Growth sets the sign, inflation the size: 1 where monetary policy supports the direction, one half where it works
against it (tightening in reflation, easing in deflation). A mixed state has no direction."""


class CrossRegimeMap(Strategy):
    """Long Brazilian risk in regimes with growth above its mean, short in regimes with growth below it.

    Sign: + long BRL and equities. The score is the sum of probability times direction (-1 to 1). DI
    and breakevens follow inflation and not growth, so they have no leg here; the sovereign spread is two legs of equal
    DV01, a balance that an outright package does not keep. The class tilts of the aggregation change
    the size of every strategy by regime. Sources: Hamilton (1989) for the probabilities; Ilmanen, "Expected Returns"
    (2011), for the four regimes.
    """

    id = "CROSS_REGIME_MAP"
    asset_class = "Cross-Asset"
    idea = "regime probabilities times each regime's direction (+ long BRL, IND)"
    inputs = tuple(DIRECTIONS)
    legs = (Leg("DOL", -1.0), Leg("IND", 1.0))
    neutrality = "outright"
    stale_after_bd = 80  # the regimes stand on monthly growth and prices

    def components(self, values: Columns) -> dict[str, FloatArray]:
        """`regime_direction`: sum over regimes of probability times DIRECTIONS."""
        weighted = np.stack([direction * values[name] for name, direction in DIRECTIONS.items()]).sum(axis=0)
        return {"regime_direction": conviction(weighted, 1.0)}
