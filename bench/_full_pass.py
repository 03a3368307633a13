"""A pass over every decided day at once, held against what each morning has stored of its own day, to the bit."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from pathlib import Path

import polars as pl

from alvorada.stack.data_dir import DataDir
from alvorada.stack.local_stack import postgres_in_use
from desk.agents import compute_measures, compute_regimes, compute_views, measure_rows
from desk.catalog.desk_parameters import load_desk_parameters
from desk.gold import GOLD
from desk.model import decision_time
from desk.portfolio.aggregate import aggregate
from desk.portfolio.price_inputs import read_price_inputs
from desk.risk import run_risk
from desk.strategies import STRATEGIES, compute_signals
from desk.transforms.feature_rows import feature_rows
from tasks.run.episode_levels import read_episode_levels
from tasks.run.measured_risk import BOOK_TABLES
from tasks.run.panel_input import read_panel_input
from tasks.run.run import Run
from tasks.run.run_context import open_run

LAST_DAY_ONLY = "monte_carlo"
"""A pass simulates its last day, a morning its own: those rows are left out."""


async def full_pass(run: Run) -> dict[str, pl.DataFrame]:
    """Features, signals and risk of every day of the book, of the positions that are stored; nothing stored of them is
    read."""
    panel_input, parameters = await read_panel_input(run), load_desk_parameters()
    bare, inception = panel_input.panel, panel_input.inception
    measures = compute_measures(bare)
    panel = bare.with_measures(measures)
    days, scores = [day for day in panel.days if day >= inception], compute_signals(panel)
    classes = {instrument.id: instrument.asset_class for instrument in parameters.instruments}
    since = decision_time(inception)
    book = {name: await run.store.read_gold(name, since, run.as_of) for name in BOOK_TABLES}
    archive = await read_episode_levels(run, parameters.dated, panel.days[0])
    frames = {
        "feature": feature_rows(bare, days),
        "agent_view": compute_views(panel),
        "regime": compute_regimes(panel),
        "agent_measure": measure_rows(panel, measures),
        "strategy_signals": scores,
        "aggregated_signal": aggregate(scores, STRATEGIES, classes, panel.values),
        **run_risk(bare.values, book, parameters, days, archive, read_price_inputs(bare)),
    }
    return {name: frame.filter(pl.col("as_of") >= since) for name, frame in frames.items()}


def differing(name: str, computed: pl.DataFrame, stored: pl.DataFrame) -> int:
    """Rows of a gold table that only one of the two has, or that have another value in one."""
    key = ["as_of", *GOLD[name].key]
    values = [column for column in GOLD[name].columns if column not in GOLD[name].key]
    if "method" in key:
        computed, stored = (frame.filter(pl.col("method") != LAST_DAY_ONLY) for frame in (computed, stored))
    both = computed.select(stored.columns).cast(stored.schema).with_columns(ours=True)
    both = both.join(
        stored.with_columns(theirs=True), on=key, how="full", suffix="_stored", nulls_equal=True, coalesce=True
    )
    alike = pl.all_horizontal(*(pl.col(column).eq_missing(pl.col(f"{column}_stored")) for column in values))
    return both.filter(pl.col("ours").is_null() | pl.col("theirs").is_null() | ~alike).height


async def _compare(day: dt.date) -> dict[str, tuple[int, int]]:
    async with open_run(decision_time(day), "stored") as run:
        frames, found = await full_pass(run), {}
        for name, frame in frames.items():
            stored = await run.store.read_gold(name, frame["as_of"].min(), run.as_of)  # type: ignore[arg-type]
            found[name] = (stored.height, differing(name, frame, stored))
    return found


def compare(home: Path, day: dt.date) -> dict[str, tuple[int, int]]:
    """table -> rows stored up to `day` in the sandbox world of a data directory, and how many of them differ."""
    before = dict(os.environ)
    with postgres_in_use(DataDir(home)) as postgres:
        os.environ |= {"ALVORADA_HOME": str(home), "DATABASE_URL": postgres.ensure_database("alvorada_sandbox")}
        try:
            return asyncio.run(_compare(day))
        finally:
            os.environ.clear()
            os.environ.update(before)
