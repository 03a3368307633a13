"""The portfolio pass: panel and strategies' convictions in, the book's gold tables out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import BadInput, MissingInput
from desk.gold import (
    ACTION,
    PACKAGE,
    PNL_ATTRIBUTION,
    PNL_BY_FACTOR,
    PNL_BY_STRATEGY,
    PORTFOLIO_STATE,
    TARGET_POSITION,
    WITHHELD_ORDER,
)
from desk.model import decision_time
from desk.portfolio.actions import action_frame
from desk.portfolio.book import BookInputs, GuardedDay, first_guarded_day, next_guarded_day, wanted_lines
from desk.portfolio.book_frames import pnl_attribution, portfolio_state, target_positions
from desk.portfolio.book_history import stack_days
from desk.portfolio.book_state import BookState, resume, row_of, state_of, with_stored_levels
from desk.portfolio.depth_limits import with_sizes
from desk.portfolio.fill_prices import book_prices
from desk.portfolio.lines_as_held import plan_as_held
from desk.portfolio.market_levels import Market, read_market
from desk.portfolio.package_frame import limits_bound, package_frame
from desk.portfolio.packages import PackageTerms
from desk.portfolio.pnl_attribution import pnl_by_factor, pnl_by_strategy
from desk.portfolio.price_inputs import PriceInputs
from desk.portfolio.sizing_plan import SizingPlan, plan_book
from desk.portfolio.withheld_orders import withheld_orders

Frames = dict[str, pl.DataFrame]
STATES_KEPT = 2


@dataclass(frozen=True)
class BookRun:
    """`frames`: the book's gold tables, by name, of the days computed. `states`: the book after the last of them, by
    day: what a later run goes on from, and what the last decision went on from. `wanted` (N,): the contracts that the
    last day's packages would have gone to whatever it cost; NaN where no decision was made."""

    frames: Frames
    states: Mapping[dt.date, BookState]
    wanted: FloatArray


def run_book(
    values: pl.DataFrame,
    signals: pl.DataFrame,
    packages: Sequence[PackageTerms],
    parameters: DeskParameters,
    inception: dt.date,
    prices: PriceInputs | None = None,
) -> Frames:
    """The model portfolio from `inception` (or the first decision day after it) to the panel's last day.

    `values` is the wide panel (`day` and levels; days before inception feed the covariance), `signals` has as_of,
    strategy_id and conviction (STRATEGY_SIGNALS): a null or absent conviction is no view, and closes the package of the
    strategy, and one whose `age_bd` is above zero keeps its package as it is. `packages` are the terms of the
    strategies. With the same inception, days added to the panel change no earlier row. `prices`: what the levels rest
    on; without it every level counts as current. Returns TARGET_POSITION, PORTFOLIO_STATE, PACKAGE, PNL_ATTRIBUTION,
    PNL_BY_STRATEGY, PNL_BY_FACTOR, ACTION and WITHHELD_ORDER for every day. Raises MissingInput naming absent columns
    or a day without CDI, BadInput when inception is past the panel.
    """
    return open_book(values, signals, packages, parameters, inception, prices).frames


def open_book(
    values: pl.DataFrame,
    signals: pl.DataFrame,
    packages: Sequence[PackageTerms],
    parameters: DeskParameters,
    inception: dt.date,
    prices: PriceInputs | None = None,
    held: Collection[dt.date] = (),
) -> BookRun:
    """As `run_book`, with the states that a later run goes on from. On a day of `held` no decision is made.

    Raises BadInput for an inception after the panel's last day.
    """
    market = read_market(values, prices)
    later = np.flatnonzero(market.days >= np.datetime64(inception))
    if not len(later):
        raise BadInput(f"the book's inception {inception} is after the panel's last day {market.days[-1]}")
    first = int(later[0])
    conviction = _conviction(signals, market, packages)
    conviction[[row for row, day in enumerate(market.days.tolist()) if day in held]] = np.nan
    plan = plan_book(market, conviction, packages, parameters, first)
    inputs = BookInputs(plan, book_prices(plan, parameters), parameters, _believed(signals, market, packages)[first:])
    is_held = [day in held for day in plan.market.days.tolist()]
    days = [first_guarded_day(inputs, is_held=is_held[0])]
    for row in range(1, len(plan)):
        days.append(next_guarded_day(inputs, days[-1], row, is_held=is_held[row]))
    held_rows = [row for row in range(len(plan)) if is_held[row]]
    none = np.zeros((len(packages), len(parameters.instruments)))
    frames = _frames(inputs, days, none, earlier_excess=(), held=held_rows)
    states = _states(plan, days, none, parameters, ())
    return BookRun(frames, states, _wanted(inputs, days[-1], states, is_held=is_held[-1]))


