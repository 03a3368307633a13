"""What one contract of each line is worth, how it moves, and what it uses of the limits, on rows of the market."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desk.arrays import BoolArray, FloatArray, RowIndex
from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.contracts import ContractMap
from desk.portfolio.covariance import ewma_weights, shrunk_covariance
from desk.portfolio.market_levels import Market
from desk.portfolio.order_limits import largest_orders
from desk.portfolio.package_limits import ContractUses
from desk.portfolio.pricing import Quotes, quote_market
from desk.portfolio.scenario_losses import unit_losses
from desk.portfolio.scenario_pnl import trailing_pnl
from desk.transforms.market_depth import Depth, depth_of


@dataclass(frozen=True)
class ContractMeasures:
    """Of contracts (R, N): `quotes`; `volatility` BRL a day; `uses` of the limits; `largest_order` (R, 2, N) the
    contracts that one order may be, by each of ORDER_LIMITS; `unseen` where others of the root have a stored market and
    this one has none."""

    quotes: Quotes
    volatility: FloatArray
    uses: ContractUses
    largest_order: FloatArray
    unseen: BoolArray


def measure_contracts(
    market: Market, rows: RowIndex, contracts: ContractMap, parameters: DeskParameters
) -> ContractMeasures:
    """The `contracts` (R, N) on the `rows` (R,) of the market, which reaches back as far as their covariance does.
    A row's numbers do not depend on which others stand beside it."""
    rules, terms = parameters.portfolio, terms_of(parameters.instruments)
    decay = ewma_weights(rules.covariance_window, rules.covariance_half_life)
    count = len(parameters.instruments)
    volatility, matrix = np.empty((len(rows), count)), np.empty((len(rows), count, count))
    for chunk, pnl in trailing_pnl(terms, market, rows, contracts.maturity, rules.covariance_window):
        estimate = shrunk_covariance(pnl, decay, rules.covariance_min_rows)
        volatility[chunk], matrix[chunk] = estimate.volatility, estimate.matrix
    quotes = quote_market(terms, market, contracts.maturity, rows)
    levels, valuation = market.levels[rows], market.valuation[rows]
    depth = depth_of(market.inputs.depth, market.days[rows].tolist(), contracts.contract_id, parameters.risk.liquidity)
    uses = ContractUses(
        matrix=matrix,
        exposure=quotes.exposure,
        face=quotes.value,
        margin=quotes.value * np.array([item.margin_rate for item in parameters.instruments]),
        losses=unit_losses(terms, levels, valuation, contracts.maturity, parameters),
        most=most_contracts(depth, parameters),
    )
    lots = np.array([item.lot for item in parameters.instruments], dtype=np.int64)
    return ContractMeasures(quotes, volatility, uses, largest_orders(depth, load_defence().gate, lots), depth.unseen)


def most_contracts(depth: Depth, parameters: DeskParameters) -> FloatArray:
    """The contracts (R, 2, N) that DEPTH_LIMITS allow; infinite where no market is stored. A market without a contract
    counts as one of a single contract: less than a lot may be held of it."""
    limits, rules = parameters.limits, parameters.risk.liquidity
    interest = np.maximum(depth.open_interest, 1.0) * limits.threshold("open_interest")
    traded = np.maximum(depth.volume, 1.0) * rules.share_of_volume * limits.threshold("days_to_liquidate")
    found = np.stack([interest, traded], axis=1)
    return np.where(np.isfinite(found), found, np.inf)
