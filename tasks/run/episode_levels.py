"""Market levels on the two days of each dated stress scenario that lies before the panel, read from the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from desk import calendars
from desk.catalog import Catalog
from desk.catalog.risk_parameters import DatedScenario
from desk.model import decision_time
from desk.point_in_time.panel_span import FAST_DAYS
from desk.portfolio.market_levels import MARKET_COLUMNS
from desk.transforms.panel import build_panel
from tasks.run.run import Run
from tasks.store import Store

LEVEL_TABLES = ("observation", "curve_point", "settlement", "price_bar")
MARKET_TABLES = ("curve_point", "settlement", "price_bar")


async def read_episode_levels(run: Run, scenarios: Iterable[DatedScenario], first: dt.date) -> pl.DataFrame:
    """`day` and MARKET_COLUMNS, two rows for each scenario that began before `first`, the panel's first day.

    Each is read as known on the decision day after the scenario's end. A scenario of which the store holds no market
    data has no row; without any scenario the frame is empty and has no column.
    """
    return await levels_of_episodes(run.store, run.catalog, run.day, scenarios, first)


async def levels_of_episodes(
    store: Store, catalog: Catalog, day: dt.date, scenarios: Iterable[DatedScenario], first: dt.date
) -> pl.DataFrame:
    """The same for decision `day`, without a run."""
    days: list[dt.date] = []
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in LEVEL_TABLES}
    for scenario in scenarios:
        before, after = episode_days(scenario)
        if before >= first or after > day:
            continue
        since = scenario.start - dt.timedelta(days=FAST_DAYS)
        known = decision_time(after)
        silver = {name: await store.read_silver(name, known, since, until=after) for name in LEVEL_TABLES}
        if all(silver[name].is_empty() for name in MARKET_TABLES):
            continue
        days += [before, after]
        for name, frame in silver.items():
            parts[name].append(frame)
    if not days:
        return pl.DataFrame()
    levels = {name: pl.concat(frames).unique(maintain_order=True) for name, frames in parts.items()}
    return build_panel(levels, sorted(set(days)), catalog).values.select("day", *MARKET_COLUMNS)


def episode_days(scenario: DatedScenario) -> tuple[dt.date, dt.date]:
    """The first decision days on which the closes of the scenario's start and end are known."""
    b3 = calendars.b3()
    before, after = (b3.offset(b3.on_or_before(date), 1) for date in (scenario.start, scenario.end))
    return before, after