def continue_book(
    values: pl.DataFrame,
    signals: pl.DataFrame,
    packages: Sequence[PackageTerms],
    parameters: DeskParameters,
    start: BookState,
    held: Collection[dt.date] = (),
    prices: PriceInputs | None = None,
) -> BookRun:
    """The book from its stored state to the panel's last day: the days after `start.day`, which is not computed again.

    On a day of `held` no decision is made: the orders of the day before are filled, the book is marked and held. Equals
    the same days of `open_book` where the levels and convictions are the same and no day is held. Raises as `run_book`,
    and BadInput when the panel does not reach back to the state's last marks.
    """
    market = read_market(values, prices)
    first, at = row_of(market, start.first_day), row_of(market, start.day)
    skipped = at - first  # rows that only last marks are read on
    conviction = _conviction(signals, market, packages)
    conviction[[row for row, day in enumerate(market.days.tolist()) if row <= at or day in held]] = np.nan
    whole = plan_book(market, conviction, packages, parameters, first)
    whole = replace(whole, market=with_stored_levels(whole.market, start))
    inputs = BookInputs(whole, book_prices(whole, parameters), parameters, _believed(signals, market, packages)[first:])
    days = [resume(start, whole.market)]
    is_held = [day in held for day in whole.market.days.tolist()]
    for row in range(skipped + 1, len(whole)):
        days.append(next_guarded_day(inputs, days[-1], row, is_held=is_held[row]))
    plan = whole[skipped:]
    held_rows = [row - skipped for row in range(skipped + 1, len(whole)) if is_held[row]]
    earlier = start.recent_excess[:-1]
    shown = replace(inputs, plan=plan, prices=inputs.prices[skipped:], believed=inputs.believed[skipped:])
    frames = _frames(shown, days, start.packages_before, earlier_excess=earlier, held=held_rows)
    later = pl.col("as_of") > decision_time(start.day)
    computed = {name: frame.filter(later) for name, frame in frames.items()}
    states = _states(whole, days, start.packages_before, parameters, earlier, skipped)
    return BookRun(computed, states, _wanted(inputs, days[-1], states, is_held=is_held[-1]))


def _wanted(inputs: BookInputs, day: GuardedDay, states: Mapping[dt.date, BookState], *, is_held: bool) -> FloatArray:
    if is_held:
        return np.full(len(inputs.parameters.instruments), np.nan)
    return wanted_lines(inputs, len(inputs.plan) - 1, day.guarded, states[max(states)].packages_before)


