"""Where trading costs are charged: the cost of one contract, and of each line's order.

Cost of one contract: the slippage that the catalogue assumes against the settlement price (`slip_ticks` ticks, worth
what a tick of the contract is worth) and the exchange's fee (`fee_brl`). Costs are positive BRL.
"""

from __future__ import annotations

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contract_terms import Terms
from desk.portfolio.pricing import Quotes
from desk.units import BASIS_POINT


def unit_cost(parameters: DeskParameters, terms: Terms, quotes: Quotes, usdbrl: FloatArray) -> FloatArray:
    """BRL to buy or sell one contract (R, N): slippage and fee; NaN where the contract has no price.

    `usdbrl` (R,) turns ticks in dollars into BRL. A tick of a contract quoted in rate is worth its DV01 by the size of
    the tick in basis points.
    """
    instruments = parameters.instruments
    slip = np.array([item.slip_ticks * item.tick for item in instruments])
    fee = np.array([item.fee_brl for item in instruments])
    fx = np.where(terms.in_dollars, usdbrl[:, None], 1.0)
    tick_value = np.where(terms.price_ticks, terms.multiplier * fx, np.abs(quotes.dv01) / BASIS_POINT)
    return np.asarray(slip * tick_value + fee)


def line_cost(
    contracts_before: IntArray,
    contracts_after: IntArray,
    rolls: BoolArray,
    old_unit_cost: FloatArray,
    new_unit_cost: FloatArray,
) -> FloatArray:
    """BRL of each line's order in whole cents; all arguments have one shape, which is the result's.

    An order pays for the change of contracts. A roll (`rolls`) leaves one contract and enters another, and pays for
    both in full.
    """
    roll = np.abs(contracts_before) * old_unit_cost + np.abs(contracts_after) * new_unit_cost
    change = np.abs(contracts_after - contracts_before) * new_unit_cost
    return np.asarray(np.round(np.where(rolls, roll, change), 2))
