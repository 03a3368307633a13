"""Prices that the book trades and is marked at, for all rows at once.

Timing: an order decided at row r - 1 fills at the prices of row r, and a position decided at row r - 2 is marked over
the move from row r - 1 to r. For a book that follows the day's contracts all of these are known beforehand
(`book_prices`). A line that could not follow, because a contract had no price, is priced on its own
(`BookPrices.fills_at`, and `desk.portfolio.pnl_explain.contract_moves` for its P&L).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from desk.arrays import BoolArray, FloatArray
from desk.calendars import Days
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contract_terms import Terms, terms_of
from desk.portfolio.costs import unit_cost
from desk.portfolio.market_levels import USDBRL, Market
from desk.portfolio.pnl_explain import ContractMove, contract_moves
from desk.portfolio.price_inputs import line_needs, own_needs
from desk.portfolio.pricing import quote_market
from desk.portfolio.sizing_plan import SizingPlan


@dataclass(frozen=True)
class FillPrices:
    """Contracts `maturity` at the prices of their row, (R, N) or (N,): BRL `value` and `unit_cost` of one contract, NaN
    where unknown."""

    maturity: Days
    value: FloatArray
    unit_cost: FloatArray

    def row(self, row: int) -> FillPrices:
        """One row (N,) of all."""
        return FillPrices(self.maturity[row], self.value[row], self.unit_cost[row])


@dataclass(frozen=True)
class BookPrices:
    """Prices along the rows (R) of a plan.

    `funding_growth` (R, N) is the logarithm of what the money in a funded line has cost since the first row, and
    `cash_growth` (R,) that of CDI. `marked_maturity` (R, N) are the contracts decided two rows before and `moves` their
    P&L from the row before. `decided` are the contracts decided on the row before, which orders open, and
    `decided_before` those of two rows before, which rolls close: both at the row's prices. `needs` (R, N, G) are the
    groups of inputs that each line is priced by at the curve, `own_needs` (N, G) those at its own price, and `usable`
    (R, N) is false where one of `needs` is old: such a line is not traded, nor marked at the curve.
    """

    market: Market
    terms: Terms
    parameters: DeskParameters
    funding_growth: FloatArray
    cash_growth: FloatArray
    marked_maturity: Days
    moves: ContractMove
    decided: FillPrices
    decided_before: FillPrices
    needs: BoolArray
    own_needs: BoolArray
    usable: BoolArray

    def __getitem__(self, rows: slice) -> BookPrices:
        return replace(
            self,
            market=self.market[rows],
            funding_growth=self.funding_growth[rows],
            cash_growth=self.cash_growth[rows],
            marked_maturity=self.marked_maturity[rows],
            moves=ContractMove(*(part[rows] for part in vars(self.moves).values())),
            decided=FillPrices(*(part[rows] for part in vars(self.decided).values())),
            decided_before=FillPrices(*(part[rows] for part in vars(self.decided_before).values())),
            needs=self.needs[rows],
            usable=self.usable[rows],
        )

    def fills_at(self, row: int, maturity: Days, lines: BoolArray) -> FillPrices:
        """The contracts `maturity` (N,) at the prices of `row`; only those of `lines` (N,) are sure to be priced."""
        for known in (self.decided, self.decided_before):
            if (known.maturity[row] == maturity)[lines].all():
                return known.row(row)
        return fill_prices(self.terms, self.market[row : row + 1], maturity[None, :], self.parameters).row(0)


def book_prices(plan: SizingPlan, parameters: DeskParameters) -> BookPrices:
    """The prices of a book that follows the plan's contracts. Raises MissingInput on a day without CDI."""
    terms, market = terms_of(parameters.instruments), plan.market
    rows = np.arange(len(plan))
    one_before, two_before = np.maximum(rows - 1, 0), np.maximum(rows - 2, 0)
    growth = funding_growth(terms, market)
    marked_maturity = plan.contracts.maturity[two_before]
    needs = line_needs(parameters.instruments, market.days)
    return BookPrices(
        market=market,
        terms=terms,
        parameters=parameters,
        funding_growth=growth,
        cash_growth=market.cdi_growth(),
        marked_maturity=marked_maturity,
        moves=contract_moves(terms, market, one_before, rows, marked_maturity, growth),
        decided=fill_prices(terms, market, plan.contracts.maturity[one_before], parameters),
        decided_before=fill_prices(terms, market, marked_maturity, parameters),
        needs=needs,
        own_needs=own_needs(parameters.instruments),
        usable=np.asarray((market.inputs.current[:, None, :] | ~needs).all(axis=2)),
    )


def funding_growth(terms: Terms, market: Market) -> FloatArray:
    """Logarithm of what the money in each line has cost since the first row (R, N); zero for what ties up none."""
    dollars = np.where(terms.overnight_funded[:, None], market.overnight_growth(), market.usd_growth())
    unfunded_or_dollars = np.where(terms.dollar_funded[:, None], dollars, 0.0)
    by_line = np.where(terms.funded[:, None], market.cdi_growth(), unfunded_or_dollars)
    return np.ascontiguousarray(by_line.T)


def fill_prices(terms: Terms, market: Market, maturity: Days, parameters: DeskParameters) -> FillPrices:
    """Contracts `maturity` (R, N) at the prices of each row of `market`: a fill is made at the settlement, and what it
    pays against the settlement is in the unit cost."""
    quotes = quote_market(terms, market, maturity)
    return FillPrices(maturity, quotes.value, unit_cost(parameters, terms, quotes, market.levels.spots[:, USDBRL]))
