"""The book of a run: opened at its inception, or continued from the state that the last decision has left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import polars as pl

from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.model import decision_time, desk_day
from desk.portfolio import BookRun, BookState, continue_book, open_book, package_terms
from desk.portfolio.book_state import with_stored_rows
from desk.portfolio.book_state_json import from_json
from desk.portfolio.price_inputs import read_price_inputs
from desk.strategies import STRATEGIES
from desk.transforms.panel import Panel
from tasks.run.decision_plan import DecisionPlan
from tasks.run.panel_input import PanelInput
from tasks.run.run import Run
from tasks.store import Decision

PACKAGES = package_terms(STRATEGIES)


async def compute_book(run: Run, plan: DecisionPlan, panel_input: PanelInput) -> BookRun:
    """The days after `plan.after`, or all of them from the inception, from the stored convictions."""
    return await book_after(run, plan.after, run.as_of, plan.held_days, panel_input)


async def book_after(
    run: Run, after: Decision | None, until: dt.datetime, held: Collection[dt.date], panel_input: PanelInput
) -> BookRun:
    """The days after a decision up to `until`, or from the inception where `after` is None, from the stored
    convictions. On a day of `held` no decision is made."""
    parameters, panel = load_desk_parameters(), _panel_until(panel_input, desk_day(until))
    values, prices = panel.values, read_price_inputs(panel)
    since = decision_time(panel_input.inception) if after is None else after.as_of
    signals = await run.store.read_gold("strategy_signals", since, until)
    if after is None:
        return open_book(values, signals, PACKAGES, parameters, panel_input.inception, prices, held)
    state = await _state_after(run, after, panel_input, parameters)
    return continue_book(values, signals, PACKAGES, parameters, state, held, prices)


async def _state_after(run: Run, after: Decision, panel_input: PanelInput, parameters: DeskParameters) -> BookState:
    """The stored state. A decision of an earlier release, or of history, has none: the book up to it is computed once
    more, and takes the stored NAV, holdings and targets."""
    if after.state is not None:
        return from_json(after.state, parameters.instrument_ids, [terms.id for terms in PACKAGES])
    day = desk_day(after.as_of)
    signals = await run.store.read_gold("strategy_signals", decision_time(panel_input.inception), after.as_of)
    signals = with_convictions(signals)
    until = _panel_until(panel_input, day)
    prices = read_price_inputs(until)
    state = open_book(until.values, signals, PACKAGES, parameters, panel_input.inception, prices).states[day]
    rows = {
        name: await run.store.read_gold(name, after.as_of, after.as_of)
        for name in ("target_position", "portfolio_state")
    }
    return with_stored_rows(state, rows["target_position"], rows["portfolio_state"], parameters.instrument_ids)


def _panel_until(panel_input: PanelInput, day: dt.date) -> Panel:
    """The panel's rows up to a day."""
    return panel_input.panel.head(int((panel_input.panel.values["day"] <= day).sum()))


def with_convictions(signals: pl.DataFrame) -> pl.DataFrame:
    """`signals` (STRATEGY_SIGNALS rows) where a release that had no convictions has stored none: score x confidence,
    without the age and the regime's tilt, which only later ones knew."""
    plain = (pl.col("score") * pl.col("confidence")).clip(-1.0, 1.0)
    return signals.with_columns(pl.coalesce("conviction", plain).alias("conviction"))
