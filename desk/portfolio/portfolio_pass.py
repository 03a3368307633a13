"""The portfolio pass: panel and convictions in, the book's gold tables out."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import BadInput, MissingInput
from desk.gold import (
    ACTION,
    PNL_ATTRIBUTION,
    PNL_BY_FACTOR,
    PNL_BY_STRATEGY,
    PORTFOLIO_STATE,
    TARGET_POSITION,
)
from desk.portfolio.actions import action_frame
from desk.portfolio.book import run_guarded_book
from desk.portfolio.book_frames import pnl_attribution, portfolio_state, target_positions
from desk.portfolio.market_levels import Market, read_market
from desk.portfolio.pnl_attribution import pnl_by_factor, pnl_by_strategy
from desk.portfolio.short_substitutes import without_cash_shorts
from desk.portfolio.size import Contributions, plan_book

Frames = dict[str, pl.DataFrame]


def run_book(values: pl.DataFrame, aggregated: pl.DataFrame, parameters: DeskParameters, inception: dt.date) -> Frames:
    """The model portfolio from `inception` (or the first decision day after it) to the panel's last day.

    `values` is the wide panel (`day` and levels; days before inception feed the covariance), `aggregated` the
    AGGREGATED_SIGNAL frame: a null or absent conviction is no view, and closes the line. With the same inception,
    days added to the panel change no earlier row. Returns TARGET_POSITION, PORTFOLIO_STATE, PNL_ATTRIBUTION,
    PNL_BY_STRATEGY, PNL_BY_FACTOR and ACTION for every day. Raises MissingInput naming absent columns or a day without
    CDI, BadInput when inception is past the panel.
    """
    market = read_market(values)
    later = np.flatnonzero(market.days >= np.datetime64(inception))
    if not len(later):
        raise BadInput(f"the book's inception {inception} is after the panel's last day {market.days[-1]}")
    first = int(later[0])
    view = _signals(without_cash_shorts(aggregated, parameters), market, parameters)
    reasons = _contributions(view, first)
    plan = plan_book(market, _conviction(view, market, parameters), reasons, parameters, first)
    history, shadow = run_guarded_book(plan, parameters)
    return {
        TARGET_POSITION.name: target_positions(plan, history, parameters),
        PORTFOLIO_STATE.name: portfolio_state(plan, history, shadow),
        PNL_ATTRIBUTION.name: pnl_attribution(plan, history, parameters),
        PNL_BY_STRATEGY.name: pnl_by_strategy(plan, history, reasons, parameters),
        PNL_BY_FACTOR.name: pnl_by_factor(plan, history),
        ACTION.name: action_frame(plan, history, reasons, parameters),
    }


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


def _contributions(view: pl.DataFrame, first: int) -> Contributions:
    known = view.filter(pl.col("row") >= first).drop_nulls(["conviction", "contributions"])
    rows = zip(known["row"] - first, known["instrument_id"], known["contributions"], strict=True)
    return {(row, instrument_id): json.loads(text) for row, instrument_id, text in rows}
