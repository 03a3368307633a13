"""A plan measured in the contracts that the lines are in, where those are not the day's.

A line that could not roll (no price, or an old one) stays in its contract while the calendar goes on to the next. What
it is worth, how it moves and what it uses of the limits is then that of the contract that it is in.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.book_history import Holdings
from desk.portfolio.contract_measures import measure_contracts
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.contracts import ContractMap
from desk.portfolio.costs import unit_cost
from desk.portfolio.market_levels import USDBRL
from desk.portfolio.package_limits import ContractUses
from desk.portfolio.pricing import Quotes
from desk.portfolio.size import round_to_lots
from desk.portfolio.sizing_plan import SizingPlan


def plan_as_held(
    plan: SizingPlan, held: Holdings, parameters: DeskParameters, only: BoolArray | None = None
) -> SizingPlan:
    """The plan with quotes, deviations, costs and uses of the contracts of `held` (R, N), on the lines `only`
    (R, N; None: all); the plan itself where those are the day's."""
    lines = ~np.isnat(held.maturity) & (held.maturity != plan.contracts.maturity)
    if only is not None:
        lines &= only & (held.contracts != 0)
    rows = np.flatnonzero(lines.any(axis=1))
    if not len(rows):
        return plan
    own = lines[rows]
    contracts = ContractMap(
        np.where(own, held.maturity[rows], plan.contracts.maturity[rows]),
        np.where(own, held.contract_id[rows], plan.contracts.contract_id[rows]),
    )
    first = max(plan.first + int(rows[0]) - parameters.portfolio.covariance_window, 0)  # no more than they rest on
    market = plan.whole_market[first : plan.first + int(rows[-1]) + 1]
    found = measure_contracts(market, plan.first + rows - first, contracts, parameters)
    volatility = plan.volatility.copy()
    volatility[rows] = found.volatility
    cost, spots = plan.unit_cost.copy(), plan.market.levels.spots[rows, USDBRL]
    cost[rows] = unit_cost(parameters, terms_of(parameters.instruments), found.quotes, spots)
    return replace(
        plan,
        quotes=_put(plan.quotes, found.quotes, rows),
        volatility=volatility,
        unit_cost=cost,
        uses=_put(plan.uses, found.uses, rows),
    )


def unfilled(held: Holdings, packages: FloatArray, parameters: DeskParameters) -> BoolArray:
    """The lines (R, N) whose lots are not what the packages (R, S, N) add up to: an order did not fill, so that the
    legs are not what is held, and may have been ordered in a contract that is the day's no more."""
    lots: IntArray = np.array([item.lot for item in parameters.instruments], dtype=np.int64)
    return np.asarray(held.contracts != round_to_lots(packages.sum(axis=1), lots))


_Record = TypeVar("_Record", Quotes, ContractUses)


def _put(whole: _Record, part: _Record, rows: IntArray) -> _Record:
    arrays = {field.name: getattr(whole, field.name).copy() for field in fields(whole)}
    for name, array in arrays.items():
        array[rows] = getattr(part, name)
    return type(whole)(**arrays)
