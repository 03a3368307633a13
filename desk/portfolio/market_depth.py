"""How much of each listed contract there is: its open interest, and how many trade in a day, as a decision knows them.

B3's simplified price report has the open interest and no volume. Where no volume is stored a day's is taken for a share
of the open interest (`volume_of_open_interest`, risk.toml).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.arrays import FloatArray
from desk.catalog.risk_parameters import LiquidityRules
from desk.model import decision_time

MAX_AGE = "10d"
"""Calendar days within which a contract's open interest says something of today's."""
DEPTH_SCHEMA = {"day": pl.Date, "contract_id": pl.String, "open_interest": pl.Float64, "volume": pl.Float64}


def market_depth(settlements: pl.DataFrame, days: Sequence[dt.date], rules: LiquidityRules) -> pl.DataFrame:
    """DEPTH_SCHEMA rows of each decision day and contract: the newest open interest that it knows, and the mean volume
    of the last `volume_days` sessions that have one. `settlements`: SETTLEMENT rows."""
    if settlements.is_empty() or not days:
        return pl.DataFrame(schema=DEPTH_SCHEMA)
    decisions = pl.DataFrame(
        {"day": list(days), "known": [decision_time(day) for day in days]},
        schema={"day": pl.Date, "known": pl.Datetime("us", "UTC")},
    )
    rows = settlements.select("contract_id", "obs_date", "knowledge_time", "open_interest", "volume").filter(
        pl.any_horizontal(pl.col("open_interest", "volume").is_not_null())
    )
    first = rows.sort("knowledge_time").unique(["contract_id", "obs_date"], keep="first")
    newest = first.sort("contract_id", "obs_date").with_columns(
        volume=pl.col("volume").rolling_mean(rules.volume_days, min_samples=1).over("contract_id"),
        open_interest=pl.col("open_interest").forward_fill().over("contract_id"),
    )
    keys = decisions.join(newest.select("contract_id").unique(), how="cross").sort("known")
    found = keys.join_asof(
        newest.sort("knowledge_time", "obs_date"),
        left_on="known",
        right_on="knowledge_time",
        by="contract_id",
        tolerance=MAX_AGE,
        check_sortedness=False,  # it is, by the lines above; with `by` polars cannot see it
    ).filter(pl.col("obs_date").is_not_null())
    return found.select(pl.col(name).cast(kind) for name, kind in DEPTH_SCHEMA.items())


def daily_volume(
    rows: pl.DataFrame, days: Sequence[dt.date], contract_id: npt.NDArray[np.str_], rules: LiquidityRules
) -> FloatArray:
    """Contracts that trade in a day, of the contracts (R, N) on decision days (R); NaN where nothing is stored of one.

    `rows`: DEPTH_SCHEMA.
    """
    known = {
        (day, name): interest * rules.volume_of_open_interest if volume is None and interest is not None else volume
        for day, name, interest, volume in rows.select(list(DEPTH_SCHEMA)).iter_rows()
    }
    found = [[known.get((day, name)) for name in names] for day, names in zip(days, contract_id.tolist(), strict=True)]
    return np.array(found, dtype=np.float64).reshape(contract_id.shape)
