"""From convictions to contracts: the risk of each line, limits, lots, and whether an order is worth its cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray, RowIndex
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.contracts import ContractMap, map_contracts
from desk.portfolio.costs import unit_cost
from desk.portfolio.covariance import ewma_weights, shrunk_covariance
from desk.portfolio.market_levels import USDBRL, Market
from desk.portfolio.optimise import optimise
from desk.portfolio.pricing import Quotes, quote
from desk.portfolio.risk_parity import strength
from desk.portfolio.scenario_pnl import trailing_pnl
from desk.units import DAYS_PER_YEAR

Contributions = Mapping[tuple[int, str], Mapping[str, float]]
"""(row of the plan, instrument) -> strategy -> its signed part of the conviction."""


@dataclass(frozen=True)
class SizingPlan:
    """What each row (R) would hold of each instrument (N) per BRL of NAV, before lots. NaN where unknown.

    `risk_weight` is each line's signed share of target risk; `per_brl` contracts (not rounded) per BRL of NAV;
    `volatility` BRL a day per contract; `matrix` (R, N, N) its covariance; `unit_cost` BRL to trade one contract;
    `target_volatility` (R,) a year, after strength and limits; `aversion` (R,) the risk aversion at which that book is
    the best one.
    """

    market: Market
    contracts: ContractMap
    quotes: Quotes
    volatility: FloatArray
    matrix: FloatArray
    risk_weight: FloatArray
    per_brl: FloatArray
    unit_cost: FloatArray
    target_volatility: FloatArray
    aversion: FloatArray

    def __len__(self) -> int:
        return len(self.market)


def class_index(parameters: DeskParameters) -> tuple[tuple[str, ...], RowIndex]:
    """Asset classes in order of first use, and each instrument's index among them."""
    names = tuple(dict.fromkeys(instrument.asset_class for instrument in parameters.instruments))
    return names, np.array([names.index(item.asset_class) for item in parameters.instruments], dtype=np.intp)


def plan_book(
    market: Market, conviction: FloatArray, contributions: Contributions, parameters: DeskParameters, first: int
) -> SizingPlan:
    """The plan of the rows from `first` on; `conviction` (T, N) covers the whole market, NaN for no view.

    `contributions` are the strategies' signed parts of the convictions, by row of the plan.
    """
    rules, terms = parameters.portfolio, terms_of(parameters.instruments)
    rows = np.arange(first, len(market))
    part = market[first:]
    contracts = map_contracts(parameters.instruments, part.days)
    quotes = quote(terms, part.levels, part.valuation, contracts.maturity)
    decay = ewma_weights(rules.covariance_window, rules.covariance_half_life)
    count = len(parameters.instruments)
    volatility, matrix = np.empty((len(rows), count)), np.empty((len(rows), count, count))
    for chunk, pnl in trailing_pnl(terms, market, rows, contracts.maturity, rules.covariance_window):
        estimate = shrunk_covariance(pnl, decay, rules.covariance_min_rows)
        volatility[chunk], matrix[chunk] = estimate.volatility, estimate.matrix
    view = np.nan_to_num(conviction[first:])
    sizeable = np.isfinite(quotes.value) & np.isfinite(volatility) & (np.abs(view) >= rules.dead_band)
    view = np.where(sizeable, view, 0.0)
    parts = _contributions_by_row(contributions, parameters.instrument_ids, len(rows))
    weights = optimise(view, parts, volatility, matrix, quotes.exposure, class_index(parameters)[1], parameters)
    uncapped = rules.target_volatility * strength(view, rules.full_conviction)
    kept = np.where(weights.volatility > 0, weights.volatility / np.where(uncapped > 0, uncapped, 1.0), 1.0)
    return SizingPlan(
        market=part,
        contracts=contracts,
        quotes=quotes,
        volatility=volatility,
        matrix=matrix,
        risk_weight=weights.risk_weight,
        per_brl=weights.per_brl,
        unit_cost=unit_cost(parameters, terms, quotes, part.levels.spots[:, USDBRL]),
        target_volatility=weights.volatility,
        aversion=rules.sharpe_assumed / rules.target_volatility / kept,
    )


def _contributions_by_row(contributions: Contributions, ids: Sequence[str], rows: int) -> list[dict[str, FloatArray]]:
    """By row (0 to `rows` - 1): strategy -> its parts (N,) in the order of `ids`; strategies sorted by name."""
    place = {name: column for column, name in enumerate(ids)}
    found: list[dict[str, FloatArray]] = [{} for _ in range(rows)]
    for (row, instrument_id), parts in contributions.items():
        for strategy, part in parts.items():
            found[row].setdefault(strategy, np.zeros(len(ids)))[place[instrument_id]] = part
    return [dict(sorted(row.items())) for row in found]


