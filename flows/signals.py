"""Signals: the panel -> agents' views, regime, strategies' scores and convictions, and a reading of each instrument."""

from __future__ import annotations

import polars as pl
from prefect import flow

from desk.agents import compute_measures, compute_regimes, compute_views, measure_rows
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import MissingInput
from desk.model import decision_time
from desk.portfolio.aggregate import aggregate
from desk.strategies import STRATEGIES, compute_signals
from tasks.run.open_days import open_days
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.run import Run
from tasks.run.stages import StageResult, Stopwatch, finish_stage, require_rows

TABLES = ("agent_view", "regime", "agent_measure", "strategy_signals", "aggregated_signal")


@flow(name="signals", flow_run_name="signals-{run.day}", validate_parameters=False)
async def signals(run: Run, panel_input: PanelInput | None = None) -> StageResult:
    """Writes every decision from the book's inception (or the history's first day) on that is not a record yet.

    `panel_input`: the transform stage's; built from the store when None. Raises MissingInput when no strategy has a
    score on the decision day: what each one lacks is written before.
    """
    watch = Stopwatch()
    run.progress.event("stage", "signals", "started")
    panel_input = panel_input or await read_panel_input(run)
    measures = compute_measures(panel_input.panel)
    panel = panel_input.panel.with_measures(measures)
    scores = panel_input.signals = compute_signals(panel)
    classes = {instrument.id: instrument.asset_class for instrument in load_desk_parameters().instruments}
    days = await open_days(run, TABLES, min(panel_input.inception, run.history_start))
    shown = panel.since(days[0])
    frames = {
        "agent_view": compute_views(shown),
        "regime": compute_regimes(shown),
        "agent_measure": measure_rows(shown, measures),
        "strategy_signals": scores,
        "aggregated_signal": aggregate(scores, STRATEGIES, classes, panel.values),
    }
    since = decision_time(days[0])
    open_rows = pl.col("as_of").is_in([decision_time(day) for day in days])
    frames = {name: frame.filter(open_rows) for name, frame in frames.items()}
    rows = require_rows("signals", frames)
    written = await run.store.write_gold(frames, run.run_id, (since, run.as_of))
    today = frames["strategy_signals"].filter(pl.col("as_of") == run.as_of)
    if today["score"].null_count() == today.height:
        raise MissingInput("no strategy has a score: every one lacks an input")
    return finish_stage(run, "signals", rows, written, watch)
