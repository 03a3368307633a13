"""The VaR and ES that decided days have stored: a backtest tests what was forecast on the day, and computes it once.

What a morning has to measure is its own rows. Those before are read, but for the ones that a test reaches back to and
an earlier release has stored without a metric that the test needs.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray, RowIndex
from desk.catalog.risk_parameters import RiskParameters
from desk.risk.tail_history import ES_TEST_VAR
from desk.risk.var_backtest import REACH, TESTED
from desk.risk.var_method import methods_of

NEEDED = (*TESTED, ES_TEST_VAR, "es_975")
"""What `run_backtests` reads of a method."""
Metrics = dict[tuple[str, str], FloatArray]


def decided_metrics(stored: pl.DataFrame, as_of: pl.Series, rules: RiskParameters) -> tuple[Metrics, BoolArray]:
    """(metric, method) -> (R,) fractions of NAV as they were stored, NaN where unknown or not stored; and the rows (R,)
    of which all that a backtest needs is there, known or not. `stored`: RISK_METRICS_DAILY rows."""
    keys = as_of.to_frame("as_of")
    metrics: Metrics = {}
    is_there = np.ones(len(as_of), dtype=np.bool_)
    for metric in NEEDED:
        for method in methods_of(rules):
            own = stored.filter(metric=metric, method=method).select("as_of", "value", there=True)
            found = keys.join(own, on="as_of", how="left", maintain_order="left")
            metrics[metric, method] = found["value"].cast(pl.Float64).to_numpy().astype(np.float64)
            is_there &= found["there"].is_not_null().to_numpy()
    return metrics, is_there


def rows_to_measure(chosen: RowIndex, is_there: BoolArray, rules: RiskParameters) -> RowIndex:
    """The `chosen` rows (ascending), and those without stored metrics that a test of one of them may reach; ascending.

    The rows before the first of them are not looked at by any test.
    """
    first, last = int(chosen[0]), int(chosen[-1])
    begins = max(0, first - REACH * rules.backtest_window)
    missing = begins + np.flatnonzero(~is_there[begins:last])
    return np.union1d(chosen, missing).astype(np.intp)


def with_measured(decided: Metrics, measured: Mapping[tuple[str, str], FloatArray], rows: RowIndex) -> Metrics:
    """`decided` (R,) with what was measured (M,) in its `rows` (M,)."""
    found = {}
    for key, whole in decided.items():
        found[key] = whole.copy()
        found[key][rows] = measured[key]
    return found
