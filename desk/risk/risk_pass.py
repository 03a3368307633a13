"""The risk pass: panel and book in, the risk tables of gold out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from desk.arrays import RowIndex
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import MissingInput
from desk.gold import (
    COMPONENT_VAR,
    DV01_LADDER,
    RISK_LIMITS_STATUS,
    RISK_METRICS_DAILY,
    STRESS_TEST_RESULTS,
    VAR_METHOD,
)
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.market_levels import Market, factor_moves, read_market
from desk.portfolio.price_inputs import PriceInputs
from desk.portfolio.pricing import quote_market
from desk.risk import risk_frames as frames
from desk.risk import tail
from desk.risk.components import component_var
from desk.risk.dv01 import deltas, dv01_ladder
from desk.risk.factors import factor_matrix, reported_moves
from desk.risk.limits import limit_values
from desk.risk.liquidity import placed_values
from desk.risk.monte_carlo import simulated_pnl
from desk.risk.positions import Positions, read_positions
from desk.risk.reverse_stress import ReverseStressResult, reverse_scenario, reverse_stress
from desk.risk.stress import REPORTED_FACTORS, Scenario, run_stress
from desk.risk.tail_history import (
    ES_TEST_VAR,
    LEVELS,
    MetricSeries,
    TailHistory,
    monte_carlo_metrics,
    next_move_pnl,
    tail_history,
    tail_metrics,
)
from desk.risk.var_backtest import run_backtests
from desk.risk.var_method import choose_methods, decided_methods, methods_of, of_methods
from desk.transforms.market_depth import depth_of

Frames = dict[str, pl.DataFrame]
Rows = RowIndex
WORST_DAY = "worst_day"
REVERSE_METRIC = ("reverse_stress_deviations", "repricing")
COMPONENT_LEVEL = 0.95


def run_risk(
    values: pl.DataFrame,
    book: Mapping[str, pl.DataFrame],
    parameters: DeskParameters,
    days: Sequence[dt.date],
    archive: pl.DataFrame | None = None,
    prices: PriceInputs | None = None,
    methods: pl.DataFrame | None = None,
) -> Frames:
    """Risk of the target positions of each decision of `days`.

    `values` is the wide panel and `book` what `run_book` returned for it (TARGET_POSITION and PORTFOLIO_STATE, from the
    book's inception: backtests look back along it; P&L by strategy where there is one). `archive` holds the panel's
    columns on days before its first, for dated scenarios; `prices` what the levels rest on, and how much there is of
    each contract, without which what the book holds of it is unknown; `methods` the VAR_METHOD rows of decided days.
    Returns RISK_METRICS_DAILY, COMPONENT_VAR, DV01_LADDER, STRESS_TEST_RESULTS, VAR_METHOD and RISK_LIMITS_STATUS.
    Monte Carlo is of the last day only. Numbers that too little history supports are null, their limits `absent`.
    Raises MissingInput naming missing columns, tables or days.
    """
    market = read_market(values, prices)
    older = None if archive is None or archive.is_empty() else read_market(archive)
    positions = read_positions(market, book, parameters)
    chosen = _chosen(positions, market, days)
    terms = terms_of(parameters.instruments)
    history = tail_history(terms, market, positions, parameters)
    metrics = tail_metrics(history, positions.nav, parameters.risk)
    quantile = float(tail.normal_var(1.0, COMPONENT_LEVEL))
    parts = component_var(positions.contracts, history.matrix, quantile)
    deviation = parts.component / quantile / positions.nav[:, None]
    deviation = np.where(np.isfinite(history.deviation)[:, None], deviation, np.nan)
    reverse = reverse_stress(terms, market, positions, parameters, chosen)
    stress = run_stress(terms, market, positions, parameters, older)
    scenarios = [
        *stress,
        _worst_day(market, history),
        reverse_scenario(reverse, parameters),
    ]
    pnl = next_move_pnl(terms, market, positions)
    observations = tail.known_rows(history.pnl)
    table = {key: MetricSeries(value, observations) for key, value in metrics.items() if key[0] != ES_TEST_VAR}
    rules = parameters.risk
    for method in methods_of(rules):
        measured = {metric: metrics[metric, method] for metric in (*LEVELS, ES_TEST_VAR)}
        table |= run_backtests(pnl, measured, positions.nav, method, rules.backtest_window)
    stored = pl.DataFrame(schema=VAR_METHOD.schema) if methods is None else methods
    decided = decided_methods(stored, positions.as_of, rules)
    used = choose_methods(table, np.isfinite(pnl), decided, rules)
    headline = of_methods(metrics, used, tuple(LEVELS), rules)
    table[REVERSE_METRIC] = _distance(reverse, parameters)
    last = int(chosen[-1])
    simulated = monte_carlo_metrics(simulated_pnl(terms, market, positions, parameters, last), positions.nav[last])
    paths = parameters.risk.monte_carlo_paths
    quotes = quote_market(terms, market, positions.maturity, positions.rows)
    own_days = market.days[positions.rows].tolist()
    known = depth_of(market.inputs.depth, own_days, positions.contract_id, parameters.risk.liquidity)
    placed = placed_values(positions, quotes, stress, known, parameters)
    values_of_limits = limit_values(positions, headline, deviation, placed, parameters)
    ladder = np.concatenate([dv01_ladder(terms, market, positions), deltas(terms, market, positions)], axis=1)
    metric_rows = [
        frames.metric_frame(positions, table, chosen),
        frames.last_row_frame(positions, simulated, paths, last),
    ]
    return {
        RISK_METRICS_DAILY.name: pl.concat(metric_rows).sort("as_of", *RISK_METRICS_DAILY.key),
        COMPONENT_VAR.name: frames.component_frame(positions, parts, history, parameters, chosen),
        DV01_LADDER.name: frames.ladder_frame(positions, ladder, chosen),
        STRESS_TEST_RESULTS.name: frames.stress_frame(positions, scenarios, parameters, chosen),
        VAR_METHOD.name: frames.method_frame(positions, used, rules, chosen),
        RISK_LIMITS_STATUS.name: frames.limit_frame(positions, values_of_limits, parameters, chosen),
    }


def _chosen(positions: Positions, market: Market, days: Sequence[dt.date]) -> Rows:
    own = market.days[positions.rows]
    requested = np.array(sorted(set(days)), dtype="datetime64[D]")
    if not len(requested):
        raise MissingInput("the risk pass was given no days")
    at = np.minimum(np.searchsorted(own, requested), len(own) - 1)
    if (own[at] != requested).any():
        raise MissingInput(f"the book has no {requested[own[at] != requested][0]}")
    return np.asarray(at, dtype=np.intp)


def _distance(reverse: ReverseStressResult, parameters: DeskParameters) -> MetricSeries:
    window = parameters.portfolio.covariance_window
    return MetricSeries(reverse.distance, np.full(len(reverse.distance), window, dtype=np.int64))


def _worst_day(market: Market, history: TailHistory) -> Scenario:
    """The trailing day whose moves would cost today's positions most."""
    sessions = market.valuation[np.maximum(history.worst_row, 0)]
    matrix = factor_matrix(factor_moves(market.levels))
    names: list[str] = []
    moves: list[str | None] = []
    for row, session in zip(history.worst_row, sessions, strict=True):
        known = row >= 0
        names.append(f"Worst day of the window: {session.item():%d %b %Y}" if known else "Worst day: unknown")
        shown = {name: size for name, size in reported_moves(matrix[row]).items() if name in REPORTED_FACTORS}
        moves.append(json.dumps(shown) if known else None)
    return Scenario(WORST_DAY, names, "dated", history.worst_pnl, moves)
