"""Backtests of the headline VaR and ES along the book's days: each row sees the trailing window that it can know."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from desk.arrays import FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.risk import coverage_tests
from desk.risk.tail_history import ES_TEST_VAR, LEVELS, MetricSeries

ES_TEST = "acerbi_szekely_z2_es_975"


def run_backtests(
    pnl: FloatArray, headline: Mapping[str, FloatArray], nav: FloatArray, parameters: DeskParameters
) -> dict[tuple[str, str], MetricSeries]:
    """(metric, method) -> result by row, of `pnl` (R,) BRL that followed each row's positions and the row's VaR and ES.

    For var_95 and var_99: exceptions, and the p-values of their number (Kupiec), of their independence (Christoffersen)
    and of both (conditional coverage); for var_99 Basel's zone (0 green, 1 yellow, 2 red); for es_975 Acerbi and
    Szekely's Z2. Days whose P&L or VaR is unknown are not days tested.
    """
    window, method = parameters.risk.backtest_window, parameters.risk.headline
    found: dict[tuple[str, str], MetricSeries] = {}
    for metric in ("var_95", "var_99"):
        hits = coverage_tests.hits_of(pnl, headline[metric] * nav)
        columns, counts = _coverage(hits, window, 1.0 - LEVELS[metric])
        if metric != "var_99":
            del columns["basel_zone"]
        found |= {(f"{name}_{metric}", method): MetricSeries(column, counts) for name, column in columns.items()}
    var, shortfall = headline[ES_TEST_VAR] * nav, headline["es_975"] * nav
    found[ES_TEST, method] = _shortfall(pnl, var, shortfall, window, 1.0 - LEVELS["es_975"])
    return found


def _coverage(hits: FloatArray, window: int, tail: float) -> tuple[dict[str, FloatArray], IntArray]:
    rows = len(hits)
    names = ("exceptions", "kupiec_p", "christoffersen_p", "conditional_coverage_p", "basel_zone")
    columns = {name: np.full(rows, np.nan) for name in names}
    counts = np.zeros(rows, dtype=np.int64)
    for row in range(rows):
        trailing = hits[max(0, row - window) : row]  # the hit of row - 1 is the move into this row
        known = trailing[np.isfinite(trailing)] > 0
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
        part = slice(max(0, row - window), row)
        counts[row] = int(known[part].sum())
        if counts[row] == window:
            value[row] = coverage_tests.acerbi_szekely(pnl[part], var[part], shortfall[part], tail)
    return MetricSeries(value, counts)
