"""What single contracts and bonds were settled at, as each decision knows it: of the session before alone."""

from __future__ import annotations

import polars as pl

from desk import calendars
from desk.point_in_time.as_of_grid import Grid

SETTLED_SCHEMA = {"day": pl.Date, "contract_id": pl.String, "price": pl.Float64, "rate": pl.Float64}


def settled_prices(settlement: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """SETTLED_SCHEMA: of each decision `day` the newest vintage that it knows of the settlements of the session before.

    `settlement`: SETTLEMENT rows. A settlement of an older session is no price of this one, and is left out.
    """
    decisions = pl.DataFrame(
        {
            "day": grid.days,
            "obs_date": calendars.session_before(grid.days),
            "as_of": grid.as_of_us.astype("datetime64[us]"),
        },
        schema={"day": pl.Date, "obs_date": pl.Date, "as_of": pl.Datetime("us")},
    ).with_columns(pl.col("as_of").dt.replace_time_zone("UTC"))
    return (
        settlement.filter(pl.any_horizontal(pl.col("price", "rate").is_finite()))
        .join(decisions, on="obs_date", how="inner")
        .filter(pl.col("knowledge_time") <= pl.col("as_of"))
        .sort("day", "contract_id", "knowledge_time")
        .unique(["day", "contract_id"], keep="last", maintain_order=True)
        .select(pl.col(name).cast(kind) for name, kind in SETTLED_SCHEMA.items())
    )
