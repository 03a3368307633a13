"""Why each position changed since the last decision: the same sizes computed again with one thing changed at a time.

A target is made in layers: what the packages ask for alone, what the limits and the target volatility leave of it, what
the drawdown breaker leaves, what is left beside packages that wait for a price or a signal, and what is worth trading
in lots. The first layer is taken from the last decision's inputs to today's one input after the other (parameters,
contracts, prices with volatility and correlation, views, NAV); of each further layer the part is the change of what it
takes. So the parts add up to the change of the target, whatever depends on what.

What the last decision had stored of its layers against what they are when computed again today is the part of revised
data, of other code, or of both where nothing can tell them apart: the old code is not here to be run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import polars as pl

from desk.arrays import FloatArray, IntArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.book_state import row_of
from desk.portfolio.contracts import ContractMap, map_contracts
from desk.portfolio.depth_limits import limited_at
from desk.portfolio.market_levels import Market, read_market
from desk.portfolio.packages import PackageTerms
from desk.portfolio.price_inputs import PriceInputs
from desk.portfolio.sizing_plan import SizingPlan, plan_book

Cause = Literal["data", "code", "data_or_code"]
"""What makes a decision's layers differ from what was stored of them: `data_or_code` where both have changed."""
Part = Literal[
    "data", "code", "data_or_code", "parameters", "roll", "volatility", "view", "nav", "limit", "breaker", "waits",
    "band", "unfilled",
]  # fmt: skip
PARTS: tuple[Part, ...] = get_args(Part)
"""In the order in which they are replaced. `unfilled`: orders of the last decision that did not fill, or a bond that
was redeemed; it is part of an order, not of the change between the two targets."""
MARKET = "market"
"""The part of the book's risk that positions have which did not change: today's volatility and correlation."""


@dataclass(frozen=True)
class Layers:
    """Contracts (N,) of a decision's target, not in lots, layer by layer: `alone` what the packages ask for, `limited`
    within the limits and the target volatility, `braked` under the breaker, `wanted` with the packages that wait."""

    alone: FloatArray
    limited: FloatArray
    braked: FloatArray
    wanted: FloatArray


@dataclass(frozen=True)
class SizingDecision:
    """A decision, in the order of the catalogue's strategies (S,) and instruments (N,).

    `conviction` (S,), NaN for no view; `multiplier` is the breaker's; `contracts` (N,) the target and `before` (N,)
    what the decision found; `wanted` (N,) as in Layers, None where it is not known.
    """

    day: dt.date
    conviction: FloatArray
    nav: float
    multiplier: float
    contracts: IntArray
    before: IntArray
    wanted: FloatArray | None = None


@dataclass(frozen=True)
class Record:
    """What is stored of the last decision beside its positions. `deviation`: of its book, BRL a day. `parameters`:
    those that it was made with, None for today's. `cause`: what a difference from `layers` is called."""

    layers: Layers
    deviation: float
    parameters: DeskParameters | None = None
    cause: Cause = "data_or_code"


@dataclass(frozen=True)
class ChangeSplit:
    """`parts`: contracts (N,), whole, of each part; they add up to target less what the decision found. `views`
    (S, N): contracts of the part `view` by strategy. `risk`: by part, in order, the change of the book's daily
    standard deviation in BRL; with `deviation_before` they add up to `deviation`. `layers`: today's. `rolled` (N,):
    lines whose contract is another than at the last decision."""

    since: dt.date
    parts: Mapping[Part, IntArray]
    views: FloatArray
    risk: Mapping[str, float]
    deviation_before: float
    deviation: float
    layers: Layers
    rolled: np.ndarray[tuple[int], np.dtype[np.bool_]]


def convictions_of(signals: pl.DataFrame, as_of: dt.datetime, packages: Sequence[PackageTerms]) -> FloatArray:
    """The convictions (S,) of one decision; NaN for none. `signals`: STRATEGY_SIGNALS."""
    rows = signals.filter(pl.col("as_of") == as_of).select("strategy_id", "conviction").iter_rows()
    known = {name: value for name, value in rows if value is not None}
    return np.array([known.get(terms.id, np.nan) for terms in packages], dtype=np.float64)


