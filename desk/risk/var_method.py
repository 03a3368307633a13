"""Which VaR method the limits read on each day: the headline, or after a rejection the challenger, by a rule.

Both methods are tested every day by the same count (`var_backtest`): the days of the last window that each one's VaR at
95% and at 99% was passed, and Kupiec's test of their number. A method is `rejected` where one of the two has more
exceptions than expected and a p-value below `reject_below`, `doubtful` below `return_from`, else `accepted`; `untested`
without a whole window. Too few exceptions reject nothing: such a VaR is too large, and limits only hold earlier.

The one in use gives way on the day on which it is rejected and the other has been tested and is not. The first one
comes back once it is accepted. Neither happens before a whole window of tested days has gone by since the last change,
so that no day speaks twice: the method changes at most once a window. Where both are rejected the one in use stays, and
the report says so. What a decided day has stored stays. Number alone counts: Christoffersen's test is shown, but of two
or three exceptions it says little.

Sources: Kupiec 1995; Basel Committee 1996, whose 250 days the window is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.arrays import BoolArray, IntArray
from desk.catalog.risk_parameters import RiskParameters
from desk.risk.tail_history import LEVELS, MetricSeries
from desk.risk.var_backtest import TESTED

Verdict = Literal["rejected", "doubtful", "accepted", "untested"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
REJECTED, DOUBTFUL, ACCEPTED, UNTESTED = range(4)
FIRST, SECOND, UNDECIDED = 0, 1, -1
"""The methods of `methods_of`: the desk's own, and its challenger."""


@dataclass(frozen=True)
class VarMethods:
    """By row (R,): the place `used` of the method that limits read, FIRST or SECOND, and the row `since` which they do;
    `verdicts` (2, R) of both, places in VERDICTS."""

    used: IntArray
    since: IntArray
    verdicts: IntArray


def methods_of(rules: RiskParameters) -> tuple[str, str]:
    """The two methods that are tested."""
    return rules.headline, rules.challenger


def headline_of(rows: pl.DataFrame) -> str:
    """The method that the limits of one day read, by its VAR_METHOD rows; empty without any."""
    found = rows.filter(role="headline")["method"].to_list()
    return str(found[0]) if found else ""


def decided_methods(stored: pl.DataFrame, as_of: pl.Series, rules: RiskParameters) -> IntArray:
    """By row (R,) the place of the stored headline; UNDECIDED without one, or with one that is neither method now.
    `stored`: VAR_METHOD rows."""
    places = {method: place for place, method in enumerate(methods_of(rules))}
    known = dict(stored.filter(role="headline").select("as_of", "method").iter_rows())
    return np.array([places.get(known.get(moment, ""), UNDECIDED) for moment in as_of.to_list()], dtype=np.int64)


def choose_methods(
    tests: Mapping[tuple[str, str], MetricSeries], tested: BoolArray, decided: IntArray, rules: RiskParameters
) -> VarMethods:
    """The method of every row. `tests`: those of `run_backtests` of both methods; `tested` (R,): rows whose VaR the
    move that followed has tested; `decided` (R,): the place of the method that is stored of a row and stays, whatever
    its tests say today, UNDECIDED where there is none."""
    verdicts = np.stack([verdicts_of(tests, method, rules) for method in methods_of(rules)])
    used, since = np.zeros(len(tested), dtype=np.int64), np.zeros(len(tested), dtype=np.int64)
    now, begun, count = FIRST, 0, rules.backtest_window
    for row in range(len(tested)):
        count += int(tested[row - 1]) if row else 0
        own, other = verdicts[now, row], verdicts[1 - now, row]
        gives_way = own == REJECTED and other in (DOUBTFUL, ACCEPTED)
        comes_back = now == SECOND and other == ACCEPTED
        changes = count >= rules.backtest_window and (gives_way or comes_back)
        if changes if decided[row] == UNDECIDED else decided[row] != now:
            now, begun, count = 1 - now, row, 0
        used[row], since[row] = now, begun
    return VarMethods(used, since, verdicts)


def verdicts_of(tests: Mapping[tuple[str, str], MetricSeries], method: str, rules: RiskParameters) -> IntArray:
    """The verdict on one method by row (R,), a place in VERDICTS."""
    counts = {name: tests[f"exceptions_{name}", method].value for name in TESTED}
    worst, untested = np.ones(len(counts[TESTED[0]])), np.zeros(len(counts[TESTED[0]]), dtype=np.bool_)
    for name, count in counts.items():
        too_many = count > rules.backtest_window * (1.0 - LEVELS[name])
        worst = np.where(too_many, np.minimum(worst, tests[f"kupiec_p_{name}", method].value), worst)
        untested |= ~np.isfinite(count)
    found = np.where(worst < rules.reject_below, REJECTED, np.where(worst < rules.return_from, DOUBTFUL, ACCEPTED))
    return np.where(untested, UNTESTED, found)


def method_names(chosen: VarMethods, rules: RiskParameters) -> npt.NDArray[np.str_]:
    """The method that each row uses (R,), and the other one: (2, R)."""
    names = np.array(methods_of(rules))
    return np.stack([names[chosen.used], names[1 - chosen.used]])
