"""How far a value stands from what its own past leads to expect, in robust standard deviations of its own steps.

Every statistic of a row is taken over earlier rows alone. A step is measured in the scale of its kind; its deviation is
1.4826 times the median absolute step of a year or of the last month, whichever is wider, never below the kind's floor,
and the kind's prior while the series is young. Over a gap it widens with the root of the prints that are absent.
"""

from __future__ import annotations

import polars as pl

MAD = 1.4826
LONGEST_GAP = 250.0
GROUPING = ("scale", "reference", "window", "recent", "young", "level_window")


def with_steps(points: pl.DataFrame) -> pl.DataFrame:
    """`points` with what is expected of each and how far it is off.

    Takes `key`, `obs_date`, `value` and the kind's columns, one row per key and day; returns them sorted by both, with
    `z` (the value in its kind's scale, null where it has none), `z_expected`, `expected` (in the value's unit), `step`,
    `sigma`, `score` (absolute step over sigma) and `steps` (how many steps the deviation rests on). A first value of a
    series has nothing to be expected: null.
    """
    parts = [_group(part) for part in points.partition_by(GROUPING, maintain_order=False)]
    if not parts:
        parts = [_group(points)]
    return pl.concat(parts).sort("key", "obs_date")


def scaled_value(value: pl.Expr, level: pl.Expr) -> pl.Expr:
    """The value in its kind's scale; `level` is what a share of the relative scale is taken of."""
    shifted = pl.when(pl.col("scale") == "log_offset").then(value + pl.col("offset")).otherwise(value)
    logarithm = pl.when(shifted > 0).then(shifted.log())
    return (
        pl.when(pl.col("scale").is_in(["log", "log_offset"]))
        .then(logarithm)
        .when(pl.col("scale") == "relative")
        .then(value / level)
        .otherwise(value)
    )


def _group(points: pl.DataFrame) -> pl.DataFrame:
    first = points.row(0, named=True) if points.height else {}
    window, recent = first.get("window", 1), first.get("recent", 1)
    ordered = points.sort("key", "obs_date")
    earlier = pl.col("value").shift(1)
    size = pl.max_horizontal(earlier.abs(), earlier.abs().rolling_median(recent, min_samples=1))
    ordered = ordered.with_columns(
        level=pl.when(size.over("key") > 0).then(size.over("key")).otherwise(1.0),
        gap=(pl.col("obs_date").diff().dt.total_days().over("key") / pl.col("spacing_days")).clip(1.0, LONGEST_GAP),
    ).with_columns(z=scaled_value(pl.col("value"), pl.col("level")))
    if first.get("reference") == "level":
        span = first["level_window"]
        expected = earlier.rolling_median(span, min_samples=1)
    else:
        expected = earlier
    ordered = ordered.with_columns(expected=expected.over("key"))
    ordered = ordered.with_columns(z_expected=scaled_value(pl.col("expected"), pl.col("level")))
    ordered = ordered.with_columns(step=pl.col("z") - pl.col("z_expected"))
    plain = (pl.col("step").abs() / pl.col("gap").sqrt()).shift(1)
    young = first.get("young", 1)
    ordered = ordered.with_columns(
        year=MAD * plain.rolling_median(window, min_samples=1).over("key"),
        month=MAD * plain.rolling_median(recent, min_samples=min(recent, young)).over("key"),
        steps=plain.is_not_null().cast(pl.Int64).rolling_sum(window, min_samples=1).over("key"),
    )
    own = pl.max_horizontal("floor", "year", "month")
    usual = pl.when(pl.col("steps") >= young).then(own).otherwise(pl.max_horizontal("prior", "year"))
    return ordered.with_columns(sigma=usual * pl.col("gap").fill_null(1.0).sqrt()).with_columns(
        score=pl.col("step").abs() / pl.col("sigma")
    )
