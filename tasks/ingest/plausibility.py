"""New rows against what is stored, before they are written; the review of what is held, after all sources are in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import polars as pl

from desk.catalog.plausibility import Plausibility, load_plausibility
from desk.catalog.siblings import SiblingPair, load_siblings
from desk.model import SILVER, Dataset, SilverTable
from desk.plausibility.identities import every_peer
from desk.plausibility.judge import judge
from desk.plausibility.peers import partners_of
from desk.plausibility.points import POINT_SCHEMA, points_of, split_key
from desk.plausibility.release import HELD_SCHEMA, releases
from desk.plausibility.words import reason
from desk.point_in_time.knowledge_time import FetchContext
from tasks.run.run import Run
from tasks.store.holds import Hold

HISTORY_DAYS = {"day": 400, "week": 800, "month": 2_200}
"""Calendar days behind the first judged row that its deviation is taken over, by the dataset's ledger cell."""
JUDGED_DAYS = {"day": 60, "week": 120, "month": 400}
"""Rows about older days are taken as history: today's decision rests on none of them alone. But a revision of one is
judged: it takes the place of a number that was believed, in changes over a year and in measures of a whole window."""
OLD_RULES = ("bounds", "slip")
"""What holds a revision of an older day: a new base or a benchmark revision moves all of them, and is no slip."""
BESIDE = dt.timedelta(days=10)


@lru_cache(maxsize=1)
def rules() -> tuple[Plausibility, tuple[SiblingPair, ...]]:
    """The catalogue's rules and siblings, read once in a process."""
    return load_plausibility(), load_siblings()


@dataclass(frozen=True, slots=True)
class DoubtedRows:
    """Values that are to be held, and values that are believed and odd."""

    held: list[Hold] = field(default_factory=list)
    suspect: list[Hold] = field(default_factory=list)


async def judge_rows(
    run: Run, dataset: Dataset, table: SilverTable, fresh: pl.DataFrame, existing: pl.DataFrame
) -> DoubtedRows:
    """The verdicts on `fresh` (stored schema, not written yet) that are not ok. `existing`: stored rows of its points.

    Raises StoreError."""
    points = points_of(table, fresh)
    recent = pl.col("obs_date") >= run.day - dt.timedelta(days=JUDGED_DAYS[dataset.cell])
    there = points_of(table, existing).select("key", "obs_date", stored=True).unique()
    marked = points.join(there, on=["key", "obs_date"], how="left").with_columns(
        judged=recent | pl.col("stored").fill_null(False)
    )
    new, taken = (marked.filter(one).select(list(POINT_SCHEMA)) for one in ("judged", ~pl.col("judged")))
    if new.is_empty():
        return DoubtedRows()
    declared, pairs = rules()
    first = new["obs_date"].min()
    assert isinstance(first, dt.date)
    stored = await believed_points(
        run, table, fresh[table.entity[0]].unique().to_list(), first - dt.timedelta(days=HISTORY_DAYS[dataset.cell])
    )
    history = newest(pl.concat([stored, taken]))
    keys = set(new["key"].unique())
    partners = partners_of(keys, pairs, declared, run.catalog)
    beside = await partner_points(run, partners, first - BESIDE)
    near = pl.concat([beside, history.filter(pl.col("obs_date") >= first - BESIDE), new])
    peers = every_peer(newest(near), pairs, declared, run.catalog, keys)
    judged = judge(new, history, peers, declared, run.catalog)
    held = judged.having("held").filter(~pl.col("kept"), recent | pl.col("rule").is_in(OLD_RULES))
    return DoubtedRows(
        verdict_rows(held, dataset.id), verdict_rows(judged.having("suspect").filter(recent), dataset.id)
    )


def verdict_rows(verdicts: pl.DataFrame, dataset: str) -> list[Hold]:
    """`verdicts` (VERDICT_SCHEMA, none of them ok) with their reasons, as they are stored."""
    found = []
    for row in verdicts.iter_rows(named=True):
        name, column, entity = split_key(row["key"])
        found.append(
            Hold(
                name, column, entity, row["obs_date"], row["knowledge_time"], dataset, row["value"], row["rule"],
                row["expected"], row["peer"], row["peer_value"], reason(row),
            )
        )  # fmt: skip
    return found


