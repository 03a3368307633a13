"""Transform: silver known at as_of -> the panel, features, the state of each dataset, the receipt of each input."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl
from prefect import flow

from desk.model import SILVER, decision_time
from desk.point_in_time.panel_span import panel_days
from desk.transforms.feature_rows import feature_rows
from desk.transforms.input_receipts import dataset_status, input_receipts
from desk.transforms.panel import build_panel
from tasks.run.compared_sources import source_comparisons
from tasks.run.open_days import open_days
from tasks.run.panel_input import PanelInput, read_held, read_silver
from tasks.run.run import Run
from tasks.run.stages import Stopwatch, TransformResult, finish_stage, require_rows


@flow(name="transform", flow_run_name="transform-{run.day}", validate_parameters=False)
async def transform(run: Run, inception: dt.date, errors: Mapping[str, str]) -> TransformResult:
    """The panel for the stages after it. Writes feature, dataset_status, input_receipt and source_comparison.

    `inception`: the first decision day of the book. `errors`: dataset -> why this run could not fetch it.
    Raises StageFailed when no feature row results.
    """
    watch = Stopwatch()
    run.progress.event("stage", "transform", "started")
    days = panel_days(run.day, run.settings.history_days, inception)
    silver = await read_silver(run, days[0])
    status = dataset_status(silver, run.catalog, run.as_of, errors)
    receipts = input_receipts(silver, run.catalog, run.as_of, await receipt_hashes(run, silver))
    pairs = await source_comparisons(run, silver)
    written = await run.store.write_gold(
        {"dataset_status": status, "input_receipt": receipts, "source_comparison": pairs},
        run.run_id,
        (run.as_of, run.as_of),
    )
    panel = build_panel(silver, days, run.catalog, await read_held(run))
    shown = await open_days(run, ["feature"], panel.days[-run.settings.history_days :][0])
    features = feature_rows(panel, shown)
    rows = require_rows("transform", {"feature": features})
    written |= await run.store.write_gold({"feature": features}, run.run_id, (decision_time(shown[0]), run.as_of))
    stage = finish_stage(run, "transform", rows + status.height + receipts.height + pairs.height, written, watch)
    return TransformResult(stage, PanelInput(panel, inception))


async def receipt_hashes(run: Run, silver: Mapping[str, pl.DataFrame]) -> dict[int, str]:
    """payload_id -> sha256 of the payloads that hold the newest observation of each input."""
    newest = [
        frame.filter(pl.col("obs_date") == pl.col("obs_date").max().over(SILVER[name].entity[0]))["payload_id"]
        for name, frame in silver.items()
        if frame.height
    ]
    if not newest:
        return {}
    return await run.store.payload_hashes(pl.concat(newest).drop_nulls().unique().to_list())
