"""Backtests of a method's VaR and ES along the book's days, and the one count of exceptions.

A day is tested when the book had a position, a VaR and a P&L that followed. A row tests the last `backtest_window` such
days before it, none older than twice as many rows: a book that was flat for a while is tested on the days around, and
one that was flat for long is not tested. What each day was tested by is stored (`day_outcomes`): report, API and
Grafana read those rows and count nothing themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from desk.arrays import BoolArray, FloatArray, IntArray, RowIndex
from desk.risk import coverage_tests
from desk.risk.tail_history import ES_TEST_VAR, LEVELS, MetricSeries

TESTED = ("var_95", "var_99")
REACH = 2
"""Windows that a row looks back for days to test."""
ES_TEST = "acerbi_szekely_z2_es_975"


def run_backtests(
    pnl: FloatArray, measured: Mapping[str, FloatArray], nav: FloatArray, method: str, window: int
) -> dict[tuple[str, str], MetricSeries]:
    """(metric, method) -> result by row, of `pnl` (R,) BRL that followed each row's positions and the VaR and ES that
    `method` has `measured` of the row, over `window` days.

    For var_95 and var_99: exceptions, and the p-values of their number (Kupiec), of their independence (Christoffersen)
    and of both (conditional coverage); for var_99 Basel's zone (0 green, 1 yellow, 2 red); for es_975 Acerbi and
    Szekely's Z2. Days whose P&L or VaR is unknown are not days tested; `day_outcomes` are among the results.
    """
    found: dict[tuple[str, str], MetricSeries] = {}
    for metric in TESTED:
        hits = coverage_tests.hits_of(pnl, measured[metric] * nav)
        columns, counts = _coverage(hits, window, 1.0 - LEVELS[metric])
        if metric != "var_99":
            del columns["basel_zone"]
        found |= {(f"{name}_{metric}", method): MetricSeries(column, counts) for name, column in columns.items()}
    var, shortfall = measured[ES_TEST_VAR] * nav, measured["es_975"] * nav
    found[ES_TEST, method] = _shortfall(pnl, var, shortfall, window, 1.0 - LEVELS["es_975"])
    return found | day_outcomes(pnl, measured, nav, method)


def day_outcomes(
    pnl: FloatArray, measured: Mapping[str, FloatArray], nav: FloatArray, method: str
) -> dict[tuple[str, str], MetricSeries]:
    """What the move into each row (R,) tested: `tested_pnl` of the row before's positions, `tested_var_95` and
    `tested_var_99` of that row, fractions of its NAV; `exception_var_95`, `exception_var_99` (1 or 0). NaN where the
    day tests nothing.
    """
    hits = {metric: coverage_tests.hits_of(pnl, measured[metric] * nav) for metric in TESTED}
    tests = np.isfinite(hits[TESTED[0]])
    columns = {"tested_pnl": pnl / nav} | {f"tested_{metric}": measured[metric] for metric in TESTED}
    columns = {name: np.where(tests, column, np.nan) for name, column in columns.items()}
    columns |= {f"exception_{metric}": hits[metric] for metric in TESTED}
    counts = np.concatenate([[0], tests[:-1].astype(np.int64)])
    return {
        (name, method): MetricSeries(np.concatenate([[np.nan], column[:-1]]), counts)
        for name, column in columns.items()
    }


def _tested_before(known: BoolArray, row: int, window: int) -> RowIndex:
    """The last `window` rows before `row` that are `known` (R,), at most REACH windows back, ascending."""
    start = max(0, row - REACH * window)  # what row - 1 is tested by is the move into this row
    return start + np.flatnonzero(known[start:row])[-window:]


def _coverage(hits: FloatArray, window: int, tail: float) -> tuple[dict[str, FloatArray], IntArray]:
    rows = len(hits)
    names = ("exceptions", "kupiec_p", "christoffersen_p", "conditional_coverage_p", "basel_zone")
    columns = {name: np.full(rows, np.nan) for name in names}
    counts, finite = np.zeros(rows, dtype=np.int64), np.isfinite(hits)
    for row in range(rows):
        known = hits[_tested_before(finite, row, window)] > 0
        counts[row] = len(known)
        if len(known) < window:
            continue
        count = int(known.sum())
        number = coverage_tests.kupiec(window, count, tail)
        independence = coverage_tests.christoffersen(*coverage_tests.transitions(known))
        columns["exceptions"][row] = count
        columns["kupiec_p"][row] = number.p_value
        columns["christoffersen_p"][row] = independence.p_value
        columns["conditional_coverage_p"][row] = coverage_tests.conditional_coverage(number, independence).p_value
        columns["basel_zone"][row] = coverage_tests.zone_number(count)
    return columns, counts


def _shortfall(pnl: FloatArray, var: FloatArray, shortfall: FloatArray, window: int, tail: float) -> MetricSeries:
    value, counts = np.full(len(pnl), np.nan), np.zeros(len(pnl), dtype=np.int64)
    known = np.isfinite(pnl) & np.isfinite(var) & (shortfall > 0)
    for row in range(len(pnl)):
        part = _tested_before(known, row, window)
        counts[row] = len(part)
        if counts[row] == window:
            value[row] = coverage_tests.acerbi_szekely(pnl[part], var[part], shortfall[part], tail)
    return MetricSeries(value, counts)
