"""Which held values are released by themselves: an independent sibling agrees, or later prints keep the level.

A print counts when it became known after the value was held: the fetch that brought the value is no witness of its own.
Nothing is released while a sibling or an identity contradicts it. What is out of bounds a person alone releases.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from desk.catalog import Catalog
from desk.catalog.plausibility import Plausibility
from desk.plausibility.judge import PRINTS_TO_KEEP
from desk.plausibility.peers import PEER_SCHEMA
from desk.plausibility.points import POINT_SCHEMA, kinds_of
from desk.plausibility.steps import scaled_value, with_steps

HELD_SCHEMA = pl.Schema(
    {**POINT_SCHEMA, "hold_id": pl.Int64(), "rule": pl.String(), "held_at": POINT_SCHEMA["knowledge_time"]}
)
"""A point that is held: with the rule that holds it, and since when."""


@dataclass(frozen=True, slots=True)
class Release:
    """A hold that ends by itself: by `sibling` or by `level`, and why."""

    hold_id: int
    rule: str
    reason: str


def releases(
    held: pl.DataFrame,
    history: pl.DataFrame,
    later: pl.DataFrame,
    peers: pl.DataFrame,
    rules: Plausibility,
    catalog: Catalog,
) -> list[Release]:
    """`held` (HELD_SCHEMA) are the open holds; `history` the accepted values before them; `later` every stored value of
    the same keys after them, held ones included (both POINT_SCHEMA); `peers` (PEER_SCHEMA) whatever is known by now."""
    met = held.join(peers.cast(PEER_SCHEMA), on=["key", "obs_date"], how="left")
    off = (pl.col("value") - pl.col("peer_value")).abs()
    opinions = met.group_by("hold_id").agg(
        witness=pl.col("peer").filter((off <= pl.col("within")) & pl.col("confirms")).first(),
        contradicted=(off > pl.col("beyond")).any().fill_null(False),
    )
    known = held.join(opinions, on="hold_id", how="left").filter(pl.col("rule") != "bounds")
    found = [
        Release(row["hold_id"], "sibling", f"{row['witness']} agrees")
        for row in known.filter(pl.col("witness").is_not_null() & ~pl.col("contradicted")).iter_rows(named=True)
    ]
    quiet = known.filter(pl.col("witness").is_null() & ~pl.col("contradicted"))
    return sorted(
        [*found, *_by_level(quiet, history, later, peers, rules, catalog)], key=lambda release: release.hold_id
    )


def _by_level(
    held: pl.DataFrame,
    history: pl.DataFrame,
    later: pl.DataFrame,
    peers: pl.DataFrame,
    rules: Plausibility,
    catalog: Catalog,
) -> list[Release]:
    kinds = kinds_of(held["key"].unique().to_list(), rules, catalog)
    found = []
    for row in held.join(kinds, on="key").sort("key", "obs_date").iter_rows(named=True):
        prints_needed = PRINTS_TO_KEEP.get(row["rule"], 0)
        after = later.filter(
            (pl.col("key") == row["key"])
            & (pl.col("obs_date") > row["obs_date"])
            & (pl.col("knowledge_time") > row["held_at"])
        ).sort("obs_date", "knowledge_time")
        prints = after.unique("obs_date", keep="last", maintain_order=True).head(prints_needed)
        if not prints_needed or prints.height < prints_needed:
            continue
        if _any_contradicted(prints, peers):
            continue
        before = history.filter((pl.col("key") == row["key"]) & (pl.col("obs_date") < row["obs_date"]))
        scored = _beside(before, row, kinds)
        kept = prints.with_columns(
            (pl.lit(scored[name]) if scored[name] is not None else pl.lit(None, dtype=pl.Float64)).alias(name)
            for name in ("z", "sigma", "level", "suspect_sigmas", "offset")
        ).with_columns(scale=pl.lit(scored["scale"]))
        near = (scaled_value(pl.col("value"), pl.col("level")) - pl.col("z")).abs() <= (
            pl.col("suspect_sigmas") * pl.col("sigma")
        )
        if kept.select(near.fill_null(False).all()).item():
            days = ", ".join(map(str, prints["obs_date"].to_list()))
            found.append(Release(row["hold_id"], "level", f"the level is kept on {days}"))
    return found


def _beside(before: pl.DataFrame, row: dict[str, object], kinds: pl.DataFrame) -> dict[str, object]:
    """The held value's own step measures behind its accepted history."""
    own = pl.DataFrame([{name: row[name] for name in POINT_SCHEMA}], schema=POINT_SCHEMA)
    points = pl.concat([before.select(list(POINT_SCHEMA)), own]).join(kinds, on="key")
    return with_steps(points).row(-1, named=True)


def _any_contradicted(points: pl.DataFrame, peers: pl.DataFrame) -> bool:
    met = points.join(peers.cast(PEER_SCHEMA), on=["key", "obs_date"])
    return bool(met.select(((pl.col("value") - pl.col("peer_value")).abs() > pl.col("beyond")).any()).item())
