"""The P&L of each strategy alone: its package as the book sizes it, with the timing and the costs of the book.

A simplification of the book, so that the strategies can be compared over any years in seconds: each strategy's unit
package (desk/portfolio/packages.py) at the target volatility at full conviction; there are no lots, no limits, no
budgets, no netting between strategies, and every change is traded. The covariance is that of the packages' estimator on
what the constant maturities made, where the book reprices the day's contracts. A package that cannot be formed is not
held. Rolls are paid. Timing is the book's: what row t decides is filled at the prices of row t + 1 and earns from there
to row t + 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.contract_terms import Terms, coupons_paid, remaining_payments, terms_of
from desk.portfolio.contracts import calendar_days, map_contracts
from desk.portfolio.costs import unit_cost
from desk.portfolio.covariance import ewma_weights, shrunk_covariance
from desk.portfolio.market_levels import USDBRL, Market, read_market
from desk.portfolio.packages import package_terms, unit_packages
from desk.portfolio.pricing import Quotes, contract_value, quote, settlement_fx
from desk.portfolio.pricing_formulas import inception_terms, nominal_value
from desk.strategies.base import Strategy
from desk.transforms import rolling
from desk.units import DAYS_PER_YEAR

LEAST_COMMON_ROWS = 63
"""Rows of both that a correlation needs."""
CHUNK_ROWS = 200

PERFORMANCE_SCHEMA: dict[str, pl.DataType] = {
    "strategy_id": pl.String(),
    "days": pl.Int64(),
    "hit_rate": pl.Float64(),
    "turnover": pl.Float64(),
    "annual_return": pl.Float64(),
    "sharpe": pl.Float64(),
    "worst_drawdown": pl.Float64(),
    "mean_correlation": pl.Float64(),
}
"""days: with a position. hit_rate: share of them with a gain after costs. turnover: times a year that a full position
is traded, one way. annual_return, worst_drawdown: fractions of NAV, after costs, over CDI, added up and not compounded,
at the book's target volatility when conviction is full. sharpe: of daily P&L after costs, all days from the first
position on. mean_correlation: with each other strategy's P&L on the days of both. Null where unknown."""


@dataclass(frozen=True)
class UnitPnl:
    """One long contract by row (T, N), BRL: `pnl` from the row to the next (with carry, coupons and funding), `cost` to
    trade one, `rolls` where the next row's contract is another, `quotes` of it."""

    pnl: FloatArray
    cost: FloatArray
    rolls: FloatArray
    quotes: Quotes


