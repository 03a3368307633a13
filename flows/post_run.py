"""What follows a daily run: the heartbeat, an evaluation of the alerts, a first attempt to send them."""

from __future__ import annotations

import datetime as dt

from prefect import get_run_logger

from desk.errors import StoreError
from flows.alerts import evaluate, send
from tasks.alerts.postgres import beat
from tasks.run.run import Run
from tasks.run.stages import Stopwatch
from tasks.store.pipeline_runs import add_stage

SENDING_TIME = dt.timedelta(seconds=15)
"""A run does not wait for a channel that is down: the sender's own deployment goes on."""
STAGE = "alerts"


async def after_run(run: Run) -> None:
    """Never raises an Exception: the run is over, and its result stands. What goes wrong here is in the log, in the
    run's stages, and thereby an alert at the next evaluation."""
    watch = Stopwatch()
    try:
        async with run.store.connections.acquire() as connection:
            await beat(connection, "daily", run.clock(), str(run.day))
        await evaluate(run.store, run.settings, run.clock)
        await send(run.store, run.settings, run.clock, SENDING_TIME)
    # Whatever alerting trips over, the report is out and the book is marked: neither may be undone by it.
    except Exception as error:  # noqa: BLE001
        words = f"{type(error).__name__}: {error}"
        get_run_logger().error("alerts could not be evaluated after the run: %s", words)
        run.progress.event("note", STAGE, "failed", watch.seconds, None, f"alerts: {words}")
        await _on_record(run, words, watch)


async def _on_record(run: Run, words: str, watch: Stopwatch) -> None:
    try:
        await add_stage(run.store, run.run_id, {"name": STAGE, "seconds": round(watch.seconds, 3), "error": words})
    except StoreError as error:
        get_run_logger().error("nor could that be put on record: %s", error)
