"""Which rows of a gold table two computations have otherwise, to the bit."""

from __future__ import annotations

import polars as pl

from desk.gold import GOLD

DIFFERENCE_SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "as_of": pl.Datetime("us", "UTC"),
    "key": pl.String(),
    "column": pl.String(),
    "stored": pl.String(),
    "computed": pl.String(),
}
"""One line for each value of a row that differs. A row that only one of the two has is one line, its `column` empty,
and `absent` on the side that lacks it."""
ABSENT, PRESENT = "absent", "present"


def row_differences(name: str, stored: pl.DataFrame, computed: pl.DataFrame) -> pl.DataFrame:
    """DIFFERENCE_SCHEMA lines of two frames of the gold table `name`, sorted by day and key. NaN equals NaN, and null
    equals null. Both have the table's columns; others are left out."""
    table = GOLD[name]
    key = ["as_of", *table.key]
    values = [column for column in table.columns if column not in table.key]
    ours, theirs = (
        frame.select(pl.col(c).cast(kind) for c, kind in table.schema.items()) for frame in (computed, stored)
    )
    both = ours.with_columns(_computed=True).join(
        theirs.with_columns(_stored=True), on=key, how="full", suffix="_stored", nulls_equal=True, coalesce=True
    )
    marked = both.with_columns(table=pl.lit(name), key=_text(list(table.key)))
    alone = pl.col("_computed").is_null() | pl.col("_stored").is_null()
    lines = [
        marked.filter(alone).select(
            "table",
            "as_of",
            "key",
            pl.lit("").alias("column"),
            pl.when(pl.col("_stored").is_null()).then(pl.lit(ABSENT)).otherwise(pl.lit(PRESENT)).alias("stored"),
            pl.when(pl.col("_computed").is_null()).then(pl.lit(ABSENT)).otherwise(pl.lit(PRESENT)).alias("computed"),
        )
    ]
    paired = marked.filter(~alone)
    for column in values:
        other = paired.filter(pl.col(column).ne_missing(pl.col(f"{column}_stored")))
        lines.append(
            other.select(
                "table",
                "as_of",
                "key",
                pl.lit(column).alias("column"),
                pl.col(f"{column}_stored").cast(pl.String).fill_null("null").alias("stored"),
                pl.col(column).cast(pl.String).fill_null("null").alias("computed"),
            )
        )
    return (
        pl.concat(lines)
        .select(pl.col(name).cast(kind) for name, kind in DIFFERENCE_SCHEMA.items())
        .sort("as_of", "key", "column")
    )


def _text(key: list[str]) -> pl.Expr:
    return pl.concat_str([pl.col(part).cast(pl.String) for part in key], separator=" ") if key else pl.lit("")
