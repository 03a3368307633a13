"""The grid that a publisher prints on: which values stand on it, and which end in a zero."""

from __future__ import annotations

import polars as pl

GRID_ROOM = 1e-4
GRID_PRINTS = 20
"""So many earlier values must stand on the publisher's grid before one off it says anything."""
ROUND_SHARE, ROUND_FAR = 0.25, 0.5
"""Ten times a number ends in a zero. Where at most this share of the earlier values end so, one that does, and a tenth
of which is near the last value, is a slip from this share of `slip_far` on."""


def on_grid(value: pl.Expr) -> pl.Expr:
    """Whether a value is a multiple of its kind's `grid`."""
    multiple = value / pl.col("grid")
    return (multiple - multiple.round()).abs() < GRID_ROOM


def printed_on_grid() -> pl.Expr:
    """Whether the values before a row, the last GRID_PRINTS of its key, stand on the grid."""
    marks = on_grid(pl.col("value")).cast(pl.Int8).shift(1)
    return (marks.rolling_min(GRID_PRINTS, min_samples=1).over("key") == 1).fill_null(False)


def ends_round() -> pl.Expr:
    """Ends in a zero on its publisher's grid, as few of the values before it do. Zero itself ends in nothing."""
    tens = pl.col("value") / (10.0 * pl.col("grid"))
    is_round = ((tens - tens.round()).abs() < GRID_ROOM) & (pl.col("grid") > 0)
    usual = is_round.cast(pl.Float64).shift(1).rolling_mean(GRID_PRINTS, min_samples=GRID_PRINTS).over("key")
    return (is_round & (pl.col("value") != 0) & (usual <= ROUND_SHARE)).fill_null(False)
