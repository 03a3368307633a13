"""A pass over every decided day of a book at once, held against what each morning has stored of its own day.

Each stage is computed of what the stage before it has stored, so that a difference shows at the stage that made it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from desk import calendars
from desk.agents import compute_measures, compute_regimes, compute_views, measure_rows
from desk.catalog.desk_parameters import load_desk_parameters
from desk.gold_difference import DIFFERENCE_SCHEMA, row_differences
from desk.model import decision_time
from desk.portfolio.aggregate import aggregate
from desk.portfolio.price_inputs import read_price_inputs
from desk.risk import DecidedRisk, run_risk
from desk.risk.var_backtest import REACH
from desk.strategies import STRATEGIES, compute_signals
from desk.transforms.feature_rows import feature_rows
from tasks.run.continued_book import book_after
from tasks.run.episode_levels import read_episode_levels
from tasks.run.measured_risk import BEFORE, BOOK_TABLES
from tasks.run.model_book import find_book
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.run import Run
from tasks.run.verified_segments import Segment, segments

LAST_DAY_ONLY = pl.col("method") == "monte_carlo"
"""A pass simulates its last day, a morning its own: those rows are not compared."""
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Verified:
    """A segment and what became of it: `rows` table -> rows stored, `differences` DIFFERENCE_SCHEMA lines."""

    segment: Segment
    rows: Mapping[str, int]
    differences: pl.DataFrame


async def verify_decisions(run: Run) -> list[Verified]:
    """Every decided day of the book that has the run's day, or the last one before it. Nothing is written.

    Raises StoreError where there is no book.
    """
    book = await find_book(run)
    parts = await segments(run, book)
    if not parts:
        return []
    panel_input = await read_panel_input(run)
    levels = _levels_and_signals(panel_input)
    return [await _verify(run, part, panel_input, levels) for part in parts]


def _levels_and_signals(panel_input: PanelInput) -> dict[str, pl.DataFrame]:
    """The rows of the transform stage and the signals stage on every day of the panel."""
    bare = panel_input.panel
    measures = compute_measures(bare)
    panel, scores = bare.with_measures(measures), compute_signals(bare.with_measures(measures))
    classes = {instrument.id: instrument.asset_class for instrument in load_desk_parameters().instruments}
    return {
        "feature": feature_rows(bare, [day for day in panel.days if day >= panel_input.inception]),
        "agent_view": compute_views(panel),
        "regime": compute_regimes(panel),
        "agent_measure": measure_rows(panel, measures),
        "strategy_signals": scores,
        "aggregated_signal": aggregate(scores, STRATEGIES, classes, panel.values),
    }


async def _verify(run: Run, segment: Segment, panel_input: PanelInput, levels: Frames) -> Verified:
    days = [decision_time(day) for day in segment.days]
    after = await run.store.decision(segment.after.as_of) if segment.after is not None else None
    computed = {
        **levels,
        **(await book_after(run, after, days[-1], segment.held, panel_input)).frames,
        **await _risk(run, segment, panel_input),
    }
    rows, lines = dict[str, int](), [pl.DataFrame(schema=DIFFERENCE_SCHEMA)]
    for name, frame in computed.items():
        stored = await run.store.read_gold(name, days[0], days[-1])
        ours, theirs = (_compared(one, days) for one in (frame, stored))
        rows[name] = theirs.height
        lines.append(row_differences(name, theirs, ours))
    return Verified(segment, rows, pl.concat(lines))


async def _risk(run: Run, segment: Segment, panel_input: PanelInput) -> dict[str, pl.DataFrame]:
    """The risk of the positions that are stored. Of the days before a segment that does not begin the book it reads
    what they have stored, as a morning does."""
    parameters, panel = load_desk_parameters(), panel_input.panel
    begins, last = decision_time(panel_input.inception), decision_time(segment.days[-1])
    book = {name: await run.store.read_gold(name, begins, last) for name in BOOK_TABLES}
    archive = await read_episode_levels(run, parameters.dated, panel.days[0])
    decided = DecidedRisk()
    if segment.after is not None:
        reach = decision_time(calendars.b3().offset(segment.days[0], -REACH * parameters.risk.backtest_window))
        before = decision_time(segment.days[0]) - BEFORE
        decided = DecidedRisk(
            await run.store.read_gold("risk_metrics_daily", max(begins, reach), before),
            await run.store.read_gold("var_method", begins, before),
        )
    return run_risk(panel.values, book, parameters, segment.days, archive, read_price_inputs(panel), decided)


def _compared(frame: pl.DataFrame, days: list[dt.datetime]) -> pl.DataFrame:
    rows = frame.filter(pl.col("as_of").is_in(days))
    return rows.filter(~LAST_DAY_ONLY) if "method" in rows.columns else rows
