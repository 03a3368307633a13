"""Made points: one series' values on consecutive weekdays, known the next morning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from desk import calendars
from desk.plausibility.peers import PEER_SCHEMA
from desk.plausibility.points import POINT_SCHEMA

FIRST = dt.date(2025, 1, 6)
PTAX = "observation.value:usdbrl_ptax_sell"
WTI = "price_bar.close:wti"
NO_PEERS = pl.DataFrame(schema=PEER_SCHEMA)


def weekdays(count: int, first: dt.date = FIRST) -> list[dt.date]:
    return calendars.weekdays().days(first, first + dt.timedelta(days=2 * count + 7))[:count]


def series(key: str, values: Sequence[float], first: dt.date = FIRST) -> pl.DataFrame:
    days = weekdays(len(values), first)
    known = [dt.datetime.combine(day, dt.time(20), dt.UTC) for day in days]
    rows = {"key": [key] * len(values), "obs_date": days, "knowledge_time": known, "value": list(map(float, values))}
    return pl.DataFrame(rows, schema=POINT_SCHEMA)


def peer(
    point: pl.DataFrame,
    name: str,
    value: float,
    within: float,
    beyond: float,
    confirms: bool = True,
    repeats: bool = False,
) -> pl.DataFrame:
    """What `name` says of each row of `point`."""
    return (
        point.select("key", "obs_date", peer_known="knowledge_time")
        .with_columns(
            peer=pl.lit(name),
            peer_value=pl.lit(value),
            within=pl.lit(within),
            beyond=pl.lit(beyond),
            confirms=pl.lit(confirms),
            repeats=pl.lit(repeats),
            before=pl.lit(None, dtype=pl.Float64),
        )
        .select(pl.col(column).cast(dtype) for column, dtype in PEER_SCHEMA.items())
    )
