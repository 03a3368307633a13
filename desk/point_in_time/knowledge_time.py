"""When we may say that a number was known: the stamp on every row that goes into silver. Pure.

A row with its source's own vintage keeps it ("source"). Of the others, one equal to what we hold is dropped, one that
differs is a revision, known from our sight of it ("sight"), and a new one is known from its publication rule's hour
("rule"), unless we have looked there after that hour and it was not there (it came late: "sight"), or we see it before
that hour (early: "sight"). Rows of a history file fill holes only, by their rule ("imported").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

import polars as pl

from desk.catalog import Catalog
from desk.model import Dataset, SilverTable
from desk.point_in_time.publication_rules import publication_times

TIME = pl.Datetime("us", "UTC")
TICK = dt.timedelta(microseconds=1)
SAME_INSTANT = dt.timedelta(seconds=1)
"""Under a frozen clock several sights share one instant; they are told apart by ticks, which stay within this."""
NO_FETCHES = pl.DataFrame(schema={"covered_from": pl.Date, "covered_to": pl.Date, "fetched_at": TIME})


@dataclass(frozen=True)
class Sighting:
    """Under what circumstances the rows were seen. Times are UTC.

    fetched_at   when the source was asked
    as_of        the decision that the fetch was made for
    grace        a fetch within `grace` after as_of is the decision's own: what it sees is known at as_of
    fetches      earlier successful fetches of the dataset: covered_from, covered_to, fetched_at
    stored       ids (values of the table's first key column) that have rows already
    imported     the rows come from a history file
    """

    fetched_at: dt.datetime
    as_of: dt.datetime
    grace: dt.timedelta = dt.timedelta(minutes=15)
    fetches: pl.DataFrame = field(default_factory=lambda: NO_FETCHES)
    stored: Collection[str] = frozenset()
    imported: bool = False

    @property
    def sighted_at(self) -> dt.datetime:
        own = dt.timedelta(0) <= self.fetched_at - self.as_of <= self.grace
        return self.as_of if own else self.fetched_at

    @property
    def known_by(self) -> dt.datetime | None:
        """Rows known later than this are nothing to compare with; None: all rows are."""
        return None if self.imported else self.fetched_at + SAME_INSTANT


def stamp(
    table: SilverTable,
    parsed: pl.DataFrame,
    dataset: Dataset,
    catalog: Catalog,
    existing: pl.DataFrame,
    sighting: Sighting,
) -> pl.DataFrame:
    """The rows to insert, in the table's stored schema.

    `parsed`: the table's parsed schema and `payload_id`. `existing`: the stored schema, every vintage or the newest
    one per (entity, obs_date), of those known by `sighting.known_by`.
    """
    rows = parsed.select(*table.parsed_schema, pl.col("payload_id").cast(pl.Int64))
    vintages = rows.filter(pl.col("knowledge_time").is_not_null()).with_columns(stamp=pl.lit("source"))
    others = rows.filter(pl.col("knowledge_time").is_null()).drop("knowledge_time")
    point = [*table.entity, "obs_date"]
    # A payload that gives one number twice: its last word counts.
    others = others.unique(subset=point, keep="last", maintain_order=True)
    stamped = _stamp_unvintaged(table, others, dataset, catalog, existing, sighting)
    columns = [pl.col(name).cast(dtype) for name, dtype in table.stored_schema.items()]
    both = pl.concat([vintages.select(columns), stamped.select(columns)])
    return both.unique(subset=table.key, keep="last", maintain_order=True).sort(table.key)


def _stamp_unvintaged(
    table: SilverTable,
    rows: pl.DataFrame,
    dataset: Dataset,
    catalog: Catalog,
    existing: pl.DataFrame,
    sighting: Sighting,
) -> pl.DataFrame:
    point = [*table.entity, "obs_date"]
    held = existing if sighting.known_by is None else existing.filter(pl.col("knowledge_time") <= sighting.known_by)
    newest = held.sort("knowledge_time").unique(subset=point, keep="last", maintain_order=True)
    newest = newest.select(*point, *(pl.col(v).alias(f"_{v}") for v in table.values), _known=pl.col("knowledge_time"))
    joined = rows.join(newest, on=point, how="left")
    is_held = pl.col("_known").is_not_null()
    is_equal = pl.all_horizontal(pl.col(v).eq_missing(pl.col(f"_{v}")) for v in table.values)
    if sighting.imported:
        fresh = joined.filter(~is_held)
        return fresh.with_columns(knowledge_time=rule_times(table, fresh, dataset, catalog), stamp=pl.lit("imported"))
    changed = joined.filter(~(is_held & is_equal))
    timed = changed.with_columns(
        _rule=rule_times(table, changed, dataset, catalog),
        _looked=_last_look(changed["obs_date"], sighting.fetches),
    )
    is_stored = pl.col(table.entity[0]).is_in(list(sighting.stored))
    is_late = (pl.col("_looked") > pl.col("_rule")).fill_null(False) & is_stored
    is_early = pl.col("_rule") > sighting.fetched_at
    by_sight = pl.col("_known").is_not_null() | is_late | is_early
    # Two different sights of one number within one decision's grace must not share a time: the second is the later.
    decision, fetch = pl.lit(sighting.sighted_at, TIME), pl.lit(sighting.fetched_at, TIME)
    again = (pl.col("_known") >= sighting.sighted_at).fill_null(False)
    seen = pl.when(again).then(pl.max_horizontal(fetch, pl.col("_known") + TICK)).otherwise(decision)
    return timed.with_columns(
        knowledge_time=pl.when(by_sight).then(seen).otherwise(pl.col("_rule")),
        stamp=pl.when(by_sight).then(pl.lit("sight")).otherwise(pl.lit("rule")),
    )


def rule_times(table: SilverTable, rows: pl.DataFrame, dataset: Dataset, catalog: Catalog) -> pl.Series:
    """When each row was public by the rule of its series, or of its dataset where it has no series. UTC."""
    ids = rows[table.entity[0]]
    rules = {
        name: catalog.series[name].rule if name in catalog.series else dataset.rule for name in ids.unique().to_list()
    }
    pairs = pl.DataFrame(
        {"obs_date": rows["obs_date"], "rule": ids.replace_strict(rules, return_dtype=pl.String)}
        if rules
        else {"obs_date": pl.Series([], dtype=pl.Date), "rule": pl.Series([], dtype=pl.String)}
    )
    known = []
    for (rule,), part in pairs.unique().partition_by("rule", as_dict=True).items():
        known.append(part.with_columns(time=publication_times(catalog.rules[str(rule)], part["obs_date"])))
    if not known:
        return pl.Series([], dtype=TIME)
    return pairs.join(pl.concat(known), on=["obs_date", "rule"], how="left", maintain_order="left")["time"]


def _last_look(obs_dates: pl.Series, fetches: pl.DataFrame) -> pl.Series:
    """For each obs_date, when an earlier successful fetch last covered it; null where none did."""
    days = obs_dates.rename("obs_date").to_frame()
    looks = (
        days.unique()
        .join_where(fetches, pl.col("obs_date") >= pl.col("covered_from"), pl.col("obs_date") <= pl.col("covered_to"))
        .group_by("obs_date")
        .agg(pl.col("fetched_at").max())
    )
    return days.join(looks, on="obs_date", how="left", maintain_order="left")["fetched_at"].cast(TIME)
