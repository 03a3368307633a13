"""Risk: the book of each decision -> VaR and ES, components, DV01 ladder, repriced stress, limits."""

from __future__ import annotations

from prefect import flow

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time, desk_day
from desk.risk import run_risk
from flows.stages import StageResult, Stopwatch, done, require_rows
from flows.transform import history_start, panel_of
from tasks.run import Run

BOOK_TABLES = ("target_position", "portfolio_state")


@flow(name="risk", validate_parameters=False)
async def risk(run: Run) -> StageResult:
    """Reads the book that portfolio wrote, from its inception: backtests look back along it."""
    watch = Stopwatch()
    run.progress.event("stage", "risk", "started")
    panel = await panel_of(run)
    since = decision_time(run.inception)
    book = {name: await run.store.read_gold(name, since, run.as_of) for name in BOOK_TABLES}
    first = max(run.inception, history_start(run))
    days = [day for day in map(desk_day, book["portfolio_state"]["as_of"].to_list()) if day >= first]
    frames = run_risk(panel.values, book, load_desk_parameters(), days)
    rows = require_rows("risk", {name: frames[name] for name in ("risk_metrics_daily", "risk_limits_status")})
    written = await run.store.write_gold(frames, run.run_id, (decision_time(days[0]), run.as_of))
    return done(run, "risk", rows, written, watch)
