"""Risk: the book of each decision -> VaR and ES, components, DV01 ladder, repriced stress, limits."""

from __future__ import annotations

import datetime as dt

import polars as pl
from prefect import flow

from desk import calendars
from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.catalog.risk_parameters import DatedScenario
from desk.model import decision_time, desk_day
from desk.portfolio.market_levels import MARKET_COLUMNS
from desk.risk import run_risk
from desk.transforms.panel import build_panel
from flows.transform import FAST_DAYS, history_start, panel_of
from tasks.run.run import Run
from tasks.run.stages import StageResult, Stopwatch, done, require_rows

BOOK_TABLES = ("target_position", "portfolio_state", "pnl_by_strategy")
LEVEL_TABLES = ("observation", "curve_point", "settlement", "price_bar")


@flow(name="risk", validate_parameters=False)
async def risk(run: Run) -> StageResult:
    """Reads the book that portfolio wrote, from its inception: backtests look back along it."""
    watch = Stopwatch()
    run.progress.event("stage", "risk", "started")
    panel = await panel_of(run)
    parameters = load_desk_parameters()
    since = decision_time(run.inception)
    book = {name: await run.store.read_gold(name, since, run.as_of) for name in BOOK_TABLES}
    first = max(run.inception, history_start(run))
    days = [day for day in map(desk_day, book["portfolio_state"]["as_of"].to_list()) if day >= first]
    archive = await archive_levels(run, parameters, panel.days[0])
    frames = run_risk(panel.values, book, parameters, days, archive)
    rows = require_rows("risk", {name: frames[name] for name in ("risk_metrics_daily", "risk_limits_status")})
    written = await run.store.write_gold(frames, run.run_id, (decision_time(days[0]), run.as_of))
    return done(run, "risk", rows, written, watch)


async def archive_levels(run: Run, parameters: DeskParameters, first: dt.date) -> pl.DataFrame:
    """Levels on the two days of each dated scenario that the panel, which begins at `first`, does not reach.

    What the store knew on the morning after the episode; no rows where it holds nothing of that time.
    """
    days: list[dt.date] = []
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in LEVEL_TABLES}
    for scenario in parameters.dated:
        before, after = episode_days(scenario)
        if before >= first or after > run.day:
            continue
        since = scenario.start - dt.timedelta(days=FAST_DAYS)
        known = decision_time(after)
        silver = {name: await run.store.read_silver(name, known, since, until=after) for name in LEVEL_TABLES}
        if silver["curve_point"].is_empty() and silver["settlement"].is_empty() and silver["price_bar"].is_empty():
            continue
        days += [before, after]
        for name, frame in silver.items():
            parts[name].append(frame)
    if not days:
        return pl.DataFrame()
    levels = {name: pl.concat(frames).unique(maintain_order=True) for name, frames in parts.items()}
    return build_panel(levels, sorted(set(days)), run.catalog).values.select("day", *MARKET_COLUMNS)


def episode_days(scenario: DatedScenario) -> tuple[dt.date, dt.date]:
    """The decision days that are the first to know the closes of the scenario's two dates."""
    b3 = calendars.b3()
    before, after = (b3.offset(b3.on_or_before(date), 1) for date in (scenario.start, scenario.end))
    return before, after