def split_change(
    values: pl.DataFrame,
    packages: Sequence[PackageTerms],
    parameters: DeskParameters,
    last: SizingDecision,
    now: SizingDecision,
    revised: FloatArray | None = None,
    record: Record | None = None,
    prices: PriceInputs | None = None,
) -> ChangeSplit:
    """The split of the change from the target of `last` to that of `now`, which has `wanted`.

    `values`: the wide panel up to the day of `now`. `revised` (S,): the convictions of the last decision's day as they
    are computed today; None where they are as they were. `record`: what is stored of the last decision; without one
    its layers are taken as they are computed today, and no part says what data, code or parameters have done. `prices`:
    what the levels rest on.
    Raises BadInput where the panel lacks one of the two days.
    """
    sizes = _Sizes(read_market(values, prices), packages, parameters)
    again = revised if revised is not None else last.conviction
    own = record.parameters if record is not None and record.parameters is not None else parameters
    as_made = sizes.plan(last.day, last.conviction, own)
    computed = sizes.plan(last.day, last.conviction) if own is not parameters else as_made
    recomputed = sizes.plan(last.day, again) if not _same(again, last.conviction) else computed
    rolled = sizes.plan(last.day, again, contracts=sizes.contracts(now.day))
    moved, decided = sizes.plan(now.day, again), sizes.plan(now.day, now.conviction)

    first, then = _layers(recomputed, last, parameters), _layers(decided, now, parameters)
    stored = record.layers if record is not None else first
    if last.wanted is None and record is None:
        stored = replace(stored, wanted=stored.braked)
    of_parameters = _layers(computed, last, parameters).braked - _layers(as_made, last, own).braked
    views = (decided.alone[0] - moved.alone[0]) * last.nav
    cause: Cause = record.cause if record is not None else "data_or_code"
    found: dict[Part, FloatArray] = {
        cause: first.braked - stored.braked - of_parameters,
        "parameters": of_parameters,
        "roll": _alone(rolled, last.nav) - first.alone,
        "volatility": _alone(moved, last.nav) - _alone(rolled, last.nav),
        "view": views.sum(axis=0),
        "nav": then.alone - _alone(decided, last.nav),
        "limit": (then.limited - then.alone) - (first.limited - first.alone),
        "breaker": (then.braked - then.limited) - (first.braked - first.limited),
        "waits": (then.wanted - then.braked) - (stored.wanted - stored.braked),
        "band": (now.contracts - then.wanted) - (last.contracts - stored.wanted),
    }
    shared = np.stack([found.get(name, np.zeros(len(now.contracts))) for name in PARTS[:-1]])
    whole = in_whole_contracts(shared, now.contracts - last.contracts)
    parts: dict[Part, IntArray] = dict(zip(PARTS, (*whole, last.contracts - now.before), strict=True))

    matrices = {
        name: plan.matrix[0]
        for name, plan in (
            (cause, as_made), ("parameters", recomputed), ("roll", rolled), ("volatility", moved),
        )
    }  # fmt: skip
    before = record.deviation if record is not None else _deviation(last.contracts, as_made.matrix[0])
    risk, after = _risk(parts, last.contracts, matrices, before)
    changed = recomputed.contracts.maturity[0] != decided.contracts.maturity[0]
    return ChangeSplit(last.day, parts, views, risk, before, after, then, changed)


@dataclass(frozen=True)
class _Sizes:
    """Plans of one day each."""

    market: Market
    packages: Sequence[PackageTerms]
    parameters: DeskParameters

    def plan(
        self,
        day: dt.date,
        conviction: FloatArray,
        parameters: DeskParameters | None = None,
        contracts: ContractMap | None = None,
    ) -> SizingPlan:
        """Of `day` at one conviction (S,) a package."""
        row = row_of(self.market, day)
        upto = self.market[: row + 1]
        rows = np.broadcast_to(conviction, (row + 1, len(conviction)))
        return plan_book(upto, rows, self.packages, parameters or self.parameters, row, contracts)

    def contracts(self, day: dt.date) -> ContractMap:
        return map_contracts(self.parameters.instruments, np.array([day], dtype="datetime64[D]"))


def _layers(plan: SizingPlan, decision: SizingDecision, parameters: DeskParameters) -> Layers:
    limited = limited_at(plan, 0, decision.nav, parameters).per_brl[0].sum(axis=0) * decision.nav
    braked = limited * decision.multiplier
    return Layers(_alone(plan, decision.nav), limited, braked, braked if decision.wanted is None else decision.wanted)


def _alone(plan: SizingPlan, nav: float) -> FloatArray:
    return np.asarray(plan.alone[0].sum(axis=0) * nav)


def _same(one: FloatArray, other: FloatArray) -> bool:
    return bool(np.array_equal(one, other, equal_nan=True))


def in_whole_contracts(parts: FloatArray, total: IntArray) -> IntArray:
    """Parts (K, N) as whole contracts that add up to `total` (N,), each less than one contract from what it is: the
    nearest ones, and what is missing goes to those that were rounded furthest."""
    whole = np.rint(parts).astype(np.int64)
    for column in np.flatnonzero(whole.sum(axis=0) != total).tolist():
        missing = int(total[column] - whole[:, column].sum())
        off = (parts[:, column] - whole[:, column]) * np.sign(missing)
        for place in np.argsort(-off, kind="stable")[: abs(missing)].tolist():
            whole[place, column] += int(np.sign(missing))
    return whole


def _deviation(contracts: IntArray | FloatArray, matrix: FloatArray) -> float:
    return float(np.sqrt(max(float(contracts @ matrix @ contracts), 0.0)))


def _risk(
    parts: Mapping[Part, IntArray], contracts: IntArray, matrices: Mapping[str, FloatArray], before: float
) -> tuple[dict[str, float], float]:
    """The book's daily standard deviation, part after part: from the last target to today's, under the covariance that
    each step brings."""
    found, level, held, matrix = dict[str, float](), before, contracts.copy(), next(iter(matrices.values()))
    for name in PARTS[:-1]:
        if name in get_args(Cause) and name not in matrices:
            continue
        if name == "volatility":
            matrix = matrices[name]
            moved = _deviation(held, matrix)
            found[MARKET], level = moved - level, moved
        elif name in matrices:
            matrix = matrices[name]
        held = held + parts[name]
        after = _deviation(held, matrix)
        found[name], level = after - level, after
    return found, level
