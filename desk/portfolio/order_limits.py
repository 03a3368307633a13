"""An order is at most what the gate lets pass: the packages that make it go a part of their way, whole.

The gate stops all orders of a day where one is more than a share of its contract's open interest or of a day's volume.
Sizes of several days' volume may change by more than that: the rest follows on the next days. An order in a market
without a contract passes no gate, and waits. Before a roll that is too large the line gets smaller in the contract that
it is in (desk.portfolio.day_plan); the new contract is bought by orders that pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray, IntArray
from desk.catalog.defence import GateRules
from desk.transforms.market_depth import Depth

_ROUNDS = 50
ORDER_LIMITS = ("open_interest", "volume")
"""The gate's checks of one order, in the order of `largest_orders`."""


@dataclass(frozen=True)
class HeldBack:
    """Contracts by line (N,), signed, that the limits on one order have kept from a decision's orders: `orders`, and
    `limit` the index of the lower one in ORDER_LIMITS; `rolls` what is still to be sold, or bought back, before the
    line can roll in one order."""

    orders: IntArray
    limit: IntArray
    rolls: IntArray


def largest_orders(depth: Depth, rules: Mapping[str, GateRules], lots: IntArray) -> FloatArray:
    """The contracts (R, 2, N) of the largest order by each of ORDER_LIMITS, whole lots; infinite where nothing is
    stored."""
    stored = depth.open_interest, depth.stored_volume
    most = np.stack([own * rules[name].threshold for own, name in zip(stored, ORDER_LIMITS, strict=True)], axis=1)
    return np.where(np.isnan(most), np.inf, np.floor(np.nan_to_num(most) / lots + 1e-9) * lots)


def within_orders(
    held: FloatArray,
    chosen: FloatArray,
    start: IntArray,
    most: FloatArray,
    in_lots: Callable[[FloatArray], IntArray],
) -> tuple[FloatArray, IntArray]:
    """The legs (S, N) on the way from `held` to `chosen` whose orders are within `most` (N,), and the lines (N,) in
    lots that they come to, from `start` (N,): what is held of a contract, nothing of one that a roll opens.

    Each package that moves a line past it goes the same part of its way with all its legs, so that it keeps its sides.
    A line that is not what its packages add up to (an order that did not fill) is brought there by orders of `most`.
    """
    found, least = chosen, np.abs(in_lots(held) - start)
    for _ in range(_ROUNDS):
        order = np.abs(in_lots(found) - start)
        over = order > most
        moves = (found != held) & over
        if not moves.any():
            break
        begins = np.where(least < most, least, 0)  # the order that is made if no package moves: of a roll, all of it
        part = np.where(over, (most - begins) / np.where(over, order - begins, 1), 1.0)
        found = held + np.where(moves, part, 1.0).min(axis=1)[:, None] * (found - held)
    return found, start + np.clip(in_lots(found) - start, -most, most).astype(np.int64)
