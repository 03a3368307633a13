"""Views against instruments that cannot be held short: a cash bond is long only."""

from __future__ import annotations

import json

import polars as pl

from desk.catalog.desk_parameters import DeskParameters


def without_cash_shorts(aggregated: pl.DataFrame, parameters: DeskParameters) -> pl.DataFrame:
    """A view against a cash bond becomes one against the future that replaces it (`short_with`), beside what the
    future has of its own: the desk cannot borrow the bond, and the future of the same rate is the way to be short."""
    futures = {item.id: item.short_with for item in parameters.instruments if item.long_only}
    if not {"as_of", "instrument_id", "conviction", "contributions"} <= set(aggregated.columns):
        return aggregated
    against = pl.col("instrument_id").is_in(list(futures)) & (pl.col("conviction") < 0)
    shorts = aggregated.filter(against)
    if shorts.is_empty():
        return aggregated
    moved = shorts.with_columns(pl.col("instrument_id").replace_strict(futures))
    return (
        pl.concat([aggregated.filter(~against | pl.col("conviction").is_null()), moved])
        .group_by("as_of", "instrument_id", maintain_order=True)
        .agg(
            pl.col("conviction").drop_nulls().sum().clip(-1.0, 1.0),
            pl.col("conviction").is_not_null().any().alias("known"),
            pl.col("contributions").filter(pl.col("conviction").is_not_null()).alias("parts"),
        )
        .with_columns(
            pl.when("known").then("conviction").alias("conviction"),
            pl.col("parts").map_elements(_merged, return_dtype=pl.String).alias("contributions"),
        )
        .select("as_of", "instrument_id", "conviction", "contributions")
    )


def _merged(texts: pl.Series) -> str:
    """Contributions of several JSON objects, added up by strategy."""
    parts: dict[str, float] = {}
    for text in texts:
        for name, value in json.loads(text).items():
            parts[name] = parts.get(name, 0.0) + value
    return json.dumps(parts)
