"""The portfolio pass: panel and convictions in, the book's gold tables out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray
from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import BadInput, MissingInput
from desk.gold import (
    ACTION,
    PNL_ATTRIBUTION,
    PNL_BY_FACTOR,
    PNL_BY_STRATEGY,
    PORTFOLIO_STATE,
    TARGET_POSITION,
    WITHHELD_ORDER,
)
from desk.model import decision_time
from desk.portfolio.actions import action_frame
from desk.portfolio.book import BookInputs, GuardedDay, first_guarded_day, next_guarded_day
from desk.portfolio.book_frames import pnl_attribution, portfolio_state, target_positions
from desk.portfolio.book_history import stack_days
from desk.portfolio.book_state import BookState, resume, row_of, state_of, with_stored_levels
from desk.portfolio.fill_prices import book_prices
from desk.portfolio.market_levels import Market, read_market
from desk.portfolio.pnl_attribution import pnl_by_factor, pnl_by_strategy
from desk.portfolio.price_inputs import PriceInputs
from desk.portfolio.short_substitutes import without_cash_shorts
from desk.portfolio.size import Contributions, SizingPlan, plan_book
from desk.portfolio.withheld_orders import withheld_orders

Frames = dict[str, pl.DataFrame]
STATES_KEPT = 2


@dataclass(frozen=True)
class BookRun:
    """`frames`: the book's gold tables, by name, of the days computed. `states`: the book after the last of them, by
    day: what a later run goes on from, and what the last decision went on from."""

    frames: Frames
    states: Mapping[dt.date, BookState]


def run_book(
    values: pl.DataFrame,
    aggregated: pl.DataFrame,
    parameters: DeskParameters,
    inception: dt.date,
    prices: PriceInputs | None = None,
) -> Frames:
    """The model portfolio from `inception` (or the first decision day after it) to the panel's last day.

    `values` is the wide panel (`day` and levels; days before inception feed the covariance), `aggregated` the
    AGGREGATED_SIGNAL frame: a null or absent conviction is no view, and closes the line. With the same inception,
    days added to the panel change no earlier row. `prices`: what the levels rest on; without it every level counts as
    current. Returns TARGET_POSITION, PORTFOLIO_STATE, PNL_ATTRIBUTION, PNL_BY_STRATEGY, PNL_BY_FACTOR, ACTION and
    WITHHELD_ORDER for every day. Raises MissingInput naming absent columns or a day without
    CDI, BadInput when inception is past the panel.
    """
    return open_book(values, aggregated, parameters, inception, prices).frames


def open_book(
    values: pl.DataFrame,
    aggregated: pl.DataFrame,
    parameters: DeskParameters,
    inception: dt.date,
    prices: PriceInputs | None = None,
    held: Collection[dt.date] = (),
) -> BookRun:
    """As `run_book`, with the states that a later run goes on from. On a day of `held` no decision is made."""
    market = read_market(values, prices)
    later = np.flatnonzero(market.days >= np.datetime64(inception))
    if not len(later):
        raise BadInput(f"the book's inception {inception} is after the panel's last day {market.days[-1]}")
    first = int(later[0])
    view = _signals(without_cash_shorts(aggregated, parameters), market, parameters)
    reasons = _contributions(view, first)
    plan = plan_book(market, _conviction(view, market, parameters), reasons, parameters, first)
    inputs = BookInputs(plan, book_prices(plan, parameters), parameters, _believed(view, market, parameters)[first:])
    is_held = [day in held for day in plan.market.days.tolist()]
    days = [first_guarded_day(inputs, is_held=is_held[0])]
    for row in range(1, len(plan)):
        days.append(next_guarded_day(inputs, days[-1], row, is_held=is_held[row]))
    held_rows = [row for row in range(len(plan)) if is_held[row]]
    frames = _frames(inputs, days, reasons, parameters, earlier_excess=(), held=held_rows)
    return BookRun(frames, _states(plan, days, reasons, parameters, ()))


def continue_book(
    values: pl.DataFrame,
    aggregated: pl.DataFrame,
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
    view = _signals(without_cash_shorts(aggregated, parameters), market, parameters)
    view = view.filter(pl.col("row") > at, ~pl.col("day").is_in(list(held)))
    decided = _contributions(view, first)
    whole = plan_book(market, _conviction(view, market, parameters), decided, parameters, first)
    whole = replace(whole, market=with_stored_levels(whole.market, start))
    inputs = BookInputs(whole, book_prices(whole, parameters), parameters, _believed(view, market, parameters)[first:])
    days = [resume(start, whole.market)]
    is_held = [day in held for day in whole.market.days.tolist()]
    for row in range(skipped + 1, len(whole)):
        days.append(next_guarded_day(inputs, days[-1], row, is_held=is_held[row]))
    plan = whole[skipped:]
    held_rows = [row - skipped for row in range(skipped + 1, len(whole)) if is_held[row]]
    reasons = _reasons_in_effect(decided, skipped, start, len(plan), held_rows)
    shown = replace(inputs, plan=plan, prices=inputs.prices[skipped:], believed=inputs.believed[skipped:])
    frames = _frames(shown, days, reasons, parameters, earlier_excess=start.recent_excess[:-1], held=held_rows)
    later = pl.col("as_of") > decision_time(start.day)
    computed = {name: frame.filter(later) for name, frame in frames.items()}
    return BookRun(computed, _states(whole, days, reasons, parameters, start.recent_excess[:-1], skipped))


def _reasons_in_effect(
    decided: Contributions, skipped: int, start: BookState, rows: int, held_rows: Sequence[int]
) -> Contributions:
    """The contributions by row of the continued plan, whose row 0 is the stored day: on a held day, those that the
    target held was decided on."""
    found = {(row - skipped, name): parts for (row, name), parts in decided.items() if row > skipped}
    found |= {(place - 1, name): parts for place in (0, 1) for name, parts in start.reasons[place].items()}
    for row in held_rows:
        found |= {(row, name): parts for (at, name), parts in list(found.items()) if at == row - 1}
    return found


def _frames(
    inputs: BookInputs,
    days: Sequence[GuardedDay],
    reasons: Contributions,
    parameters: DeskParameters,
    *,
    earlier_excess: Sequence[float],
    held: Sequence[int],
) -> Frames:
    plan = inputs.plan
    history, shadow = stack_days([day.guarded for day in days]), stack_days([day.shadow for day in days])
    if held:  # no decision: the plan's sizes of these rows were not used
        weight, target = plan.risk_weight.copy(), plan.target_volatility.copy()
        weight[list(held)], target[list(held)] = np.nan, np.nan
        plan = replace(plan, risk_weight=weight, target_volatility=target)
    return {
        TARGET_POSITION.name: target_positions(plan, history, parameters),
        PORTFOLIO_STATE.name: portfolio_state(plan, history, shadow, parameters, earlier_excess),
        PNL_ATTRIBUTION.name: pnl_attribution(plan, history, parameters),
        PNL_BY_STRATEGY.name: pnl_by_strategy(plan, history, reasons, parameters),
        PNL_BY_FACTOR.name: pnl_by_factor(plan, history),
        ACTION.name: action_frame(plan, history, reasons, parameters),
        WITHHELD_ORDER.name: withheld_orders(inputs, history, reasons, held),
    }


def _states(
    plan: SizingPlan,
    days: Sequence[GuardedDay],
    reasons: Contributions,
    parameters: DeskParameters,
    earlier_excess: Sequence[float],
    skipped: int = 0,
) -> dict[dt.date, BookState]:
    """The states of the last STATES_KEPT of `days`, which begin at row `skipped` of the plan; `reasons` count from
    there."""
    by_row: dict[int, dict[str, Mapping[str, float]]] = {}
    for (row, name), parts in reasons.items():
        by_row.setdefault(row, {})[name] = parts
    excess = (*earlier_excess, *(day.guarded.nav / day.guarded.benchmark for day in days))
    window = parameters.risk.breaker.peak_days
    found = {}
    for row in range(max(len(days) - STATES_KEPT, 0), len(days)):
        upto = len(earlier_excess) + row + 1
        recent = excess[max(upto - window, 0) : upto]
        pair = by_row.get(row - 1, {}), by_row.get(row, {})
        state = state_of(days[row], row + skipped, plan.market, recent, pair)
        found[state.day] = state
    return found


def _signals(aggregated: pl.DataFrame, market: Market, parameters: DeskParameters) -> pl.DataFrame:
    """Signals of traded instruments on the market's days, with `row` and `column`. Raises MissingInput."""
    missing = {"as_of", "instrument_id", "conviction", "contributions"} - set(aggregated.columns)
    if missing:
        raise MissingInput(f"the aggregated signal lacks {', '.join(sorted(missing))}")
    unknown = set(aggregated["instrument_id"].unique()) - set(parameters.instrument_ids)
    if unknown:
        raise MissingInput(f"the aggregated signal names instruments that the desk does not trade: {sorted(unknown)}")
    rows = pl.DataFrame({"day": market.days, "row": np.arange(len(market))}, schema={"day": pl.Date, "row": pl.Int64})
    columns = pl.DataFrame({"instrument_id": parameters.instrument_ids, "column": range(len(parameters.instruments))})
    local = pl.col("as_of").dt.convert_time_zone("America/Sao_Paulo").dt.date().alias("day")
    return aggregated.with_columns(local).join(rows, on="day").join(columns, on="instrument_id")


