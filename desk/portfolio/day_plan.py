"""The plan of one decision, in the contracts that its orders are in.

A held line goes on to the day's contract by a roll. It stays in its own for now where the next one has no price, and
where the roll would be a larger order than the gate lets pass in either contract. Such a line can be traded where it
is: its packages are planned in that contract and get smaller there, each whole, and never larger. Before a roll that is
too large they get smaller by orders that pass until what is left passes as one, rolls, and is built up again in the new
contract by orders that pass. What the last session of the old contract leaves is settled when it matures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import BoolArray, FloatArray
from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.book_history import Holdings
from desk.portfolio.contracts import ContractMap
from desk.portfolio.depth_limits import hold_depth, planned_legs
from desk.portfolio.fill_prices import BookPrices
from desk.portfolio.market_levels import Market
from desk.portfolio.order_limits import largest_orders
from desk.portfolio.package_limits import LimitedBook
from desk.portfolio.package_trades import LineStates, desired_legs
from desk.portfolio.size import round_to_lots
from desk.portfolio.sizing_plan import SizingPlan, plan_book
from desk.transforms.market_depth import depth_of


@dataclass(frozen=True)
class DayPlan:
    """`plan` at `row` is in the contracts (N,) of the day's orders. Lines (N,): `stays` in its own contract, not the
    day's; `tradable` has its prices; `rolls` may go on to the day's contract; `room` contracts that may be left of it
    at most, infinite but before a roll that is too large."""

    plan: SizingPlan
    row: int
    stays: BoolArray
    tradable: BoolArray
    rolls: BoolArray
    room: FloatArray

    def line_states(self, before: Holdings, packages: FloatArray, parameters: DeskParameters) -> LineStates:
        """Of the lines that the decision finds; `packages` (S, N) are those held."""
        held = round_to_lots(packages.sum(axis=0), _lots(parameters))
        unsettled = self.tradable & ((before.contracts != held) | (np.abs(before.contracts) > self.room))
        return LineStates(self.tradable, unsettled, gone=np.isnat(self.plan.contracts.maturity[self.row]))

    def desired(
        self, sizes: LimitedBook, nav: float, held: FloatArray, lines: LineStates, believed: BoolArray
    ) -> FloatArray:
        """The legs (S, N) that every package would go to at `nav` BRL, from those `held` (S, N). On a line that stays
        no leg grows, and what is left of it is within its room."""
        legs, waits = desired_legs(planned_legs(self.plan, self.row, sizes, nav), held, lines, believed)
        if not self.stays.any():
            return legs
        own = self.stays & (legs != 0)
        part = np.where(own, np.clip(held / np.where(own, legs, 1.0), 0.0, 1.0), 1.0).min(axis=1)
        fits, _, _ = hold_depth(legs * part[:, None], np.stack([self.room, np.full_like(self.room, np.inf)]))
        return np.where(waits[:, None], held, fits)


def day_plan(plan: SizingPlan, prices: BookPrices, row: int, before: Holdings, parameters: DeskParameters) -> DayPlan:
    """Of the decision of `row` that finds `before`."""
    mapped, priced = plan.contracts.maturity[row], np.isfinite(plan.quotes.value[row])
    usable = prices.usable[row]
    leaves = (before.contracts != 0) & (before.maturity != mapped)
    unbound = np.full(len(leaves), np.inf)
    if not leaves.any():
        return DayPlan(plan, row, leaves, priced & usable, leaves, unbound)
    quoted = leaves & np.isfinite(prices.fills_at(row, before.maturity, leaves).value)
    passes = np.minimum(
        _largest_orders(plan.market, row, before.contract_id, parameters), plan.largest_order[row].min(axis=0)
    )
    too_large = leaves & (np.abs(before.contracts) > passes)
    goes = quoted & priced & ~too_large
    trades = quoted & usable & ~np.isnat(mapped) & (before.maturity > plan.market.days[row])
    stays = trades & ~goes
    tradable = usable & np.where(leaves, goes | stays, priced)
    if not stays.any():
        return DayPlan(plan, row, stays, tradable, goes & usable, unbound)
    own = ContractMap(
        np.where(stays, before.maturity, mapped)[None],
        np.where(stays, before.contract_id, plan.contracts.contract_id[row])[None],
    )
    room = np.where(stays & priced & too_large & (passes > 0), passes, np.inf)
    return DayPlan(_plan_in(plan, row, own, parameters), 0, stays, tradable, goes & usable, room)


def _plan_in(plan: SizingPlan, row: int, contracts: ContractMap, parameters: DeskParameters) -> SizingPlan:
    """The plan of one row in other contracts."""
    at = plan.first + row
    market = plan.whole_market[max(at - parameters.portfolio.covariance_window, 0) : at + 1]
    conviction = np.full((len(market), len(plan.terms)), np.nan)
    conviction[-1] = plan.conviction[row]
    return plan_book(market, conviction, plan.terms, parameters, len(market) - 1, contracts)


def _largest_orders(
    market: Market, row: int, contract_id: npt.NDArray[np.str_], parameters: DeskParameters
) -> FloatArray:
    """The contracts (N,) of the largest order in each of `contract_id` (N,) that the gate lets pass on a row."""
    if market.inputs.depth.is_empty():
        return np.full(len(contract_id), np.inf)
    days = market.days[row : row + 1].tolist()
    depth = depth_of(market.inputs.depth, days, contract_id[None], parameters.risk.liquidity)
    found = largest_orders(depth, load_defence().gate, _lots(parameters))
    return np.asarray(found[0].min(axis=0))


def _lots(parameters: DeskParameters) -> npt.NDArray[np.int64]:
    return np.array([item.lot for item in parameters.instruments], dtype=np.int64)