def round_to_lots(contracts: FloatArray, lots: IntArray) -> IntArray:
    """Nearest whole number of lots, halves away from zero."""
    whole = np.floor(np.abs(contracts) / lots + 0.5) * lots
    return np.asarray(np.sign(contracts) * whole, dtype=np.int64)


def worth_trading(
    change: IntArray,
    mandatory: BoolArray,
    matrix: FloatArray,
    cost: FloatArray,
    nav: float,
    aversion: float,
    holding_days: int,
) -> BoolArray:
    """Which lines (N,) to trade by their `change` (contracts to the desired size): the `mandatory` ones, and those that
    repay their `cost` (BRL of each line's order).

    A mean-variance book with Sharpe ratio S at volatility v a year has risk aversion S / v (where limits keep the book
    smaller than its views would make it, v is that smaller volatility). Being off the desired size by a daily risk of d
    BRL, d^2 = change' C change with C the `matrix` (N, N) of one contract, costs it 0.5 x aversion x d^2 / NAV a day,
    over the days that a position is held.
    Two searches are made and the better one is kept. Forward selection trades the line that gains most after its cost,
    until none gains: two legs that have drifted together and hedge each other stay as they are. Backward elimination
    trades all lines and drops the one that is better left alone, until none is: a spread is opened with both its legs,
    though each of them alone would be a new risk.
    """
    price = 0.5 * aversion / nav * holding_days
    size = change.astype(np.float64)
    forward = _forward_selection(size, mandatory, matrix, cost, price)
    backward = _backward_elimination(size, mandatory, matrix, cost, price)
    gain_forward, gain_backward = (
        price * _risk_removed(np.where(chosen, size, 0.0), size, matrix) - cost[chosen].sum()
        for chosen in (forward, backward)
    )
    return backward if gain_backward > gain_forward else forward


def _risk_removed(traded: FloatArray, change: FloatArray, matrix: FloatArray) -> float:
    """Squared tracking risk (BRL^2 a day) of the whole `change` (N,) less that of what is left after `traded` (N,)."""
    rest = change - traded
    return float(change @ matrix @ change - rest @ matrix @ rest)


def _forward_selection(
    change: FloatArray, mandatory: BoolArray, matrix: FloatArray, cost: FloatArray, price: float
) -> BoolArray:
    """Lines (N,) added to the mandatory ones while one of them gains; `price` is BRL per unit of squared risk."""
    chosen = mandatory.copy()
    rest = np.where(chosen, 0.0, change)
    variances = np.diagonal(matrix)
    for _ in range(len(change)):
        removed = 2.0 * rest * (matrix @ rest) - variances * rest**2
        gain = np.where(rest != 0, price * removed - cost, -np.inf)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen[best], rest[best] = True, 0.0
    return chosen


def _backward_elimination(
    change: FloatArray, mandatory: BoolArray, matrix: FloatArray, cost: FloatArray, price: float
) -> BoolArray:
    """Lines (N,) that are left of all when those are dropped whose cost is more than the risk that they add."""
    chosen = np.asarray(mandatory | (change != 0), dtype=np.bool_)
    rest = np.zeros_like(change)
    variances = np.diagonal(matrix)
    for _ in range(len(change)):
        added = 2.0 * change * (matrix @ rest) + variances * change**2
        gain = np.where(chosen & ~mandatory & (change != 0), cost - price * added, -np.inf)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen[best], rest[best] = False, change[best]
    return chosen


def within_limits(contracts: IntArray, plan: SizingPlan, row: int, nav: float, parameters: DeskParameters) -> bool:
    """Whether risk shares, class shares and gross leverage of `contracts` (N,) on a row are inside limits.toml."""
    limits, rules = parameters.limits, parameters.portfolio
    budget = rules.target_volatility / np.sqrt(DAYS_PER_YEAR) * nav
    parts = risk_contributions(contracts, plan.matrix[row]) / budget
    names, classes = class_index(parameters)
    by_class = np.bincount(classes, weights=parts, minlength=len(names))
    gross = float(np.abs(contracts * np.nan_to_num(plan.quotes.exposure[row])).sum()) / nav
    return bool(
        np.abs(parts).max() <= limits.threshold("instrument_risk_share")
        and np.abs(by_class).max() <= limits.threshold("class_risk_share")
        and gross <= limits.threshold("gross_leverage")
    )


def risk_contributions(contracts: IntArray, matrix: FloatArray) -> FloatArray:
    """Each line's part (N,) of the book's daily standard deviation in BRL; they add up to it."""
    exposure = matrix @ contracts.astype(np.float64)
    deviation = float(np.sqrt(contracts @ exposure))
    return np.asarray(contracts * exposure / deviation) if deviation > 0 else np.zeros(len(contracts))