def _conviction(view: pl.DataFrame, market: Market, parameters: DeskParameters) -> FloatArray:
    conviction = np.full((len(market), len(parameters.instruments)), np.nan)
    known = view.drop_nulls("conviction")
    sizes = known["conviction"].to_numpy()
    if (np.abs(sizes) > 1.0 + 1e-9).any():
        raise BadInput("a conviction lies outside [-1, 1]")
    conviction[known["row"].to_numpy(), known["column"].to_numpy()] = sizes
    return conviction


def _believed(view: pl.DataFrame, market: Market, parameters: DeskParameters) -> BoolArray:
    """Where (T, N) a line's conviction rests on inputs that are not too old."""
    believed = np.ones((len(market), len(parameters.instruments)), dtype=np.bool_)
    if "old_share" in view.columns:
        old = view.filter(pl.col("old_share") > load_defence().signal_share)
        believed[old["row"].to_numpy(), old["column"].to_numpy()] = False
    return believed


def _contributions(view: pl.DataFrame, first: int) -> Contributions:
    known = view.filter(pl.col("row") >= first).drop_nulls(["conviction", "contributions"])
    rows = zip(known["row"] - first, known["instrument_id"], known["contributions"], strict=True)
    return {(row, instrument_id): json.loads(text) for row, instrument_id, text in rows}
