"""Why the positions of a run's decision are others than at the last one: from what is stored of that, and today's."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from desk.agents import compute_measures
from desk.arrays import IntArray
from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.gold import BOOK_CHANGE, POSITION_CHANGE, SIZING_BASIS
from desk.model import decision_time, desk_day
from desk.portfolio import BookRun
from desk.portfolio.change_frames import as_layers, book_changes, position_changes
from desk.portfolio.change_split import Record, SizingDecision, convictions_of, split_change
from desk.portfolio.price_inputs import read_price_inputs
from desk.strategies import compute_signals
from tasks.run.continued_book import PACKAGES, with_convictions
from tasks.run.decision_plan import DecisionPlan
from tasks.run.panel_input import PanelInput
from tasks.run.run import Run
from tasks.run.sizing_basis import BasisChange, basis_of, changed_since

REACH = dt.timedelta(days=90)
"""How far back a last decision is looked for: days on which the book was held are none."""
TABLES = (POSITION_CHANGE, BOOK_CHANGE, SIZING_BASIS)
Frames = dict[str, pl.DataFrame]


def no_changes() -> Frames:
    """The tables of a day without a decision."""
    return {table.name: pl.DataFrame(schema=table.schema) for table in TABLES}


async def explain_changes(run: Run, plan: DecisionPlan, panel_input: PanelInput, book: BookRun) -> Frames:
    """POSITION_CHANGE, BOOK_CHANGE and SIZING_BASIS of the run's day; without rows of the first two on a book's first
    day, and of all on a day on which it is held."""
    found = no_changes()
    if plan.kind == "held":
        return found
    parameters, values = load_desk_parameters(), panel_input.panel.values
    now = _sized_now(run, panel_input, book)
    stored = await _last_decision(run, plan, book)
    changed, deviation = BasisChange((), (), (), None), float("nan")
    if stored is not None:
        last = _sized_then(stored, parameters)
        revised = convictions_of(_signals(panel_input), decision_time(last.day), PACKAGES)
        record = None
        if not stored["sizing_basis"].is_empty():
            row = stored["sizing_basis"].row(0, named=True)
            changed = changed_since(row, basis_of(values, last.day))
            differ = not np.array_equal(revised, last.conviction, equal_nan=True)
            record = Record(
                as_layers(stored["position_change"], parameters), row["deviation_brl"], changed.earlier,
                changed.cause(views_differ=differ),
            )  # fmt: skip
        else:  # nothing is stored to compare with: the last decision's views are taken as they are today
            revised = last.conviction
        prices = read_price_inputs(panel_input.panel)
        split = split_change(values, PACKAGES, parameters, last, now, revised, record, prices)
        of_day = book.frames["target_position"].filter(as_of=run.as_of), book.frames["action"].filter(as_of=run.as_of)
        found["position_change"] = position_changes(run.as_of, split, last, now, of_day, PACKAGES, parameters)
        found["book_change"] = book_changes(run.as_of, split)
        deviation = split.deviation
    basis = basis_of(values, run.day)
    fields = (run.as_of, basis.code_sha256, json.dumps(dict(basis.parameters)), json.dumps(dict(basis.inputs)),
           changed.as_json(), deviation)  # fmt: skip
    if stored is not None:
        found["sizing_basis"] = pl.DataFrame([fields], schema=SIZING_BASIS.schema, orient="row")
    return found


def _signals(panel_input: PanelInput) -> pl.DataFrame:
    """Those of all the panel's days, computed today: the signals stage's, or anew where this stage runs by itself."""
    if panel_input.signals is None:
        panel = panel_input.panel
        panel_input.signals = compute_signals(panel.with_measures(compute_measures(panel)))
    return panel_input.signals


def _sized_now(run: Run, panel_input: PanelInput, book: BookRun) -> SizingDecision:
    held = book.states[run.day].guarded
    conviction = convictions_of(_signals(panel_input), run.as_of, PACKAGES)
    return SizingDecision(
        run.day, conviction, held.nav, held.risk_multiplier, held.target.contracts, held.before.contracts, book.wanted
    )


def _sized_then(stored: Mapping[str, pl.DataFrame], parameters: DeskParameters) -> SizingDecision:
    state: dict[str, Any] = stored["portfolio_state"].row(0, named=True)
    targets = dict(stored["target_position"].select("instrument_id", "contracts").iter_rows())
    contracts: IntArray = np.array([targets.get(name) or 0 for name in parameters.instrument_ids], dtype=np.int64)
    conviction = convictions_of(with_convictions(stored["strategy_signals"]), state["as_of"], PACKAGES)
    day = desk_day(state["as_of"])
    braked = state["risk_multiplier"] if state["risk_multiplier"] is not None else 1.0  # a release without a breaker
    return SizingDecision(day, conviction, state["nav_brl"], braked, contracts, contracts)


async def _last_decision(run: Run, plan: DecisionPlan, book: BookRun) -> Frames | None:
    """The rows of the last decision before the run's; None where it is the book's first. A day on which the book was
    held, or on which the gate has stopped the orders, has no volatility that was aimed at."""
    decided = pl.col("as_of") < run.as_of, pl.col("target_volatility").is_not_null()
    names = ("portfolio_state", "target_position")
    computed = {name: book.frames[name] for name in names}
    times = computed["portfolio_state"].filter(*decided)["as_of"]
    if len(times):
        at = times.max()
    elif plan.after is not None:
        states = await run.store.read_gold("portfolio_state", run.as_of - REACH, plan.after.as_of)
        times = states.filter(*decided)["as_of"]
        at = times.max() if len(times) else None
    else:
        at = None
    if at is None:
        return None
    assert isinstance(at, dt.datetime)
    rows = {table: await run.store.read_gold(table, at, at) for table in ("position_change", "sizing_basis")}
    rows["strategy_signals"] = await run.store.read_gold("strategy_signals", at, at)
    for name in names:
        own = computed[name].filter(as_of=at)
        rows[name] = own if not own.is_empty() else await run.store.read_gold(name, at, at)
    return rows