def _frames(
    inputs: BookInputs,
    days: Sequence[GuardedDay],
    packages_before: FloatArray,
    *,
    earlier_excess: Sequence[float],
    held: Sequence[int],
) -> Frames:
    parameters = inputs.parameters
    target = parameters.portfolio.target_volatility
    plan = with_sizes(inputs.plan, [day.guarded.sizes for day in days], target)
    inputs = replace(inputs, plan=plan)
    history, shadow = stack_days([day.guarded for day in days]), stack_days([day.shadow for day in days])
    if held:  # no decision: the plan's sizes of these rows were not used
        weight, requested, aimed = plan.risk_weight.copy(), plan.requested.copy(), plan.limited.volatility.copy()
        for numbers in (weight, requested, aimed):
            numbers[list(held)] = np.nan
        plan = replace(plan, risk_weight=weight, requested=requested, limited=replace(plan.limited, volatility=aimed))
    held_back = [day.guarded.held_back for day in days]
    bound = limits_bound(plan, history.risk_multiplier, held_back, parameters.instrument_ids)
    lines = plan_as_held(plan, history.target, parameters)
    return {
        TARGET_POSITION.name: target_positions(lines, history, parameters),
        PORTFOLIO_STATE.name: portfolio_state(lines, history, shadow, parameters, bound, earlier_excess),
        PACKAGE.name: package_frame(lines, history, list(held), parameters),
        PNL_ATTRIBUTION.name: pnl_attribution(plan, history, parameters),
        PNL_BY_STRATEGY.name: pnl_by_strategy(plan, history, inputs.prices, packages_before),
        PNL_BY_FACTOR.name: pnl_by_factor(plan, history),
        ACTION.name: action_frame(lines, history, parameters),
        WITHHELD_ORDER.name: withheld_orders(inputs, history, held),
    }


def _states(
    plan: SizingPlan,
    days: Sequence[GuardedDay],
    packages_before: FloatArray,
    parameters: DeskParameters,
    earlier_excess: Sequence[float],
    skipped: int = 0,
) -> dict[dt.date, BookState]:
    """The states of the last STATES_KEPT of `days`, which begin at row `skipped` of the plan; `packages_before` (S, N)
    are those of the day before them."""
    excess = (*earlier_excess, *(day.guarded.nav / day.guarded.benchmark for day in days))
    window, roots = parameters.risk.breaker.peak_days, tuple(item.root for item in parameters.instruments)
    found = {}
    for row in range(max(len(days) - STATES_KEPT, 0), len(days)):
        upto = len(earlier_excess) + row + 1
        recent = excess[max(upto - window, 0) : upto]
        before = days[row - 1].guarded.packages if row else packages_before
        state = state_of(days[row], row + skipped, plan.market, recent, before, roots)
        found[state.day] = state
    return found


def _conviction(signals: pl.DataFrame, market: Market, packages: Sequence[PackageTerms]) -> FloatArray:
    """Convictions (T, S) on the market's days, NaN for none. Raises MissingInput."""
    missing = {"as_of", "strategy_id", "conviction"} - set(signals.columns)
    if missing:
        raise MissingInput(f"the strategies' signals lack {', '.join(sorted(missing))}")
    unknown = set(signals["strategy_id"].unique()) - {terms.id for terms in packages}
    if unknown:
        raise MissingInput(f"the signals name strategies that the desk does not have: {sorted(unknown)}")
    known = _placed(signals.drop_nulls("conviction"), market, packages)
    conviction = np.full((len(market), len(packages)), np.nan)
    conviction[known["row"].to_numpy(), known["column"].to_numpy()] = known["conviction"].to_numpy()
    return conviction


def _believed(signals: pl.DataFrame, market: Market, packages: Sequence[PackageTerms]) -> BoolArray:
    """Where (T, S) a strategy's inputs are not too old; all of them where the signals do not say."""
    believed = np.ones((len(market), len(packages)), dtype=np.bool_)
    if "age_bd" in signals.columns:
        old = _placed(signals.filter(pl.col("age_bd") > 0), market, packages)
        believed[old["row"].to_numpy(), old["column"].to_numpy()] = False
    return believed


def _placed(signals: pl.DataFrame, market: Market, packages: Sequence[PackageTerms]) -> pl.DataFrame:
    """Signals on the market's days, with `row` and `column` (place of the strategy)."""
    rows = pl.DataFrame({"day": market.days, "row": np.arange(len(market))}, schema={"day": pl.Date, "row": pl.Int64})
    columns = pl.DataFrame({"strategy_id": [terms.id for terms in packages], "column": range(len(packages))})
    local = pl.col("as_of").dt.convert_time_zone("America/Sao_Paulo").dt.date().alias("day")
    return signals.with_columns(local).join(rows, on="day").join(columns, on="strategy_id")
