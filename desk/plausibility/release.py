"""Which held values are released by themselves: an independent sibling agrees, or later prints keep the level.

A print counts when it became known after the value was held: the fetch that brought the value is no witness of its own.
Nothing is released while a sibling or an identity contradicts it. What is out of bounds a person alone releases. What
is unheard of (`levels.unheard`) is released by no repetition: not by later prints, nor by a second service that has the
number from the same publisher.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from desk.catalog import Catalog
from desk.catalog.plausibility import Plausibility
from desk.plausibility.levels import PRINTS_TO_KEEP, unheard
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
    scored = _scored(held, history, rules, catalog)
    odd = held.join(scored.select("hold_id", "unheard"), on="hold_id", how="left")
    odd = odd.with_columns(pl.col("unheard").fill_null(False))
    met = odd.join(peers.cast(PEER_SCHEMA), on=["key", "obs_date"], how="left")
    off = (pl.col("value") - pl.col("peer_value")).abs()
    opinions = met.group_by("hold_id").agg(
        witness=pl.col("peer")
        .filter((off <= pl.col("within")) & pl.col("confirms") & ~(pl.col("unheard") & pl.col("repeats")))
        .first(),
        contradicted=(off > pl.col("beyond")).any().fill_null(False),
    )
    known = held.join(opinions, on="hold_id", how="left").filter(pl.col("rule") != "bounds")
    found = [
        Release(row["hold_id"], "sibling", f"{row['witness']} agrees")
        for row in known.filter(pl.col("witness").is_not_null() & ~pl.col("contradicted")).iter_rows(named=True)
    ]
    quiet = known.filter(pl.col("witness").is_null() & ~pl.col("contradicted")).select("hold_id")
    level = _by_level(scored.filter(~pl.col("unheard")).join(quiet, on="hold_id"), later, peers)
    return sorted([*found, *level], key=lambda release: release.hold_id)


def _by_level(scored: pl.DataFrame, later: pl.DataFrame, peers: pl.DataFrame) -> list[Release]:
    found = []
    for row in scored.sort("key", "obs_date").iter_rows(named=True):
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
        kept = prints.with_columns(
            (pl.lit(row[name]) if row[name] is not None else pl.lit(None, dtype=pl.Float64)).alias(name)
            for name in ("z", "sigma", "level", "suspect_sigmas", "offset")
        ).with_columns(scale=pl.lit(row["scale"]))
        near = (scaled_value(pl.col("value"), pl.col("level")) - pl.col("z")).abs() <= (
            pl.col("suspect_sigmas") * pl.col("sigma")
        )
        if kept.select(near.fill_null(False).all()).item():
            days = ", ".join(map(str, prints["obs_date"].to_list()))
            found.append(Release(row["hold_id"], "level", f"the level is kept on {days}"))
    return found


def _scored(held: pl.DataFrame, history: pl.DataFrame, rules: Plausibility, catalog: Catalog) -> pl.DataFrame:
    """`held` with each one's own step measures behind its accepted history, and whether it is unheard of."""
    kinds = kinds_of(held["key"].unique().to_list(), rules, catalog)
    point = list(POINT_SCHEMA)
    before = history.select(point).join(held.select("key", "hold_id", until="obs_date"), on="key")
    before = before.filter(pl.col("obs_date") < pl.col("until")).drop("until")
    both = pl.concat([before.with_columns(own=False), held.select(*point, "hold_id", own=True)]).join(kinds, on="key")
    # One key may have several holds: each is the last of a series of its own.
    parted = both.with_columns(series="key", key=pl.format("{}#{}", "key", "hold_id"))
    steps = with_steps(parted).with_columns(unheard=unheard()).filter("own")
    return steps.with_columns(key="series").drop("series", "own").join(
        held.select("hold_id", "rule", "held_at"), on="hold_id"
    )  # fmt: skip


def _any_contradicted(points: pl.DataFrame, peers: pl.DataFrame) -> bool:
    met = points.join(peers.cast(PEER_SCHEMA), on=["key", "obs_date"])
    return bool(met.select(((pl.col("value") - pl.col("peer_value")).abs() > pl.col("beyond")).any()).item())
