"""The knowledge time of every silver row: from when a decision may use the number. Pure.

The stored column `stamp` names how the time was found:

source     the source gives a vintage of its own
rule       a new number: the time of its publication rule
sight      the time of the fetch that returned it first: for a revision, for a new number that an earlier fetch after
           the rule's time did not return (late), and for a number published before the rule's time (early)
imported   a number of a history file: the time of its publication rule

A number equal to the newest stored one gives no new row. A number of a history file never replaces a stored one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

import polars as pl

from desk.catalog import Catalog
from desk.frames import parts_by
from desk.model import Dataset, SilverTable
from desk.point_in_time.publication_rules import publication_times

TIME = pl.Datetime("us", "UTC")
TICK = dt.timedelta(microseconds=1)
SAME_INSTANT = dt.timedelta(seconds=1)
"""Under a frozen clock several fetches share one instant: each later one adds a TICK, and all stay within this span."""
EVERY_SERIES = "*"
"""The subject of a fetch that asked for every series of its dataset."""
NO_FETCHES = pl.DataFrame(
    schema={"subject": pl.String, "covered_from": pl.Date, "covered_to": pl.Date, "fetched_at": TIME}
)


@dataclass(frozen=True)
class FetchContext:
    """The fetch that returned the rows, and what was fetched and stored before it. Times are UTC.

    fetched_at   time of the request
    as_of        the decision that the fetch was made for
    grace        a number first returned within `grace` after as_of counts as known at as_of
    fetches      earlier answered fetches: subject (a value of the first key column, or EVERY_SERIES), covered_from,
                 covered_to, fetched_at. "It has no such series" is an answer: the number was not there
    stored       ids (values of the table's first key column) that have stored rows
    imported     the rows come from a history file
    """

    fetched_at: dt.datetime
    as_of: dt.datetime
    grace: dt.timedelta = dt.timedelta(minutes=15)
    fetches: pl.DataFrame = field(default_factory=lambda: NO_FETCHES)
    stored: Collection[str] = frozenset()
    imported: bool = False

    @property
    def first_seen_at(self) -> dt.datetime:
        """The knowledge time of a number that this fetch returned first: as_of within the grace, else fetched_at."""
        own = dt.timedelta(0) <= self.fetched_at - self.as_of <= self.grace
        return self.as_of if own else self.fetched_at

    @property
    def known_by(self) -> dt.datetime | None:
        """Stored rows with a later knowledge time are not compared with the fetched ones; None: all are compared."""
        return None if self.imported else self.fetched_at + SAME_INSTANT


def assign_knowledge_times(
    table: SilverTable,
    parsed: pl.DataFrame,
    dataset: Dataset,
    catalog: Catalog,
    existing: pl.DataFrame,
    context: FetchContext,
) -> pl.DataFrame:
    """The rows to insert, with `knowledge_time` and `stamp`, in the table's stored schema, sorted by key.

    parsed     the table's parsed schema and `payload_id`; a null knowledge time means that the source gives no vintage
    existing   stored rows of the same points known by `context.known_by`: every vintage, or the newest of each point
    """
    rows = parsed.select(*table.parsed_schema, pl.col("payload_id").cast(pl.Int64))
    vintages = rows.filter(pl.col("knowledge_time").is_not_null()).with_columns(stamp=pl.lit("source"))
    others = rows.filter(pl.col("knowledge_time").is_null()).drop("knowledge_time")
    point = [*table.entity, "obs_date"]
    # A payload may give one point twice: the last one counts.
    others = others.unique(subset=point, keep="last", maintain_order=True)
    timed = _times_without_vintage(table, others, dataset, catalog, existing, context)
    columns = [pl.col(name).cast(dtype) for name, dtype in table.stored_schema.items()]
    both = pl.concat([vintages.select(columns), timed.select(columns)])
    return both.unique(subset=table.key, keep="last", maintain_order=True).sort(table.key)


def _times_without_vintage(
    table: SilverTable,
    rows: pl.DataFrame,
    dataset: Dataset,
    catalog: Catalog,
    existing: pl.DataFrame,
    context: FetchContext,
) -> pl.DataFrame:
    """`rows` that are new or changed, timed by rule, first fetch or import. At most one row for each point."""
    point = [*table.entity, "obs_date"]
    stored = existing if context.known_by is None else existing.filter(pl.col("knowledge_time") <= context.known_by)
    newest = (
        stored.lazy()
        .sort("knowledge_time")
        .unique(subset=point, keep="last", maintain_order=True)
        .select(*point, *(pl.col(v).alias(f"_{v}") for v in table.values), _known=pl.col("knowledge_time"))
    )
    joined = rows.lazy().join(newest, on=point, how="left").collect()
    is_stored_point = pl.col("_known").is_not_null()
    is_equal = pl.all_horizontal(pl.col(v).eq_missing(pl.col(f"_{v}")) for v in table.values)
    if context.imported:
        fresh = joined.filter(~is_stored_point)
        return fresh.with_columns(knowledge_time=rule_times(table, fresh, dataset, catalog), stamp=pl.lit("imported"))
    changed = joined.filter(~(is_stored_point & is_equal))
    timed = changed.with_columns(
        _rule=rule_times(table, changed, dataset, catalog),
        _fetched_before=_last_fetch(changed, table.entity[0], context.fetches),
    )
    has_history = pl.col(table.entity[0]).is_in(list(context.stored))
    is_late = (pl.col("_fetched_before") > pl.col("_rule")).fill_null(False) & has_history
    is_early = pl.col("_rule") > context.fetched_at
    by_first_fetch = pl.col("_known").is_not_null() | is_late | is_early
    # Two fetches within one decision's grace may return two values of one point: the second one must be the later.
    first_seen, fetched = pl.lit(context.first_seen_at, TIME), pl.lit(context.fetched_at, TIME)
    is_second = (pl.col("_known") >= context.first_seen_at).fill_null(False)
    seen = pl.when(is_second).then(pl.max_horizontal(fetched, pl.col("_known") + TICK)).otherwise(first_seen)
    return timed.with_columns(
        knowledge_time=pl.when(by_first_fetch).then(seen).otherwise(pl.col("_rule")),
        stamp=pl.when(by_first_fetch).then(pl.lit("sight")).otherwise(pl.lit("rule")),
    )


def rule_times(table: SilverTable, rows: pl.DataFrame, dataset: Dataset, catalog: Catalog) -> pl.Series:
    """UTC time at which each row is public by the rule of its series, or of its dataset where the row has no series.

    Shape: one time for each row of `rows`, in its order.
    """
    ids = rows[table.entity[0]]
    rules = {
        name: catalog.series[name].rule if name in catalog.series else dataset.rule for name in ids.unique().to_list()
    }
    pairs = pl.DataFrame({"obs_date": rows["obs_date"], "rule": ids.replace_strict(rules, return_dtype=pl.String)})
    known = []
    for rule, part in parts_by(pairs.unique(), "rule").items():
        known.append(part.with_columns(time=publication_times(catalog.rules[rule], part["obs_date"])))
    if not known:
        return pl.Series([], dtype=TIME)
    return pairs.join(pl.concat(known), on=["obs_date", "rule"], how="left", maintain_order="left")["time"]


def _last_fetch(rows: pl.DataFrame, entity: str, fetches: pl.DataFrame) -> pl.Series:
    """For each row the time of the newest earlier fetch that covered its series and obs_date; null where none did."""
    points = rows.select(pl.col(entity).alias("subject"), "obs_date")
    by_subject = parts_by(fetches, "subject")
    newest = [
        _newest_covering(part.lazy(), pl.concat(covering).lazy())
        for name, part in parts_by(points.unique(maintain_order=True), "subject").items()
        if (covering := [by_subject[key] for key in (EVERY_SERIES, name) if key in by_subject])
    ]
    if not newest:
        return pl.Series([None] * points.height, dtype=TIME)
    joined = points.lazy().join(pl.concat(newest), on=["subject", "obs_date"], how="left", maintain_order="left")
    return joined.collect()["fetched_at"].cast(TIME)


def _newest_covering(points: pl.LazyFrame, fetches: pl.LazyFrame) -> pl.LazyFrame:
    """Points of one subject that one of `fetches` covers, with the newest such fetch."""
    spans = fetches.select("covered_from", "covered_to", "fetched_at")
    return (
        points.join_where(
            spans, pl.col("obs_date") >= pl.col("covered_from"), pl.col("obs_date") <= pl.col("covered_to")
        )
        .group_by("subject", "obs_date")
        .agg(pl.col("fetched_at").max())
    )