def strategy_pnl(
    values: pl.DataFrame, signals: pl.DataFrame, strategies: Sequence[Strategy], parameters: DeskParameters
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Daily P&L after costs as fractions of NAV, and PERFORMANCE_SCHEMA rows, one per strategy.

    `values` is the panel's, `signals` its STRATEGY_SIGNALS rows. The first frame has `day` and one column a strategy,
    null before its first position. Raises MissingInput where the panel lacks a level that pricing reads.
    """
    market = read_market(values)
    unit = unit_returns(market, parameters)
    position_of = _positions(signals, strategies, len(market))
    sides = np.sign(np.column_stack([position_of[strategy.id] for strategy in strategies]))
    packages = np.nan_to_num(_packages(unit, strategies, sides, parameters))
    daily, turnover = {}, {}
    for place, strategy in enumerate(strategies):
        formed = (packages[:, place] != 0.0).any(axis=1)
        score = position_of[strategy.id] = np.where(formed, position_of[strategy.id], 0.0)
        daily[strategy.id] = _daily(np.abs(score), packages[:, place], unit)
        turnover[strategy.id] = float(np.abs(np.diff(score)).sum() / max(len(score), 1) * DAYS_PER_YEAR)
    frame = pl.DataFrame({"day": values["day"], **daily}, nan_to_null=True)
    return frame, _performance_rows(daily, position_of, turnover)


def unit_returns(market: Market, parameters: DeskParameters) -> UnitPnl:
    """What one long contract of each instrument gains from each row to the next; the last row is NaN."""
    terms = terms_of(parameters.instruments)
    maturity = map_contracts(parameters.instruments, market.days).maturity
    quotes = quote(terms, market.levels, market.valuation, maturity)
    cost = unit_cost(parameters, terms, quotes, market.levels.spots[:, USDBRL])
    now, later = market[:-1], market[1:]
    held = maturity[:-1]
    remaining_before = remaining_payments(terms, now.valuation, held)
    remaining_after = remaining_payments(terms, later.valuation, held)
    inception = inception_terms(terms, now.levels, remaining_before)
    before = contract_value(terms, now.levels, remaining_before, inception)
    after = contract_value(terms, later.levels, remaining_after, inception)
    gain = after - before * _funding(terms, market) + _coupons(terms, market)
    pnl = np.full(maturity.shape, np.nan)
    pnl[:-1] = gain * settlement_fx(terms, later.levels)
    rolls = np.zeros(maturity.shape)
    rolls[:-1] = maturity[1:] != held
    return UnitPnl(pnl, cost, rolls, quotes)


def _funding(terms: Terms, market: Market) -> FloatArray:
    """Growth of the money that a funded line ties up, from each row to the next (T - 1, N)."""
    cdi = np.exp(np.diff(market.cdi_growth()))
    days = calendar_days(market.valuation[:-1], market.valuation[1:])
    rates = np.where(terms.overnight_funded, market.usd_overnight[:, None], market.levels.usd_short[:, None])
    dollars = 1.0 + rates[:-1] * days[:, None] / 360.0
    growth = np.where(terms.funded[None, :], cdi[:, None], 1.0)
    return np.where(terms.dollar_funded[None, :], dollars, growth)


def _coupons(terms: Terms, market: Market) -> FloatArray:
    """What one bond pays between a row and the next (T - 1, N), coupons and redemption, BRL."""
    paid = coupons_paid(terms, market.valuation[:-1], market.valuation[1:])
    nominal = terms.multiplier * nominal_value(market.levels[1:])[:, None]
    return np.where(paid > 0, paid * nominal, 0.0)


def _positions(signals: pl.DataFrame, strategies: Sequence[Strategy], rows: int) -> dict[str, FloatArray]:
    """Score x confidence (T,) by strategy, zero where there is no score: no view is no position."""
    found = {}
    for strategy in strategies:
        own = signals.filter(pl.col("strategy_id") == strategy.id).sort("as_of")
        if len(own) != rows:
            raise ValueError(f"{strategy.id}: {len(own)} signals for {rows} days")
        found[strategy.id] = (own["score"] * own["confidence"]).fill_null(0.0).to_numpy()
    return found


def _packages(
    unit: UnitPnl, strategies: Sequence[Strategy], sides: FloatArray, parameters: DeskParameters
) -> FloatArray:
    """Contracts (T, S, N) per BRL of NAV of each strategy's package at the target volatility, on its side (T, S).

    By what each row knows: the moves into it and before. NaN where a package cannot be formed.
    """
    rules, (rows, count) = parameters.portfolio, unit.pnl.shape
    moves = np.full((rules.covariance_window + rows - 1, count), np.nan)
    moves[rules.covariance_window :] = unit.pnl[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(moves, rules.covariance_window, axis=0).swapaxes(1, 2)
    decay = ewma_weights(rules.covariance_window, rules.covariance_half_life)
    volatility, matrix = np.empty((rows, count)), np.empty((rows, count, count))
    for start in range(0, rows, CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        estimate = shrunk_covariance(windows[part], decay, rules.covariance_min_rows)
        volatility[part], matrix[part] = estimate.volatility, estimate.matrix
    daily = rules.target_volatility / np.sqrt(DAYS_PER_YEAR)
    terms = package_terms(strategies)
    return np.asarray(daily * unit_packages(terms, sides, unit.quotes, volatility, matrix, parameters))


def _daily(size: FloatArray, package: FloatArray, unit: UnitPnl) -> FloatArray:
    """P&L after costs by row as fractions of NAV, NaN before the first position. `size` (T,) of the package (T, N)."""
    columns = np.flatnonzero((package != 0.0).any(axis=0))
    pnl, cost, rolls = unit.pnl[:, columns], unit.cost[:, columns], unit.rolls[:, columns]
    held = np.zeros_like(pnl)  # what row t decides is filled at the prices of row t + 1
    held[1:] = (package[:, columns] * size[:, None])[:-1]
    traded = np.abs(np.diff(held, axis=0, prepend=0.0))
    rolled = np.zeros_like(held)
    rolled[1:] = 2.0 * (rolls * np.abs(held))[:-1]
    earned = np.zeros_like(held)
    earned[1:] = np.where(held != 0.0, np.nan_to_num(held * pnl), 0.0)[:-1]
    total: FloatArray = (earned - (traded + rolled) * np.nan_to_num(cost)).sum(axis=1)
    begun = np.flatnonzero(held.any(axis=1))
    total[: begun[0] if len(begun) else len(total)] = np.nan
    return total


def _performance_rows(
    daily: Mapping[str, FloatArray], position_of: Mapping[str, FloatArray], turnover: Mapping[str, float]
) -> pl.DataFrame:
    rows = []
    names = list(daily)
    for name in names:
        pnl = daily[name]
        known = pnl[np.isfinite(pnl)]
        inside = (np.nan_to_num(rolling.lagged(position_of[name], 2)) != 0.0) & np.isfinite(pnl)
        deviation = known.std(ddof=1) if len(known) > 1 else 0.0
        path = np.concatenate([[0.0], np.cumsum(known)])
        others = [value for other in names if other != name and (value := _correlation(pnl, daily[other])) is not None]
        rows.append(
            {
                "strategy_id": name,
                "days": int(inside.sum()),
                "hit_rate": float((pnl[inside] > 0).mean()) if inside.any() else None,
                "turnover": turnover[name] if len(known) else None,
                "annual_return": float(known.mean() * DAYS_PER_YEAR) if len(known) else None,
                "sharpe": float(known.mean() / deviation * np.sqrt(DAYS_PER_YEAR)) if deviation > 0 else None,
                "worst_drawdown": float((np.maximum.accumulate(path) - path).max()) if len(known) else None,
                "mean_correlation": float(np.mean(others)) if others else None,
            }
        )
    return pl.DataFrame(rows, schema=PERFORMANCE_SCHEMA)


def _correlation(first: FloatArray, second: FloatArray) -> float | None:
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < LEAST_COMMON_ROWS or first[both].std() == 0.0 or second[both].std() == 0.0:
        return None
    return float(np.corrcoef(first[both], second[both])[0, 1])
