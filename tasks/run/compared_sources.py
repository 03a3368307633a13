"""Two sources of one fact, by what a run's as_of knew: the rows of source_comparison."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from desk.catalog.siblings import load_curve_pairs, load_forward_pairs, load_siblings
from desk.model import SILVER
from desk.plausibility.compare import READ_DAYS, compare_curves, compare_forwards, compare_series
from desk.plausibility.points import POINT_SCHEMA, points_of, series_key
from tasks.run.run import Run
from tasks.store.holds import disbelieved

TABLES = ("observation", "price_bar", "curve_point")
"""Tables that have the series and vertices of siblings.toml."""


async def source_comparisons(run: Run, silver: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """SOURCE_COMPARISON rows of the run's decision. `silver`: table -> believed rows known at it. Raises StoreError."""
    pairs = load_siblings()
    keys = {series_key(name, run.catalog) for pair in pairs for name in (pair.left, pair.right)}
    recent = pl.col("obs_date") > run.day - dt.timedelta(days=READ_DAYS)
    known = pl.concat([points_of(SILVER[name], silver[name].filter(recent)) for name in TABLES])
    points = known.filter(pl.col("key").is_in(keys)).sort("knowledge_time").unique(["key", "obs_date"], keep="last")
    held = disbelieved(await run.store.read_holds(), run.as_of).select(
        key=pl.col("silver_table") + "." + pl.col("silver_column") + ":" + pl.col("entity"),
        obs_date="obs_date",
        knowledge_time="knowledge_time",
        value="value",
    )
    series = compare_series(
        points, held.filter(pl.col("key").is_in(keys)).cast(POINT_SCHEMA), pairs, run.catalog, run.day
    )
    curves = compare_curves(silver, load_curve_pairs(), run.day)
    return pl.concat([series, curves, compare_forwards(silver, load_forward_pairs(), run.day)])
