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

from desk.arrays import FloatArray, IntArray, RowIndex
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

    Each package that moves a line past it goes the same part of its way with all its legs. Where it keeps its side it
    has the proportions of `chosen`, which is neutral at today's prices and in today's contracts, and what is held need
    not be. A line that is not what its packages add up to (an order that did not fill) is brought there by orders of
    `most`.
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
        by_package = np.where(moves, part, 1.0)
        line, cut = by_package.argmin(axis=1), moves.any(axis=1)
        base = np.where(cut[:, None], _from(held, chosen, line), held)
        found = np.where(cut[:, None], base + by_package.min(axis=1)[:, None] * (found - base), found)
    return found, start + np.clip(in_lots(found) - start, -most, most).astype(np.int64)


def _from(held: FloatArray, chosen: FloatArray, line: RowIndex) -> FloatArray:
    """Where the way of each package (S, N) begins: at what is held of its `line` (S,), in the proportions of `chosen`;
    at what is `held` where it ends, changes side or has other legs."""
    package = np.arange(len(held))
    keeps = ((np.sign(held) == np.sign(chosen)) | (held == 0).all(axis=1)[:, None]).all(axis=1)
    own, aim = held[package, line], chosen[package, line]
    scale = np.where(aim != 0, own, 0.0) / np.where(aim != 0, aim, 1.0)
    return np.where(keeps[:, None], chosen * scale[:, None], held)
