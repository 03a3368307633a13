"""From convictions to contracts: the risk of each line, limits, lots, and whether an order is worth its cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contracts import ContractMap, map_contracts
from desk.portfolio.covariance import ewma_weights, shrunk_covariance
from desk.portfolio.market import USDBRL, Market
from desk.portfolio.pricing import BP, Quotes, Terms, quote, terms_of
from desk.portfolio.risk_parity import risk_shares, solve_risk_parity, strength
from desk.portfolio.trailing import trailing_pnl
from desk.transforms.curves import FloatArray

TRADING_DAYS = 252.0
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """What each row (R) would hold of each instrument (N) per BRL of NAV, before lots. NaN where unknown.

    `risk_weight` is the signed share of target risk; `per_brl` contracts (not rounded) per BRL of NAV; `volatility` BRL
    a day per contract; `matrix` (R, N, N) its covariance; `unit_cost` BRL to trade one contract; `target_volatility`
    (R,) a year, after strength and limits; `aversion` (R,) the risk aversion at which that book is the best one.
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


def plan_book(market: Market, conviction: FloatArray, parameters: DeskParameters, first: int) -> Plan:
    """The plan of the rows from `first` on; `conviction` (T, N) covers the whole market, NaN for no view."""
    rules, terms = parameters.portfolio, terms_of(parameters.instruments)
    rows = np.arange(first, len(market))
    part = market[first:]
    contracts = map_contracts(parameters.instruments, part.days)
    quotes = quote(terms, part.levels, part.valuation, contracts.maturity)
    weights = ewma_weights(rules.covariance_window, rules.covariance_half_life)
    count = len(parameters.instruments)
    volatility, matrix = np.empty((len(rows), count)), np.empty((len(rows), count, count))
    for chunk, pnl in trailing_pnl(terms, market, rows, contracts.maturity, rules.covariance_window):
        estimate = shrunk_covariance(pnl, weights, rules.covariance_min_rows)
        volatility[chunk], matrix[chunk] = estimate.volatility, estimate.matrix
    view = np.nan_to_num(conviction[first:])
    sizeable = np.isfinite(quotes.value) & np.isfinite(volatility) & (np.abs(view) >= rules.dead_band)
    view = np.where(sizeable, view, 0.0)
    risk_weight, per_brl = _weights(view, matrix, quotes.exposure, parameters)
    taken = np.abs(risk_weight).sum(axis=1)
    asked = strength(view, rules.full_conviction)
    kept = np.where(taken > 0, taken / np.where(asked > 0, asked, 1.0), 1.0)
    return Plan(
        market=part,
        contracts=contracts,
        quotes=quotes,
        volatility=volatility,
        matrix=matrix,
        risk_weight=risk_weight,
        per_brl=per_brl,
        unit_cost=unit_cost(parameters, terms, quotes, part.levels.spots[:, USDBRL]),
        target_volatility=rules.target_volatility * taken,
        aversion=rules.sharpe_assumed / rules.target_volatility / kept,
    )


def _weights(
    view: FloatArray, matrix: FloatArray, exposure: FloatArray, parameters: DeskParameters
) -> tuple[FloatArray, FloatArray]:
    """Signed shares of target risk and contracts per BRL of NAV, within the limits less their headroom."""
    rules, limits = parameters.portfolio, parameters.limits
    _, classes = class_index(parameters)
    caps = [limits.threshold(name) * rules.limit_headroom for name in ("instrument_risk_share", "class_risk_share")]
    shares = risk_shares(view, strength(view, rules.full_conviction), classes, *caps)
    unit = solve_risk_parity(matrix, shares, np.where(view < 0, -1.0, 1.0))
    daily_target = rules.target_volatility / np.sqrt(TRADING_DAYS)
    per_brl = unit * daily_target * shares.sum(axis=1, keepdims=True)
    gross = np.abs(per_brl * np.nan_to_num(exposure)).sum(axis=1, keepdims=True)
    cap = limits.threshold("gross_leverage") * rules.limit_headroom
    scale = np.minimum(1.0, cap / np.where(gross > 0, gross, cap))
    return shares * np.sign(view) * scale, per_brl * scale


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
    Lines are taken one by one, the one that gains most after its cost first, until none gains: two legs that drift
    together and hedge each other are left alone.
    """
    price = 0.5 * aversion / nav * holding_days
    chosen = must.copy()
    open_gap = np.where(chosen, 0.0, gap)
    variances = np.diagonal(matrix)
    for _ in range(len(gap)):
        saved = 2.0 * open_gap * (matrix @ open_gap) - variances * open_gap**2
        gain = np.where(open_gap != 0, price * saved - cost, -np.inf)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen[best], open_gap[best] = True, 0.0
    return chosen


def risk_contributions(contracts: IntArray, matrix: FloatArray) -> FloatArray:
    """Each line's part (N,) of the book's daily standard deviation in BRL; they add up to it."""
    exposure = matrix @ contracts.astype(np.float64)
    deviation = float(np.sqrt(contracts @ exposure))
    return np.asarray(contracts * exposure / deviation) if deviation > 0 else np.zeros(len(contracts))
