"""From convictions to contracts: the risk of each line, limits, lots, and whether an order is worth its cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contracts import ContractMap, map_contracts
from desk.portfolio.covariance import ewma_weights, shrunk_covariance
from desk.portfolio.market_levels import USDBRL, Market
from desk.portfolio.optimise import TRADING_DAYS as TRADING_DAYS
from desk.portfolio.optimise import optimise
from desk.portfolio.pricing import BP, Quotes, Terms, quote, terms_of
from desk.portfolio.risk_parity import strength
from desk.portfolio.scenario_pnl import trailing_pnl

IntArray = npt.NDArray[np.int64]
Contributions = Mapping[tuple[int, str], Mapping[str, float]]
"""(row of the plan, instrument) -> strategy -> its signed part of the conviction."""


@dataclass(frozen=True)
class Plan:
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


def class_index(parameters: DeskParameters) -> tuple[tuple[str, ...], npt.NDArray[np.intp]]:
    """Asset classes in order of first use, and each instrument's index among them."""
    names = tuple(dict.fromkeys(instrument.asset_class for instrument in parameters.instruments))
    return names, np.array([names.index(item.asset_class) for item in parameters.instruments], dtype=np.intp)


def plan_book(
    market: Market, conviction: FloatArray, contributions: Contributions, parameters: DeskParameters, first: int
) -> Plan:
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
    parts = _parts(contributions, parameters.instrument_ids, len(rows))
    weights = optimise(view, parts, volatility, matrix, quotes.exposure, class_index(parameters)[1], parameters)
    asked = rules.target_volatility * strength(view, rules.full_conviction)
    kept = np.where(weights.volatility > 0, weights.volatility / np.where(asked > 0, asked, 1.0), 1.0)
    return Plan(
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


def _parts(contributions: Contributions, ids: Sequence[str], rows: int) -> list[dict[str, FloatArray]]:
    """By row: strategy -> its parts (N,), in the order of the strategies' names."""
    place = {name: column for column, name in enumerate(ids)}
    found: list[dict[str, FloatArray]] = [{} for _ in range(rows)]
    for (row, instrument_id), parts in contributions.items():
        for strategy, part in parts.items():
            found[row].setdefault(strategy, np.zeros(len(ids)))[place[instrument_id]] = part
    return [dict(sorted(row.items())) for row in found]


def unit_cost(parameters: DeskParameters, terms: Terms, quotes: Quotes, usdbrl: FloatArray) -> FloatArray:
    """BRL to buy or sell one contract: the ticks paid against the settlement price, and the fee. Shape as quotes;
    `usdbrl` (R,) turns ticks in dollars into BRL."""
    instruments = parameters.instruments
    slip = np.array([item.slip_ticks * item.tick for item in instruments])
    fee = np.array([item.fee_brl for item in instruments])
    fx = np.where(terms.in_dollars, usdbrl[:, None], 1.0)
    tick_value = np.where(terms.price_ticks, terms.multiplier * fx, np.abs(quotes.dv01) / BP)
    return np.asarray(slip * tick_value + fee)


def round_to_lots(contracts: FloatArray, lots: IntArray) -> IntArray:
    """Nearest whole number of lots, halves away from zero."""
    whole = np.floor(np.abs(contracts) / lots + 0.5) * lots
    return np.asarray(np.sign(contracts) * whole, dtype=np.int64)


def worth_trading(
    gap: IntArray,
    must: npt.NDArray[np.bool_],
    matrix: FloatArray,
    cost: FloatArray,
    nav: float,
    aversion: float,
    holding_days: int,
) -> npt.NDArray[np.bool_]:
    """Which lines (N,) to move by their `gap` (contracts to target): those in `must`, and those that repay their
    `cost`.

    A mean-variance book with Sharpe ratio S at volatility v a year has risk aversion S / v (where limits keep the book
    smaller than its views ask, v is that smaller volatility): being off target by a daily risk of d BRL, d^2 =
    gap' C gap, costs it 0.5 x aversion x d^2 / NAV a day over the days that a position is held.
    Two plans are made and the better one is kept: lines taken one by one, the one that gains most after its cost
    first, until none gains (two legs that have drifted together and hedge each other are left alone); and all lines,
    less those that are better left, one by one (a spread is opened with both its legs, though each alone would be a new
    risk).
    """
    price = 0.5 * aversion / nav * holding_days
    size = gap.astype(np.float64)
    taken, left = _taken(size, must, matrix, cost, price), _left(size, must, matrix, cost, price)
    saved = [price * _risk(np.where(plan, size, 0.0), size, matrix) - cost[plan].sum() for plan in (taken, left)]
    return left if saved[1] > saved[0] else taken


def _risk(traded: FloatArray, gap: FloatArray, matrix: FloatArray) -> float:
    """How much squared tracking risk trading `traded` of the `gap` takes away."""
    rest = gap - traded
    return float(gap @ matrix @ gap - rest @ matrix @ rest)


def _taken(
    gap: FloatArray, must: npt.NDArray[np.bool_], matrix: FloatArray, cost: FloatArray, price: float
) -> npt.NDArray[np.bool_]:
    chosen = must.copy()
    rest = np.where(chosen, 0.0, gap)
    variances = np.diagonal(matrix)
    for _ in range(len(gap)):
        saved = 2.0 * rest * (matrix @ rest) - variances * rest**2
        gain = np.where(rest != 0, price * saved - cost, -np.inf)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen[best], rest[best] = True, 0.0
    return chosen


def _left(
    gap: FloatArray, must: npt.NDArray[np.bool_], matrix: FloatArray, cost: FloatArray, price: float
) -> npt.NDArray[np.bool_]:
    chosen = np.asarray(must | (gap != 0), dtype=np.bool_)
    rest = np.zeros_like(gap)
    variances = np.diagonal(matrix)
    for _ in range(len(gap)):
        added = 2.0 * gap * (matrix @ rest) + variances * gap**2
        gain = np.where(chosen & ~must & (gap != 0), cost - price * added, -np.inf)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen[best], rest[best] = False, gap[best]
    return chosen


def risk_contributions(contracts: IntArray, matrix: FloatArray) -> FloatArray:
    """Each line's part (N,) of the book's daily standard deviation in BRL; they add up to it."""
    exposure = matrix @ contracts.astype(np.float64)
    deviation = float(np.sqrt(contracts @ exposure))
    return np.asarray(contracts * exposure / deviation) if deviation > 0 else np.zeros(len(contracts))
