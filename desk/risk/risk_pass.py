"""The risk pass: panel and book in, the risk tables of gold out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from desk.arrays import FloatArray, RowIndex
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
from desk.portfolio.contract_terms import Terms, terms_of
from desk.portfolio.market_levels import Market, factor_moves, read_market
from desk.portfolio.price_inputs import PriceInputs
from desk.portfolio.pricing import quote_market
from desk.risk import risk_frames as frames
from desk.risk import tail
from desk.risk.components import component_var
from desk.risk.decided_metrics import NEEDED, decided_metrics, rows_to_measure, with_measured
from desk.risk.dv01 import deltas, dv01_ladder
from desk.risk.factors import factor_matrix, reported_moves
from desk.risk.limits import limit_values
from desk.risk.liquidity import placed_values
from desk.risk.monte_carlo import simulated_pnl
from desk.risk.positions import Positions, read_positions
from desk.risk.reverse_stress import ReverseStressResult, reverse_scenario, reverse_stress
from desk.risk.stress import REPORTED_FACTORS, Scenario, run_stress
from desk.risk.tail_history import (
    LEVELS,
    MetricSeries,
    TailHistory,
    monte_carlo_metrics,
    next_move_pnl,
    tail_history,
    tail_metrics,
)
from desk.risk.var_backtest import run_backtests
from desk.risk.var_method import FIRST, VarMethods, choose_methods, decided_methods, methods_of
from desk.transforms.market_depth import depth_of

Frames = dict[str, pl.DataFrame]
WORST_DAY = "worst_day"
REVERSE_METRIC = ("reverse_stress_deviations", "repricing")
COMPONENT_LEVEL = 0.95


@dataclass(frozen=True)
class DecidedRisk:
    """What the decided days of a book have stored, which stays: `metrics` RISK_METRICS_DAILY rows, `methods` VAR_METHOD
    rows."""

    metrics: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RISK_METRICS_DAILY.schema))
    methods: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VAR_METHOD.schema))


def run_risk(
    values: pl.DataFrame,
    book: Mapping[str, pl.DataFrame],
    parameters: DeskParameters,
    days: Sequence[dt.date],
    archive: pl.DataFrame | None = None,
    prices: PriceInputs | None = None,
    decided: DecidedRisk | None = None,
) -> Frames:
    """Risk of the target positions of each decision of `days`.

    `values` is the wide panel and `book` what `run_book` returned for it (TARGET_POSITION and PORTFOLIO_STATE, from the
    book's inception: backtests look back along it; P&L by strategy where there is one). `archive` holds the panel's
    columns on days before its first, for dated scenarios; `prices` what the levels rest on, and how much there is of
    each contract, without which what the book holds of it is unknown; `decided` what is stored of the days before,
    which is not measured again.
    Returns RISK_METRICS_DAILY, COMPONENT_VAR, DV01_LADDER, STRESS_TEST_RESULTS, VAR_METHOD and RISK_LIMITS_STATUS.
    Monte Carlo is of the last day only. Numbers that too little history supports are null, their limits `absent`.
    Raises MissingInput naming missing columns, tables or days.
    """
    market = read_market(values, prices)
    older = None if archive is None or archive.is_empty() else read_market(archive)
    book_rows = read_positions(market, book, parameters)
    chosen = _chosen(book_rows, market, days)
    terms, rules, positions = terms_of(parameters.instruments), parameters.risk, book_rows[chosen]
    tails = _measure_tails(terms, market, book_rows, parameters, chosen, decided or DecidedRisk())
    history = tails.history
    quantile = float(tail.normal_var(1.0, COMPONENT_LEVEL))
    parts = component_var(positions.contracts, history.matrix, quantile)
    deviation = parts.component / quantile / positions.nav[:, None]
    deviation = np.where(np.isfinite(history.deviation)[:, None], deviation, np.nan)
    reverse = reverse_stress(terms, market, positions, parameters)
    stress = run_stress(terms, market, positions, parameters, older)
    scenarios = [*stress, _worst_day(market, history), reverse_scenario(reverse, parameters)]
    table = {**tails.metrics, REVERSE_METRIC: _distance(reverse, parameters)}
    last = len(positions) - 1
    simulated = monte_carlo_metrics(simulated_pnl(terms, market, positions, parameters, last), positions.nav[last])
    quotes = quote_market(terms, market, positions.maturity, positions.rows)
    own_days = market.days[positions.rows].tolist()
    known = depth_of(market.inputs.depth, own_days, positions.contract_id, rules.liquidity)
    placed = placed_values(positions, quotes, stress, known, parameters)
    values_of_limits = limit_values(positions, tails.headline, deviation, placed, parameters)
    ladder = np.concatenate([dv01_ladder(terms, market, positions), deltas(terms, market, positions)], axis=1)
    metric_rows = [
        frames.metric_frame(positions, table),
        frames.last_row_frame(positions, simulated, rules.monte_carlo_paths, last),
    ]
    return {
        RISK_METRICS_DAILY.name: pl.concat(metric_rows).sort("as_of", *RISK_METRICS_DAILY.key),
        COMPONENT_VAR.name: frames.component_frame(positions, parts, history, parameters),
        DV01_LADDER.name: frames.ladder_frame(positions, ladder),
        STRESS_TEST_RESULTS.name: frames.stress_frame(positions, scenarios, parameters),
        VAR_METHOD.name: frames.method_frame(book_rows, tails.methods, rules, chosen),
        RISK_LIMITS_STATUS.name: frames.limit_frame(positions, values_of_limits, parameters),
    }


@dataclass(frozen=True)
class _Tails:
    """Of the chosen rows: the trailing `history`, the `metrics` with their backtests, and the `headline` VaR and ES
    that limits read; and the `methods` of the whole book."""

    history: TailHistory
    metrics: dict[tuple[str, str], MetricSeries]
    headline: dict[str, FloatArray]
    methods: VarMethods


def _measure_tails(
    terms: Terms, market: Market, book: Positions, parameters: DeskParameters, chosen: RowIndex, decided: DecidedRisk
) -> _Tails:
    rules = parameters.risk
    stored, is_there = decided_metrics(decided.metrics, book.as_of, rules)
    rows = rows_to_measure(chosen, is_there, rules)
    history = tail_history(terms, market, book[rows], parameters)
    measured = tail_metrics(history, book.nav[rows], rules)
    forecast = with_measured(stored, measured, rows)
    pnl = next_move_pnl(terms, market, book)
    tests: dict[tuple[str, str], MetricSeries] = {}
    for method in methods_of(rules):
        own = {metric: forecast[metric, method] for metric in NEEDED}
        tests |= run_backtests(pnl, own, book.nav, method, rules.backtest_window)
    before = decided_methods(decided.methods, book.as_of, rules)
    methods = choose_methods(tests, np.isfinite(pnl), before, rules)
    places = np.searchsorted(rows, chosen)
    history = history[places]
    observations = tail.known_rows(history.pnl)
    metrics = {key: MetricSeries(value[places], observations) for key, value in measured.items()}
    metrics |= {key: MetricSeries(one.value[chosen], one.observations[chosen]) for key, one in tests.items()}
    first, second = methods_of(rules)
    is_first = methods.used[chosen] == FIRST
    headline = {name: np.where(is_first, metrics[name, first].value, metrics[name, second].value) for name in LEVELS}
    return _Tails(history, metrics, headline, methods)


def _chosen(positions: Positions, market: Market, days: Sequence[dt.date]) -> RowIndex:
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
