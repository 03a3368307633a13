"""What a book that follows the day's contracts meets, all rows at once: moves of what it holds, prices of its fills.

A position decided at row r - 2 in that row's contract is marked over the move from r - 1 to r, and an order of r - 1
fills at the prices of r. A book that could not follow (a contract without a price) is priced line by line instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contract_terms import Terms, terms_of
from desk.portfolio.market_levels import USDBRL, Market
from desk.portfolio.pnl_explain import ContractMove, contract_moves
from desk.portfolio.pricing import quote
from desk.portfolio.size import Plan, unit_cost

Dates = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Fills:
    """Contracts `maturity` (R, N) at the prices of each row: BRL `value` and `unit_cost` of one, NaN where unknown."""

    maturity: Dates
    value: FloatArray
    unit_cost: FloatArray


@dataclass(frozen=True)
class Track:
    """`growth` (R, N) logarithm of what a funded line's money has cost since the first row, `cash_growth` (R,) of CDI;
    `held` (R, N) the contracts decided two rows before, `moves` theirs from the row before; `ordered` the contracts of
    the row before, and `left` those of two rows before, at the row's prices."""

    terms: Terms
    growth: FloatArray
    cash_growth: FloatArray
    held: Dates
    moves: ContractMove
    ordered: Fills
    left: Fills


def track_of(plan: Plan, parameters: DeskParameters) -> Track:
    terms, market = terms_of(parameters.instruments), plan.market
    rows = np.arange(len(plan))
    one, two = np.maximum(rows - 1, 0), np.maximum(rows - 2, 0)
    cash = market.cdi_growth()
    of_line = np.where(terms.dollar_funded[:, None], market.usd_growth(), 0.0)
    growth = np.ascontiguousarray(np.where(terms.funded[:, None], cash, of_line).T)
    held = plan.contracts.maturity[two]
    return Track(
        terms=terms,
        growth=growth,
        cash_growth=cash,
        held=held,
        moves=contract_moves(terms, market, one, rows, held, growth),
        ordered=fills_of(terms, market, plan.contracts.maturity[one], parameters),
        left=fills_of(terms, market, held, parameters),
    )


def fills_of(terms: Terms, market: Market, maturity: Dates, parameters: DeskParameters) -> Fills:
    """Contracts `maturity` (R, N) at the prices of each row of `market`."""
    quotes = quote(terms, market.levels, market.valuation, maturity)
    return Fills(maturity, quotes.value, unit_cost(parameters, terms, quotes, market.levels.spots[:, USDBRL]))
