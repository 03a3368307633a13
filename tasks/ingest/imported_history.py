"""What an import brought, judged day by day by the rules of every new number. Imported values stay believed.

A history comes at once, with its own later values beside it, and no decision of the past rested on it. So nothing of it
is held; what would have been held is stored as suspect and said, and a person looks at it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

import polars as pl

from desk.catalog.plausibility import JUDGED
from desk.model import SILVER
from desk.plausibility.day_by_day import known_on_the_day, on_the_day
from desk.plausibility.identities import every_peer
from desk.plausibility.judge import judge
from desk.plausibility.points import POINT_SCHEMA, points_of
from tasks.ingest.plausibility import newest, rules, verdict_rows
from tasks.run.run import Run
from tasks.store.holds import Hold

LONG_AGO = dt.date(1900, 1, 1)
WOULD_BE_HELD = "imported, and would be held"


async def judge_import(run: Run, payload_ids: Collection[int]) -> list[Hold]:
    """The verdicts that are not ok on the rows of these payloads, which are stored as suspect. Raises StoreError.

    Each value is judged on its own day, by what was stored before it and what siblings had by the next 06:00.
    """
    if not payload_ids:
        return []
    parts, fresh = [pl.DataFrame(schema=POINT_SCHEMA)], [pl.DataFrame(schema={"key": pl.String, "obs_date": pl.Date})]
    for name in JUDGED:
        table = SILVER[name]
        rows = await run.store.latest_values(name, LONG_AGO, run.day)
        parts.append(points_of(table, rows))
        own = rows.filter(pl.col("payload_id").is_in(list(payload_ids)))
        fresh.append(points_of(table, own).select("key", "obs_date"))
    values, imported = newest(pl.concat(parts)), pl.concat(fresh)
    keys = imported["key"].unique()
    declared, pairs = rules()
    peers = every_peer(values, pairs, declared, run.catalog)
    # all of a key's values are judged, so that each has the ones before it as its past
    points = values.filter(pl.col("key").is_in(keys.implode()))
    judged = judge(points, points.clear(), known_on_the_day(peers, points), declared, run.catalog).verdicts
    odd = on_the_day(judged).filter(pl.col("verdict") != "ok").join(imported, on=["key", "obs_date"], how="semi")
    found = [
        replace(one, reason=f"{WOULD_BE_HELD}: {one.reason}") if row["verdict"] == "held" else one
        for row, one in zip(odd.iter_rows(named=True), verdict_rows(odd, "import"), strict=True)
    ]
    await run.store.add_suspects(found, run.run_id, run.clock())
    return found
