"""An order is at most what the gate lets pass: the packages that make it go a part of their way, whole.

The gate stops all orders of a day where one is more than a share of its contract's open interest or of a day's volume.
Sizes of several days' volume may change by more than that: the rest follows on the next days. An order in a market
without a contract passes no gate, and waits. A roll is not cut: the line is in one contract or in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.catalog.defence import GateRules
from desk.transforms.market_depth import Depth

_ROUNDS = 50


def largest_orders(depth: Depth, rules: Mapping[str, GateRules], lots: IntArray) -> FloatArray:
    """The contracts (R, N) of the largest order that the gate lets pass, whole lots; infinite where nothing is
    stored."""
    interest = depth.open_interest * rules["open_interest"].threshold
    most = np.fmin(interest, depth.stored_volume * rules["volume"].threshold)
    return np.where(np.isnan(most), np.inf, np.floor(np.nan_to_num(most) / lots + 1e-9) * lots)


def within_orders(
    held: FloatArray,
    chosen: FloatArray,
    before: IntArray,
    most: FloatArray,
    rolls: BoolArray,
    in_lots: Callable[[FloatArray], IntArray],
) -> tuple[FloatArray, IntArray]:
    """The legs (S, N) on the way from `held` to `chosen` whose orders are within `most` (N,), and the lines (N,) in
    lots that they come to, from `before` (N,).

    Each package that moves a line past it goes the same part of its way with all its legs, so that it keeps its sides.
    A line that is not what its packages add up to (an order that did not fill) is brought there by orders of `most`.
    """
    found = chosen
    for _ in range(_ROUNDS):
        order = np.abs(in_lots(found) - before)
        over = (order > most) & ~rolls
        moves = (found != held) & over
        if not moves.any():
            break
        part = np.where(over, most / np.where(over, order, 1), 1.0)
        found = held + np.where(moves, part, 1.0).min(axis=1)[:, None] * (found - held)
    order = in_lots(found) - before
    cut = np.clip(order, -most, most)
    return found, before + np.where(rolls, order, cut).astype(np.int64)
