"""A whole history judged as it would have been morning by morning."""

from __future__ import annotations

import polars as pl

from desk.plausibility.levels import PRINTS_TO_KEEP


def known_on_the_day(peers: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """The peers that were known at 09:00 UTC (06:00 São Paulo) of the first morning after the point itself was."""
    morning = pl.col("knowledge_time").dt.offset_by("15h").dt.truncate("1d").dt.offset_by("9h")
    known = points.select("key", "obs_date", morning=morning)
    joined = peers.join(known, on=["key", "obs_date"], how="inner")
    return joined.filter(pl.col("peer_known") <= pl.col("morning")).drop("morning")


def on_the_day(verdicts: pl.DataFrame) -> pl.DataFrame:
    """`verdicts` as they stood each morning: until the last of the prints that a rule takes to believe a new level,
    those prints were held as well."""
    rows = verdicts.sort("key", "obs_date")
    for back in range(1, max(PRINTS_TO_KEEP.values())):
        earlier = pl.col("rule").shift(back).over("key")
        waits = earlier.replace_strict(PRINTS_TO_KEEP, default=0, return_dtype=pl.Int64) > back
        waits = waits & pl.col("kept").shift(back).over("key") & (pl.col("verdict").shift(back).over("key") == "held")
        rows = rows.with_columns(
            waiting=pl.when(waits.fill_null(False)).then(earlier).otherwise(
                pl.col("waiting") if back > 1 else pl.lit(None, dtype=pl.String)
            )
        )  # fmt: skip
    is_waiting = pl.col("waiting").is_not_null() & (pl.col("verdict") != "held")
    return rows.with_columns(
        verdict=pl.when(is_waiting).then(pl.lit("held")).otherwise("verdict"),
        rule=pl.when(is_waiting).then("waiting").otherwise("rule"),
        kept=pl.col("kept") | is_waiting,
    ).drop("waiting")