async def review_holds(run: Run) -> list[int]:
    """Releases what siblings and later prints have confirmed by now. Returns the released ids.

    What the source itself has corrected is rejected. Raises StoreError."""
    held = await run.store.read_holds("open")
    if held.is_empty():
        return []
    declared, pairs = rules()
    points = held.select(
        key=pl.col("silver_table") + "." + pl.col("silver_column") + ":" + pl.col("entity"),
        obs_date="obs_date",
        knowledge_time="knowledge_time",
        value="value",
        hold_id="hold_id",
        rule="rule",
        held_at="held_at",
    ).cast(HELD_SCHEMA)
    keys = points["key"].unique().to_list()
    first, last = held["obs_date"].min(), run.day
    assert isinstance(first, dt.date)
    history, later = [], []
    for name in held["silver_table"].unique().to_list():
        table = SILVER[name]
        entities = sorted({split_key(key)[2].split("|")[0] for key in keys if split_key(key)[0] == name})
        history.append(await believed_points(run, table, entities, first - dt.timedelta(days=HISTORY_DAYS["day"])))
        later.append(points_of(table, await run.store.latest_values(name, first, last, entities)))
    chosen = pl.col("key").is_in(keys)
    believed, raw = pl.concat(history).filter(chosen), pl.concat(later).filter(chosen)
    beside = await partner_points(run, partners_of(keys, pairs, declared, run.catalog), first - BESIDE)
    own = points.select(list(POINT_SCHEMA))
    values = newest(pl.concat([beside, believed.filter(pl.col("obs_date") >= first - BESIDE), own]))
    peers = every_peer(values, pairs, declared, run.catalog, set(keys))
    context = FetchContext(fetched_at=run.clock(), as_of=run.as_of, grace=run.settings.sight_grace)
    corrected = await reject_corrected(run, points, believed, context.first_seen_at)
    still_open = points.filter(~pl.col("hold_id").is_in(corrected))
    released = releases(still_open, believed, raw, peers, declared, run.catalog)
    for one in released:
        await run.store.decide_hold(
            one.hold_id, "released", f"rule:{one.rule}", one.reason, run.clock(), context.first_seen_at
        )
    return [one.hold_id for one in released]


async def reject_corrected(run: Run, held: pl.DataFrame, believed: pl.DataFrame, known_from: dt.datetime) -> list[int]:
    """Rejects those of `held` (HELD_SCHEMA) for whose day the source has given a believed value since.

    Returns their ids.
    """
    later = held.join(believed.rename({"value": "now", "knowledge_time": "known"}), on=["key", "obs_date"]).filter(
        pl.col("known") > pl.col("knowledge_time")
    )
    for row in later.iter_rows(named=True):
        why = f"the source gives {row['now']:.8g} since {row['known']:%Y-%m-%d %H:%M} UTC"
        await run.store.decide_hold(row["hold_id"], "rejected", "rule:corrected", why, run.clock(), known_from)
    return later["hold_id"].to_list()


async def believed_points(run: Run, table: SilverTable, entities: Sequence[str], since: dt.date) -> pl.DataFrame:
    """The newest believed value of each point since `since`. `entities`: values of the table's first key column."""
    return newest(points_of(table, await run.store.believed_values(table.name, since, entities)))


async def partner_points(run: Run, keys: Iterable[str], since: dt.date) -> pl.DataFrame:
    """The believed values of other series that siblings and identities compare with."""
    by_table: dict[str, set[str]] = {}
    chosen = sorted(set(keys))
    for key in chosen:
        name, _, entity = split_key(key)
        by_table.setdefault(name, set()).add(entity.split("|")[0])
    parts = [pl.DataFrame(schema=POINT_SCHEMA)]
    for name, entities in by_table.items():
        parts.append(await believed_points(run, SILVER[name], sorted(entities), since))
    return pl.concat(parts).filter(pl.col("key").is_in(chosen))


def newest(points: pl.DataFrame) -> pl.DataFrame:
    """One row per key and day: the one that was known last."""
    return points.sort("knowledge_time", maintain_order=True).unique(["key", "obs_date"], keep="last")
