"""Trailing history carried onto each day's positions, and the VaR and expected shortfall that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from desk.arrays import FloatArray, IntArray, RowIndex
from desk.catalog.desk_parameters import DeskParameters
from desk.catalog.risk_parameters import DAILY_METHODS, RiskParameters
from desk.portfolio.contract_terms import Terms
from desk.portfolio.covariance import ewma_weights, quadratic_form, shrunk_covariance
from desk.portfolio.market_levels import Levels, Market, factor_moves
from desk.portfolio.scenario_pnl import scenario_pnl, trailing_pnl
from desk.risk import tail
from desk.risk.positions import Positions, book_pnl

LEVELS = {"var_95": 0.95, "var_99": 0.99, "es_95": 0.95, "es_975": 0.975}
ES_LEVELS = (0.95, 0.975)
ES_TEST_VAR = "var_975"  # a backtest of ES 97.5% counts the losses beyond it
METHODS = (*DAILY_METHODS, "monte_carlo")


@dataclass(frozen=True)
class MetricSeries:
    """One risk metric along the rows (R,): `value`, NaN where too little is known, and how many `observations` it is
    of."""

    value: FloatArray
    observations: IntArray


@dataclass(frozen=True)
class TailHistory:
    """`pnl` (R, S): the book's P&L in BRL under each trailing day's moves; `matrix` (R, N, N) the covariance per
    contract, the same as sizes the book; `deviation` (R,) of the book; `worst_row` (R,) the market row of the worst
    move and `worst_pnl` (R, N) each line under it. NaN (and -1) where a held line is unknown."""

    pnl: FloatArray
    matrix: FloatArray
    deviation: FloatArray
    worst_row: IntArray
    worst_pnl: FloatArray

    def __getitem__(self, rows: RowIndex) -> TailHistory:
        """That of the rows at these places."""
        return TailHistory(*(getattr(self, field.name)[rows] for field in fields(self)))


def tail_history(terms: Terms, market: Market, positions: Positions, parameters: DeskParameters) -> TailHistory:
    """The trailing days of `var_window` carried onto each row's positions. NaN where fewer than the minimum are
    known."""
    rules, window = parameters.portfolio, parameters.risk.var_window
    rows, count = positions.contracts.shape
    pnl, matrix = np.empty((rows, window)), np.empty((rows, count, count))
    known = np.empty((rows, count), dtype=np.bool_)
    worst_row, worst_pnl = np.full(rows, -1, dtype=np.int64), np.full((rows, count), np.nan)
    recent = min(window, rules.covariance_window)
    weights = ewma_weights(recent, rules.covariance_half_life)
    for part, unit in trailing_pnl(terms, market, positions.rows, positions.maturity, window):
        contracts = positions.contracts[part]
        pnl[part] = book_pnl(unit, contracts)
        estimate = shrunk_covariance(unit[:, -recent:], weights, rules.covariance_min_rows)
        matrix[part], known[part] = estimate.matrix, np.isfinite(estimate.volatility)
        at = np.argmin(np.where(np.isfinite(pnl[part]), pnl[part], np.inf), axis=1)
        lines = np.where(contracts != 0, unit[np.arange(len(at)), at] * contracts, 0.0)
        enough = tail.known_rows(pnl[part]) >= parameters.risk.var_min_rows
        worst_pnl[part] = np.where(enough[:, None], lines, np.nan)
        worst_row[part] = np.where(enough, positions.rows[part] + 1 - window + at, -1)
    variance = quadratic_form(positions.contracts, matrix)
    measured = (known | (positions.contracts == 0)).all(axis=1)
    return TailHistory(pnl, matrix, np.where(measured, np.sqrt(variance), np.nan), worst_row, worst_pnl)


def tail_metrics(history: TailHistory, nav: FloatArray, rules: RiskParameters) -> dict[tuple[str, str], FloatArray]:
    """(metric, method) -> (R,) positive fractions of NAV; NaN where fewer than `var_min_rows` moves are known.

    All of LEVELS, and ES_TEST_VAR, by all methods but Monte Carlo.
    """
    enough = tail.known_rows(history.pnl) >= rules.var_min_rows
    filtered = tail.filtered_historical(history.pnl, rules.filter_decay)
    degrees = tail.student_degrees(history.pnl, rules.max_degrees)
    scale = tail.student_scale(history.deviation, degrees)
    plain, rescaled = (tail.var_es(pnl, (0.95, 0.975, 0.99), ES_LEVELS) for pnl in (history.pnl, filtered))
    metrics = {}
    for metric, level in (*LEVELS.items(), (ES_TEST_VAR, 0.975)):
        shortfall = metric.startswith("es")
        normal = tail.normal_es if shortfall else tail.normal_var
        student = tail.student_es if shortfall else tail.student_var
        for method, found in (("historical", plain), ("filtered_historical", rescaled)):
            values = found.es[level] if shortfall else found.var[level]
            metrics[metric, method] = np.where(enough, values, np.nan) / nav
        metrics[metric, "normal"] = normal(history.deviation, level) / nav
        metrics[metric, "student_t"] = np.where(enough, student(scale, degrees, level), np.nan) / nav
    return metrics


SIMULATED_DIGITS = 12
"""Decimals of a fraction of NAV: a hundredth of a cent of 100 million."""


def monte_carlo_metrics(pnl: FloatArray, nav: float) -> dict[tuple[str, str], float]:
    """(metric, method) -> positive fraction of NAV of simulated P&L (paths,); NaN where a held line is unknown.

    To SIMULATED_DIGITS decimals: what lies beyond them is of the linear algebra's build and not of the book.
    """
    if not np.isfinite(pnl).all():
        return {(metric, "monte_carlo"): float("nan") for metric in LEVELS}
    found = tail.var_es(pnl, es_levels=ES_LEVELS)
    return {
        (metric, "monte_carlo"): round(
            float((found.es if metric.startswith("es") else found.var)[level]) / nav, SIMULATED_DIGITS
        )
        for metric, level in LEVELS.items()
    }


def next_move_pnl(terms: Terms, market: Market, positions: Positions) -> FloatArray:
    """P&L in BRL (R,) of each day's positions under the move that followed: what its VaR is tested against.

    Hypothetical P&L in Basel's sense: the positions held still, their price alone, no orders, no carry. NaN on the last
    row, whose move is not known, and on a row without a position: nothing was at risk, so no VaR is tested by it.
    """
    moves = factor_moves(market.levels)
    after = positions.rows + 1
    inside = after < len(market)
    at = np.where(inside, after, 0)  # the market's first row has no move: NaN
    followed = Levels(moves.curves[at][:, None], moves.spots[at][:, None].copy(), moves.usd_short[at][:, None])
    followed.spots[~inside] = np.nan
    levels, valuation = market.levels[positions.rows], market.valuation[positions.rows]
    unit = scenario_pnl(terms, levels, followed, valuation, positions.maturity)
    at_risk = inside & (positions.contracts != 0).any(axis=1)
    return np.where(at_risk, book_pnl(unit, positions.contracts)[:, 0], np.nan)
