"""After a daily run: the heartbeat, an evaluation of the alert rules, and a first attempt to send the messages."""

from __future__ import annotations

import datetime as dt

from prefect import get_run_logger

from desk.errors import StoreError
from flows.alerts import evaluate, send
from tasks.alerts.postgres_records import record_heartbeat
from tasks.run.run import Run
from tasks.run.stages import Stopwatch
from tasks.store.pipeline_runs import add_stage

SENDING_TIME = dt.timedelta(seconds=15)
"""Time to send in. A run does not wait for a channel that is down: the deployment `sender` sends the rest."""
STAGE = "alerts"


async def after_run(run: Run) -> None:
    """Never raises an Exception: the run is over, and its result stays as it is.

    An error goes to the log and to the run's stages, where the next evaluation finds it and raises an alert.
    """
    watch = Stopwatch()
    try:
        async with run.store.connections.acquire() as connection:
            await record_heartbeat(connection, "daily", run.clock(), str(run.day))
        await evaluate(run.store, run.settings, run.clock)
        await send(run.store, run.settings, run.clock, SENDING_TIME)
    # The report is stored and the book is marked: no error of the alerts may change the run's result.
    except Exception as error:  # noqa: BLE001
        message = f"{type(error).__name__}: {error}"
        get_run_logger().error("alerts could not be evaluated after the run: %s", message)
        run.progress.event("note", STAGE, "failed", watch.seconds, None, f"alerts: {message}")
        await _add_stage(run, message, watch)


async def _add_stage(run: Run, message: str, watch: Stopwatch) -> None:
    try:
        await add_stage(run.store, run.run_id, {"name": STAGE, "seconds": round(watch.seconds, 3), "error": message})
    except StoreError as error:
        get_run_logger().error("and this error could not be stored: %s", error)
