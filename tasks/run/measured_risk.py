"""The risk of a proposed book, computed before either is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from desk import calendars
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time, desk_day
from desk.portfolio.price_inputs import read_price_inputs
from desk.risk import DecidedRisk, run_risk
from desk.risk.var_backtest import REACH
from desk.risk.without_orders import without_orders
from tasks.run.episode_levels import read_episode_levels
from tasks.run.open_days import open_days
from tasks.run.panel_input import PanelInput
from tasks.run.report_gold import RISK_TABLES
from tasks.run.run import Run

BOOK_TABLES = ("target_position", "portfolio_state", "pnl_by_strategy")
Frames = Mapping[str, pl.DataFrame]
BEFORE = dt.timedelta(seconds=1)


async def measure_risk(run: Run, book: Frames, panel_input: PanelInput) -> tuple[dict[str, pl.DataFrame], dt.datetime]:
    """The risk tables of each day that is not a record yet, of those that the panel's history reaches, and the first of
    these. `book`: the proposed days, which go on from the stored ones; the backtests need them from the inception."""
    panel, inception = panel_input.panel, panel_input.inception
    parameters = load_desk_parameters()
    whole = {name: await with_stored(run, name, book, decision_time(inception)) for name in BOOK_TABLES}
    first = max(inception, run.history_start)
    held = set(map(desk_day, whole["portfolio_state"]["as_of"].to_list()))
    days = [day for day in await open_days(run, RISK_TABLES, first) if day in held]
    archive = await read_episode_levels(run, parameters.dated, panel.days[0])
    decided = await _decided(run, book, days[0], inception)
    prices = read_price_inputs(panel)
    return run_risk(panel.values, whole, parameters, days, archive, prices, decided), decision_time(days[0])


async def measure_without_orders(run: Run, book: Frames, measured: Frames, panel_input: PanelInput) -> Frames:
    """The risk tables of the run's day as they would be if its orders were not made. `book` and `measured`: the
    proposed days, and their risk, which the methods of the day go on from."""
    panel, inception = panel_input.panel, panel_input.inception
    parameters = load_desk_parameters()
    whole = {name: await with_stored(run, name, book, decision_time(inception)) for name in BOOK_TABLES}
    idle = without_orders({**whole, "action": book["action"]}, run.as_of)
    archive = await read_episode_levels(run, parameters.dated, panel.days[0])
    stored = await _decided(run, book, run.day, inception)
    before = pl.col("as_of") < run.as_of
    decided = DecidedRisk(
        *(
            pl.concat([own, measured[name].filter(before).select(own.columns).cast(own.schema)])
            for name, own in (("risk_metrics_daily", stored.metrics), ("var_method", stored.methods))
        )
    )
    return run_risk(panel.values, idle, parameters, [run.day], archive, read_price_inputs(panel), decided)


async def _decided(run: Run, book: Frames, first: dt.date, inception: dt.date) -> DecidedRisk:
    """What is stored of the days before the proposed `book`, as far as the tests of `first` and later days reach."""
    last, begins = first_day(book) - BEFORE, decision_time(inception)
    window = load_desk_parameters().risk.backtest_window
    reach = decision_time(calendars.b3().offset(first, -REACH * window))
    return DecidedRisk(
        await run.store.read_gold("risk_metrics_daily", max(begins, reach), last),
        await run.store.read_gold("var_method", begins, last),
    )


async def with_stored(run: Run, name: str, proposed: Frames, since: dt.datetime) -> pl.DataFrame:
    """Rows of a table from `since` to the run's day: the stored ones before the proposed book's first day, then its own
    frame's. Raises StoreError."""
    begins = first_day(proposed)
    stored = await run.store.read_gold(name, since, begins - BEFORE)
    return pl.concat([stored, proposed[name].select(stored.columns).cast(stored.schema)])


def first_day(proposed: Frames) -> dt.datetime:
    """The first day of a proposed book."""
    return proposed["portfolio_state"]["as_of"].min()  # type: ignore[return-value]
