"""The risk pass: panel and book in, the risk tables of gold out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.catalog.desk_parameters import DeskParameters
from desk.errors import MissingInput
from desk.gold import (
    COMPONENT_VAR,
    DV01_LADDER,
    RISK_LIMITS_STATUS,
    RISK_METRICS_DAILY,
    STRESS_TEST_RESULTS,
    GoldTable,
)
from desk.portfolio.book_frames import gold_frame
from desk.portfolio.market import Market, read_market
from desk.portfolio.pricing import terms_of
from desk.risk import backtest, tail
from desk.risk.components import Components, component_var
from desk.risk.dv01 import dv01_ladder, ladder_index
from desk.risk.limits import limit_status, limit_values
from desk.risk.measure import LEVELS, TailHistory, next_move_pnl, tail_history, tail_metrics
from desk.risk.positions import Positions, read_positions
from desk.risk.stress import Scenario, run_stress
from desk.transforms.curves import FloatArray

Frames = dict[str, pl.DataFrame]
Rows = npt.NDArray[np.intp]
TOTAL = "TOTAL"
WORST_DAY = "worst_day"
COMPONENT_LEVEL = 0.95


def run_risk(
    values: pl.DataFrame, book: Mapping[str, pl.DataFrame], parameters: DeskParameters, days: Sequence[dt.date]
) -> Frames:
    """Risk of the positions that each decision of `days` wants.

    `values` is the wide panel and `book` what `run_book` returned for it (TARGET_POSITION and PORTFOLIO_STATE, from the
    book's inception: backtests look back along it). Returns RISK_METRICS_DAILY, COMPONENT_VAR, DV01_LADDER,
    STRESS_TEST_RESULTS and RISK_LIMITS_STATUS. Numbers that too little history supports are null, their limits
    `absent`. Raises MissingInput naming columns, tables or days that are lacking.
    """
    market = read_market(values)
    positions = read_positions(market, book, parameters)
    chosen = _chosen(positions, market, days)
    terms = terms_of(parameters.instruments)
    history = tail_history(terms, market, positions, parameters)
    metrics = tail_metrics(history, positions.nav, parameters.risk)
    parts = component_var(positions.contracts, history.matrix, float(tail.normal_var(1.0, COMPONENT_LEVEL)))
    headline = {metric: metrics[metric, parameters.risk.headline] for metric in LEVELS}
    deviation = parts.component / float(tail.normal_var(1.0, COMPONENT_LEVEL)) / positions.nav[:, None]
    deviation = np.where(np.isfinite(history.deviation)[:, None], deviation, np.nan)
    scenarios = [*run_stress(terms, market, positions, parameters), _worst_day(market, history)]
    observations = tail.known_rows(history.pnl)
    tested = _backtest(next_move_pnl(terms, market, positions), headline, positions, parameters)
    return {
        RISK_METRICS_DAILY.name: _metric_frame(positions, metrics, observations, tested, chosen),
        COMPONENT_VAR.name: _component_frame(positions, parts, history, parameters, chosen),
        DV01_LADDER.name: _ladder_frame(positions, dv01_ladder(terms, market, positions), chosen),
        STRESS_TEST_RESULTS.name: _stress_frame(positions, scenarios, parameters, chosen),
        RISK_LIMITS_STATUS.name: _limit_frame(
            positions, limit_values(positions, headline, deviation, parameters), parameters, chosen
        ),
    }


def _chosen(positions: Positions, market: Market, days: Sequence[dt.date]) -> Rows:
    own = market.days[positions.rows]
    wanted = np.array(sorted(set(days)), dtype="datetime64[D]")
    if not len(wanted):
        raise MissingInput("the risk pass was given no days")
    at = np.minimum(np.searchsorted(own, wanted), len(own) - 1)
    if (own[at] != wanted).any():
        raise MissingInput(f"the book has no {wanted[own[at] != wanted][0]}")
    return np.asarray(at, dtype=np.intp)


def _worst_day(market: Market, history: TailHistory) -> Scenario:
    """The trailing day whose moves would cost today's positions most."""
    sessions = market.valuation[np.maximum(history.worst_row, 0)]
    names = [
        f"Worst day of the window: {session.item():%d %b %Y}" if row >= 0 else "Worst day of the window: unknown"
        for row, session in zip(history.worst_row, sessions, strict=True)
    ]
    return Scenario(WORST_DAY, names, "dated", history.worst_pnl)


def _backtest(
    pnl: FloatArray, headline: Mapping[str, FloatArray], positions: Positions, parameters: DeskParameters
) -> dict[tuple[str, str], tuple[FloatArray, npt.NDArray[np.int64]]]:
    """(metric, method) -> value and days tested, by row: exceptions of the trailing window that the row can know, and
    the p-values of their number and of their independence (NaN before the window is full)."""
    window, method = parameters.risk.backtest_window, parameters.risk.headline
    results: dict[tuple[str, str], tuple[FloatArray, npt.NDArray[np.int64]]] = {}
    for metric in ("var_95", "var_99"):
        hits = backtest.hits_of(pnl, headline[metric] * positions.nav)
        rows = len(hits)
        columns = {name: np.full(rows, np.nan) for name in ("exceptions", "kupiec_p", "christoffersen_p")}
        counts = np.zeros(rows, dtype=np.int64)
        for row in range(rows):
            trailing = hits[max(0, row - window) : row]  # the hit of row - 1 is the move into this row
            known = trailing[np.isfinite(trailing)] > 0
            counts[row] = len(known)
            if len(known) < window:
                continue
            count = int(known.sum())
            columns["exceptions"][row] = count
            columns["kupiec_p"][row] = backtest.kupiec(window, count, 1.0 - LEVELS[metric]).p_value
            columns["christoffersen_p"][row] = backtest.christoffersen(*backtest.transitions(known)).p_value
        results |= {(f"{name}_{metric}", method): (column, counts) for name, column in columns.items()}
    return results


def _metric_frame(
    positions: Positions,
    metrics: Mapping[tuple[str, str], FloatArray],
    observations: npt.NDArray[np.int64],
    tested: Mapping[tuple[str, str], tuple[FloatArray, npt.NDArray[np.int64]]],
    chosen: Rows,
) -> pl.DataFrame:
    columns = {key: (value, observations) for key, value in metrics.items()} | dict(tested)
    frames = [
        {
            "as_of": positions.as_of.gather(chosen),
            "metric": [metric] * len(chosen),
            "method": [method] * len(chosen),
            "value": value[chosen],
            "observations": counts[chosen],
        }
        for (metric, method), (value, counts) in columns.items()
    ]
    return _stacked(RISK_METRICS_DAILY, frames)


def _component_frame(
    positions: Positions, parts: Components, history: TailHistory, parameters: DeskParameters, chosen: Rows
) -> pl.DataFrame:
    """Fractions of NAV; `marginal` is for one more contract. Null where a held line's covariance is unknown."""
    unknown = ~np.isfinite(history.deviation)[:, None]
    nav = positions.nav[:, None]
    total = parts.total[:, None]
    flat = np.broadcast_to(total == 0, parts.component.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(flat, np.nan, parts.component / total)
    columns = {
        "individual_var_95": parts.individual / nav,
        "marginal_var_95": parts.marginal / nav,
        "component_var_95": parts.component / nav,
        "share": share,
        "incremental_var_95": parts.incremental / nav,
    }
    return gold_frame(
        COMPONENT_VAR,
        {
            "as_of": positions.as_of.gather(np.repeat(chosen, len(parameters.instruments))),
            "instrument_id": np.tile(parameters.instrument_ids, len(chosen)),
            "asset_class": np.tile([item.asset_class for item in parameters.instruments], len(chosen)),
        }
        | {name: np.where(unknown, np.nan, column)[chosen].ravel() for name, column in columns.items()},
    )


def _ladder_frame(positions: Positions, ladder: FloatArray, chosen: Rows) -> pl.DataFrame:
    curves, tenors = ladder_index()
    return gold_frame(
        DV01_LADDER,
        {
            "as_of": positions.as_of.gather(np.repeat(chosen, len(tenors))),
            "curve_id": np.tile(curves, len(chosen)),
            "tenor_bd": np.tile(tenors, len(chosen)),
            "dv01_brl": ladder[chosen].ravel(),
        },
    )


def _stress_frame(
    positions: Positions, scenarios: Sequence[Scenario], parameters: DeskParameters, chosen: Rows
) -> pl.DataFrame:
    """By held line and TOTAL."""
    frames = []
    for scenario in scenarios:
        rows = chosen[positions.rows[chosen] >= scenario.known_from]
        by_line = np.column_stack([scenario.pnl[rows], scenario.pnl[rows].sum(axis=1)])
        shown = np.column_stack([positions.contracts[rows] != 0, np.ones(len(rows), dtype=np.bool_)])
        at, line = np.nonzero(shown)
        names = np.array([*parameters.instrument_ids, TOTAL])
        frames.append(
            {
                "as_of": positions.as_of.gather(rows[at]),
                "scenario_id": [scenario.id] * len(at),
                "instrument_id": names[line],
                "name": [scenario.names[row] for row in rows[at]],
                "kind": [scenario.kind] * len(at),
                "pnl_brl": by_line[at, line],
                "pnl_fraction": by_line[at, line] / positions.nav[rows[at]],
                "moves": [None] * len(at),
            }
        )
    return _stacked(STRESS_TEST_RESULTS, frames)


def _limit_frame(
    positions: Positions, values: Mapping[str, FloatArray], parameters: DeskParameters, chosen: Rows
) -> pl.DataFrame:
    frames = []
    for limit in parameters.limits.limits.values():
        if limit.id not in values:
            raise MissingInput(f"nothing measures the limit {limit.id!r}")
        status = [limit_status(float(value), limit.threshold, parameters.limits) for value in values[limit.id][chosen]]
        frames.append(
            {
                "as_of": positions.as_of.gather(chosen),
                "limit_id": [limit.id] * len(chosen),
                "name": [limit.name] * len(chosen),
                "value": values[limit.id][chosen],
                "threshold": [limit.threshold] * len(chosen),
                "utilisation": [utilisation for utilisation, _ in status],
                "status": [colour for _, colour in status],
            }
        )
    return _stacked(RISK_LIMITS_STATUS, frames)


def _stacked(table: GoldTable, frames: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    keys = ["as_of", *table.key]
    return pl.concat([gold_frame(table, columns) for columns in frames]).sort(keys)
