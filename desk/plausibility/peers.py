"""What others say of a point: siblings of another source, and the value that an identity leaves for it.

A peer's row says: for this key and day, `peer` has `peer_value`. Within `within` it agrees, beyond `beyond` it
contradicts; only a peer that `confirms` (another source's own number) keeps a value from being held. One that `repeats`
has the number from the same publisher, whose own slip it repeats too. `before` is the peer's value of the day before,
in the same measure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import polars as pl

from desk.catalog import Catalog
from desk.catalog.plausibility import Order, Plausibility, Total
from desk.catalog.siblings import SiblingPair
from desk.frames import parts_by
from desk.plausibility.points import series_key
from desk.units import DAYS_PER_YEAR

PEER_SCHEMA = pl.Schema(
    {
        "key": pl.String(),
        "obs_date": pl.Date(),
        "peer": pl.String(),
        "peer_value": pl.Float64(),
        "within": pl.Float64(),
        "beyond": pl.Float64(),
        "confirms": pl.Boolean(),
        "repeats": pl.Boolean(),
        "before": pl.Float64(),
        "peer_known": pl.Datetime("us", "UTC"),
    }
)


def peers_of(
    values: pl.DataFrame,
    pairs: Sequence[SiblingPair],
    rules: Plausibility,
    catalog: Catalog,
    judged: Collection[str] | None = None,
) -> pl.DataFrame:
    """Every declared sibling and identity over `values` (POINT_SCHEMA: stored values and the new ones, one per key and
    day). Rows of PEER_SCHEMA; `peer_known` is the latest knowledge time of what the peer's value is made of.

    `judged`: the keys whose peers are of interest; others may be left out. None: all.
    """
    by_key = {key: part.lazy() for key, part in parts_by(values.sort("key", "obs_date"), "key").items()}

    def concerns(*names: str) -> bool:
        return judged is None or any(series_key(name, catalog) in judged for name in names)

    parts = [pl.LazyFrame(schema=PEER_SCHEMA)]
    for pair in pairs:
        if concerns(pair.left, pair.right):
            parts += _siblings(by_key, pair, catalog)
    for total in rules.totals:
        if concerns(total.whole, *total.parts):
            parts += _total(by_key, total, catalog)
    for order in rules.orders:
        if concerns(order.low, order.high):
            parts += _order(by_key, order, catalog)
    return pl.concat(parts).collect()


def partners_of(keys: Iterable[str], pairs: Iterable[SiblingPair], rules: Plausibility, catalog: Catalog) -> set[str]:
    """The other keys that a sibling, a sum or an order of `keys` takes; `keys` themselves are left out."""
    own = set(keys)
    groups = [{pair.left, pair.right} for pair in pairs]
    groups += [{total.whole, *total.parts} for total in rules.totals]
    groups += [{order.low, order.high} for order in rules.orders]
    found: set[str] = set()
    for names in groups:
        members = {series_key(name, catalog) for name in names}
        if members & own:
            found |= members
    return found - own


def _shaped(rows: pl.LazyFrame, key: str, peer: str, confirms: bool, repeats: bool = False) -> pl.LazyFrame:
    return (
        rows.filter(pl.col("peer_value").is_not_null() & pl.col("peer_value").is_finite())
        .with_columns(key=pl.lit(key), peer=pl.lit(peer), confirms=pl.lit(confirms), repeats=pl.lit(repeats))
        .select(pl.col(name).cast(dtype) for name, dtype in PEER_SCHEMA.items())
    )


def _siblings(by_key: Mapping[str, pl.LazyFrame], pair: SiblingPair, catalog: Catalog) -> list[pl.LazyFrame]:
    left, right = series_key(pair.left, catalog), series_key(pair.right, catalog)
    if pair.align != "same_day" or left not in by_key or right not in by_key:
        return []
    value = pl.col("value")
    if pair.right_as == "annual_252":
        forth, back = (1.0 + value) ** DAYS_PER_YEAR - 1.0, (1.0 + value) ** (1.0 / DAYS_PER_YEAR) - 1.0
    else:
        forth, back = value, value
    found = []
    for key, name, other, measure in ((left, pair.right, right, forth), (right, pair.left, left, back)):
        rows = by_key[other].select("obs_date", peer_known="knowledge_time", peer_value=measure)
        size = pl.col("peer_value").abs() if pair.relative else pl.lit(1.0)
        if pair.right_as == "annual_252" and key == right:
            # A tolerance by the year, in the measure by the day.
            size = (1.0 + pl.col("peer_value")) ** (1.0 - DAYS_PER_YEAR) / DAYS_PER_YEAR
        rows = rows.with_columns(
            within=pair.tolerance * size, beyond=pair.breach * size, before=pl.col("peer_value").shift(1)
        )
        found.append(_shaped(rows, key, name, pair.independent, pair.fact))
    return found


def _total(by_key: Mapping[str, pl.LazyFrame], total: Total, catalog: Catalog) -> list[pl.LazyFrame]:
    """What the others leave for each member of whole = sum of weight x part."""
    members = {total.whole: -1.0, **total.parts}
    keys = {name: series_key(name, catalog) for name in members}
    if any(key not in by_key for key in keys.values()):
        return []
    names = list(members)
    joined = by_key[keys[names[0]]].select(
        "obs_date", pl.col("value").alias("v0"), pl.col("knowledge_time").alias("k0")
    )
    for at, name in enumerate(names[1:], start=1):
        other = by_key[keys[name]].select(
            "obs_date", pl.col("value").alias(f"v{at}"), pl.col("knowledge_time").alias(f"k{at}")
        )
        joined = joined.join(other, on="obs_date", how="inner")
    joined = joined.sort("obs_date")
    found = []
    for at, name in enumerate(names):
        rest = [other for other in range(len(names)) if other != at]
        implied = -pl.sum_horizontal(members[names[other]] * pl.col(f"v{other}") for other in rest) / members[name]
        room = total.tolerance / abs(members[name])
        rows = joined.select(
            "obs_date",
            peer_value=implied,
            within=pl.lit(room),
            beyond=pl.lit(room),
            peer_known=pl.max_horizontal(f"k{other}" for other in rest),
        ).with_columns(before=pl.col("peer_value").shift(1))
        found.append(_shaped(rows, keys[name], " and ".join(names[other] for other in rest), False))
    return found


def _order(by_key: Mapping[str, pl.LazyFrame], order: Order, catalog: Catalog) -> list[pl.LazyFrame]:
    """Days on which the low one is above the high one: each is the other's peer, and no room is left."""
    low, high = series_key(order.low, catalog), series_key(order.high, catalog)
    if low not in by_key or high not in by_key:
        return []
    both = by_key[low].join(by_key[high], on="obs_date", how="inner", suffix="_high")
    crossed = both.filter(pl.col("value") > pl.col("value_high")).with_columns(
        within=pl.lit(-1.0), beyond=pl.lit(0.0), before=pl.lit(None, dtype=pl.Float64)
    )
    return [
        _shaped(
            crossed.rename({"value_high": "peer_value", "knowledge_time_high": "peer_known"}), low, order.high, False
        ),
        _shaped(crossed.rename({"value": "peer_value", "knowledge_time": "peer_known"}), high, order.low, False),
    ]
