"""Transform: what the store knew at as_of -> the panel, features, each dataset's state, each input's receipt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl
from prefect import flow

from desk import calendars
from desk.model import SILVER, decision_time
from desk.transforms.input_receipts import dataset_status, input_receipts
from desk.transforms.panel import Panel, build_panel, feature_rows
from tasks.run.run import Run
from tasks.run.stages import StageResult, Stopwatch, done, require_rows

WARM_UP_DAYS = 900
"""Decision days before the book's first: the longest chain of windows is about 880, the VaR window 756."""
SLOW_YEARS = 13
"""Years of observations and surveys before the panel. With the warm-up's three and a half they hold the longest chain
of an agent's model: five years for a trend, a yearly change, and ten years of rows."""
MARKET_YEARS = 3
"""Years of prices before the panel: with the warm-up, the five years of weeks that the regime model is fitted on."""
FAST_DAYS = 60
"""Calendar days of curves and settlements before the panel: more than any of them may be old."""


@flow(name="transform", validate_parameters=False)
async def transform(run: Run, errors: Mapping[str, str]) -> StageResult:
    """Keeps the panel on the run for the stages after it. `errors`: dataset -> why this run could not fetch it."""
    watch = Stopwatch()
    run.progress.event("stage", "transform", "started")
    days = panel_days(run)
    silver = await read_silver(run, days[0])
    status = dataset_status(silver, run.catalog, run.as_of, errors)
    receipts = input_receipts(silver, run.catalog, run.as_of, await receipt_hashes(run, silver))
    written = await run.store.write_gold(
        {"dataset_status": status, "input_receipt": receipts}, run.run_id, (run.as_of, run.as_of)
    )
    run.panel = build_panel(silver, days, run.catalog)
    shown = run.panel.days[-run.settings.history_days :]
    features = feature_rows(run.panel, shown)
    rows = require_rows("transform", {"feature": features})
    written |= await run.store.write_gold({"feature": features}, run.run_id, (decision_time(shown[0]), run.as_of))
    return done(run, "transform", rows + status.height + receipts.height, written, watch)


async def panel_of(run: Run) -> Panel:
    """The run's panel: what transform kept, or built anew from the store when a stage runs by itself."""
    if run.panel is None:
        days = panel_days(run)
        run.panel = build_panel(await read_silver(run, days[0]), days, run.catalog)
    return run.panel


def panel_days(run: Run) -> list[dt.date]:
    """B3 business days from the warm-up before the book's first day to the decision day."""
    start = calendars.b3().offset(min(run.inception, history_start(run)), -WARM_UP_DAYS)
    return calendars.b3().days(start, run.day)


def history_start(run: Run) -> dt.date:
    """The first of the decision days that a run computes and shows."""
    return calendars.b3().offset(run.day, -(run.settings.history_days - 1))


async def read_silver(run: Run, first: dt.date) -> dict[str, pl.DataFrame]:
    """Everything known at as_of that a panel from `first` on can use, by table."""
    slow = first - dt.timedelta(days=int(SLOW_YEARS * 365.25))
    fast = first - dt.timedelta(days=FAST_DAYS)
    market = first - dt.timedelta(days=int(MARKET_YEARS * 365.25))
    since = dict.fromkeys(SILVER, fast) | {"observation": slow, "expectation": slow, "price_bar": market}
    return {name: await run.store.read_silver(name, run.as_of, since[name]) for name in SILVER}


async def receipt_hashes(run: Run, silver: Mapping[str, pl.DataFrame]) -> dict[int, str]:
    """payload_id -> sha256 of the newest payloads of every input."""
    recent = [
        frame.filter(pl.col("obs_date") == pl.col("obs_date").max().over(SILVER[name].entity[0]))["payload_id"]
        for name, frame in silver.items()
        if frame.height
    ]
    if not recent:
        return {}
    receipts = await run.store.receipts(pl.concat(recent).drop_nulls().unique().to_list())
    return dict(receipts.select("payload_id", "sha256").iter_rows())
