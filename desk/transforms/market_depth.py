"""How much of each listed contract there is: its open interest, and how many trade in a day, as a decision knows them.

Both are medians of sessions: a number of one file alone neither sells a line nor opens a limit. B3's simplified price
report has the open interest and no volume. Where no volume is stored a day's is taken for a share of the open interest
(`volume_of_open_interest`, risk.toml), and it never counts for more than all of it. What is traded in FRC is open as
DDI (`booked_as`, instruments.toml): B3 gives no open interest of FRC, and that of the DDI of its month is what it
becomes a part of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.catalog.risk_parameters import LiquidityRules
from desk.model import decision_time

MAX_AGE = dt.timedelta(days=10)
"""Within which a contract's open interest says something of today's."""
MONTH_CHARS = 3
"""Of a future's name, after its root: F29."""
DEPTH_SCHEMA = {"day": pl.Date, "contract_id": pl.String, "open_interest": pl.Float64, "volume": pl.Float64}


def market_depth(settlements: pl.DataFrame, days: Sequence[dt.date], parameters: DeskParameters) -> pl.DataFrame:
    """DEPTH_SCHEMA rows of each decision day and contract, by the rules of risk.toml, [liquidity]: the median open
    interest of the last `interest_days` sessions that it knows, at most `interest_growth` times that of `volume_days`
    sessions, and the median volume of as many. `settlements`: SETTLEMENT rows."""
    rows = settlements.select("contract_id", "obs_date", "knowledge_time", "open_interest", "volume").filter(
        pl.any_horizontal(pl.col("open_interest", "volume").is_not_null())
    )
    if rows.is_empty() or not days:
        return pl.DataFrame(schema=DEPTH_SCHEMA)
    decisions = pl.DataFrame(
        {"day": list(days), "known": [decision_time(day) for day in days]},
        schema={"day": pl.Date, "known": pl.Datetime("us", "UTC")},
    )
    rows = pl.concat([rows, *_booked(rows, parameters)])

    def interest(sessions: int) -> pl.Expr:
        return pl.col("open_interest").forward_fill().rolling_median(sessions, min_samples=1)

    first = rows.sort("knowledge_time").unique(["contract_id", "obs_date"], keep="first")
    rules = parameters.risk.liquidity
    most = rules.interest_growth * interest(rules.volume_days)
    newest = first.sort("contract_id", "obs_date").with_columns(
        volume=pl.col("volume").rolling_median(rules.volume_days, min_samples=1).over("contract_id"),
        open_interest=pl.min_horizontal(interest(rules.interest_days), most).over("contract_id"),
    )
    spans = newest.group_by("contract_id").agg(
        begins=pl.col("knowledge_time").min(), ends=pl.col("knowledge_time").max() + MAX_AGE
    )
    keys = decisions.join_where(spans, pl.col("known") >= pl.col("begins"), pl.col("known") <= pl.col("ends"))
    found = (
        keys.drop("begins", "ends")
        .sort("known")
        .join_asof(
            newest.sort("knowledge_time", "obs_date"),
            left_on="known",
            right_on="knowledge_time",
            by="contract_id",
            tolerance=MAX_AGE,
            check_sortedness=False,  # it is, by the lines above; with `by` polars cannot see it
        )
        .filter(pl.col("obs_date").is_not_null())
    )
    return found.select(pl.col(name).cast(kind) for name, kind in DEPTH_SCHEMA.items()).sort("day", "contract_id")


def depth_contracts(contracts: Iterable[str], parameters: DeskParameters) -> list[str]:
    """The names under which the market of `contracts` is stored: their own, and what they are booked as."""
    found = set(contracts)
    for root, booked in _pairs(parameters):
        found |= {booked + name[-MONTH_CHARS:] for name in found if name.startswith(root)}
    return sorted(found)


def _pairs(parameters: DeskParameters) -> list[tuple[str, str]]:
    return sorted({(item.root, item.booked_as) for item in parameters.instruments if item.booked_as is not None})


def _booked(rows: pl.DataFrame, parameters: DeskParameters) -> list[pl.DataFrame]:
    """The rows of what an instrument's contracts are booked as, by its own names; their volume is not its own."""
    return [
        rows.filter(pl.col("contract_id").str.starts_with(booked)).with_columns(
            contract_id=root + pl.col("contract_id").str.tail(MONTH_CHARS), volume=pl.lit(None, pl.Float64)
        )
        for root, booked in _pairs(parameters)
    ]


@dataclass(frozen=True)
class Depth:
    """Of contracts (R, N) on decision days (R): `open_interest`, and `volume` of a day; NaN where nothing is stored.
    `stored_volume`: NaN where none is stored and `volume` is a share of the open interest. `unseen`: nothing is stored
    of the contract, and of others of its root there is."""

    open_interest: FloatArray
    volume: FloatArray
    stored_volume: FloatArray
    unseen: BoolArray


def traded_volume(open_interest: FloatArray, stored: FloatArray, rules: LiquidityRules) -> FloatArray:
    """Contracts that trade in a day, of any shape: the `stored` volume, at most all that are open; where none is stored
    a share of the open interest. NaN where neither is known."""
    return np.where(np.isfinite(stored), np.fmin(stored, open_interest), open_interest * rules.volume_of_open_interest)


def depth_of(
    rows: pl.DataFrame, days: Sequence[dt.date], contract_id: npt.NDArray[np.str_], rules: LiquidityRules
) -> Depth:
    """The depth of the contracts (R, N) on decision days (R). `rows`: DEPTH_SCHEMA."""
    count = contract_id.shape[1]
    named = pl.DataFrame(
        {"day": pl.Series(list(days), dtype=pl.Date).repeat_by(count).explode(), "contract_id": contract_id.ravel()},
        schema_overrides={"contract_id": pl.String},
    ).with_columns(root=pl.col("contract_id").str.head(-MONTH_CHARS))
    rows = rows.filter(pl.col("day").is_in(list(days)))
    roots = rows.select("day", root=pl.col("contract_id").str.head(-MONTH_CHARS), seen=True).unique()
    found = named.join(rows, on=["day", "contract_id"], how="left", maintain_order="left").join(
        roots, on=["day", "root"], how="left", maintain_order="left"
    )
    interest, stored = (found[name].to_numpy().astype(np.float64) for name in ("open_interest", "volume"))
    volume = traded_volume(interest, stored, rules)
    unseen = found["seen"].is_not_null().to_numpy() & ~np.isfinite(volume) & ~np.isfinite(interest)
    shape = contract_id.shape
    return Depth(interest.reshape(shape), volume.reshape(shape), stored.reshape(shape), unseen.reshape(shape))
