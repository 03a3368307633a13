"""One fact, two sources, two numbers: which of the two is held, after both are stored.

A new value is judged when it arrives, against what is there by then. Where its sibling comes later, or neither number
has moved far, the pair can still be broken (desk/catalog/siblings.toml: `fact`). Then one of the two is held: the one
that no third source confirms where one does the other; else the one that repeats its last value; else the one farther
from its own past; else the right one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from desk.catalog import Catalog
from desk.catalog.plausibility import Plausibility
from desk.catalog.siblings import SiblingPair
from desk.frames import parts_by
from desk.plausibility.compare import LOOKBACK_DAYS, compared
from desk.plausibility.peers import peers_of
from desk.plausibility.points import POINT_SCHEMA, kinds_of, series_key
from desk.plausibility.steps import with_steps

FACT = "fact"
"""The rule's name."""
BROKEN_SCHEMA = pl.Schema(
    {
        **POINT_SCHEMA,
        "rule": pl.String(),
        "expected": pl.Float64(),
        "score": pl.Float64(),
        "peer": pl.String(),
        "peer_value": pl.Float64(),
        "hidden_from": pl.Datetime("us", "UTC"),
    }
)
"""A value to be held. `hidden_from`: when the later one of the two became known."""


def fact_keys(pairs: Sequence[SiblingPair], catalog: Catalog) -> set[str]:
    """The keys of every pair that is a fact, and of what may confirm one of its two."""
    names = {name for pair in pairs if pair.fact for name in (pair.left, pair.right)}
    names |= {other for pair in pairs if names & {pair.left, pair.right} for other in (pair.left, pair.right)}
    return {series_key(name, catalog) for name in names}


def broken_facts(
    points: pl.DataFrame,
    pairs: Sequence[SiblingPair],
    rules: Plausibility,
    catalog: Catalog,
    day: dt.date,
    days: int | None = None,
) -> pl.DataFrame:
    """Which of `points` (POINT_SCHEMA: believed values, one per key and day) are to be held: BROKEN_SCHEMA.

    Looks at the last days before `day`, by the pair's frequency, or at `days` of them.
    """
    scored = _scored(points, rules, catalog)
    confirmed = _confirmed(points, pairs, rules, catalog)
    rows = [row for pair in pairs if pair.fact for row in _losers(pair, scored, confirmed, catalog, day, days)]
    found = pl.DataFrame(rows, schema=BROKEN_SCHEMA)
    return found.unique(["key", "obs_date"], keep="first", maintain_order=True).sort("key", "obs_date")


def _scored(points: pl.DataFrame, rules: Plausibility, catalog: Catalog) -> pl.DataFrame:
    kinds = kinds_of(points["key"].unique().sort().to_list(), rules, catalog)
    return with_steps(points.join(kinds, on="key", how="inner")).select(*POINT_SCHEMA, "expected", "score")


def _confirmed(
    points: pl.DataFrame, pairs: Sequence[SiblingPair], rules: Plausibility, catalog: Catalog
) -> set[tuple[str, dt.date, str]]:
    """(key, day, peer): the independent peer agrees."""
    peers = peers_of(points, pairs, rules, catalog).filter("confirms")
    met = points.join(peers, on=["key", "obs_date"]).filter(
        (pl.col("value") - pl.col("peer_value")).abs() <= pl.col("within")
    )
    return set(met.select("key", "obs_date", "peer").iter_rows())


def _losers(
    pair: SiblingPair,
    scored: pl.DataFrame,
    confirmed: set[tuple[str, dt.date, str]],
    catalog: Catalog,
    day: dt.date,
    days: int | None,
) -> Iterator[dict[str, object]]:
    frequency = catalog.series[pair.left].frequency if pair.left in catalog.series else "D"
    since = day - dt.timedelta(days=days or LOOKBACK_DAYS[frequency])
    keys = {name: series_key(name, catalog) for name in (pair.left, pair.right)}
    own = scored.filter(pl.col("key").is_in(list(keys.values())))
    believed = own.select(list(POINT_SCHEMA)).with_columns(is_held=pl.lit(False))
    both = compared(parts_by(believed, "key"), pair, catalog)
    broken = both.filter(pl.col("left_date").is_between(since, day), pl.col("difference").abs() > pair.breach)
    rows = {(row["key"], row["obs_date"]): row for row in own.iter_rows(named=True)} if broken.height else {}
    for date in broken["left_date"]:
        sides: dict[str, dict[str, Any]] = {name: rows[key, date] for name, key in keys.items()}
        backed = {
            name: any(
                key == keys[name] and at == date and peer not in (pair.left, pair.right) for key, at, peer in confirmed
            )
            for name in keys
        }
        # A number that is yesterday's again while the other moved has not been renewed. A tie goes against the right
        # one: the left one is the desk's first choice.
        repeated = {name: side["value"] == side["expected"] for name, side in sides.items()}
        loser = max(
            keys, key=lambda name: (not backed[name], repeated[name], sides[name]["score"] or 0.0, name == pair.right)
        )
        other = pair.right if loser == pair.left else pair.left
        yield {
            **sides[loser],
            "rule": FACT,
            "peer": other,
            "peer_value": sides[other]["value"],
            "hidden_from": max(side["knowledge_time"] for side in sides.values()),
        }
