"""Risk: the book of each decision -> VaR and ES, components, DV01 ladder, repriced stress, limits."""

from __future__ import annotations

from prefect import flow

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time, desk_day
from desk.risk import run_risk
from tasks.run.episode_levels import read_episode_levels
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.run import Run
from tasks.run.stages import StageResult, Stopwatch, finish_stage, require_rows

BOOK_TABLES = ("target_position", "portfolio_state", "pnl_by_strategy")


@flow(name="risk", flow_run_name="risk-{run.day}", validate_parameters=False)
async def risk(run: Run, panel_input: PanelInput | None = None) -> StageResult:
    """Reads the book that the portfolio stage stored, from its inception, which the backtests need.

    `panel_input`: the transform stage's; built from the store when None. Raises StageFailed when there is no metric or
    no limit.
    """
    watch = Stopwatch()
    run.progress.event("stage", "risk", "started")
    panel_input = panel_input or await read_panel_input(run)
    panel, inception = panel_input.panel, panel_input.inception
    parameters = load_desk_parameters()
    since = decision_time(inception)
    book = {name: await run.store.read_gold(name, since, run.as_of) for name in BOOK_TABLES}
    first = max(inception, run.history_start)
    days = [day for day in map(desk_day, book["portfolio_state"]["as_of"].to_list()) if day >= first]
    archive = await read_episode_levels(run, parameters.dated, panel.days[0])
    frames = run_risk(panel.values, book, parameters, days, archive)
    rows = require_rows("risk", {name: frames[name] for name in ("risk_metrics_daily", "risk_limits_status")})
    written = await run.store.write_gold(frames, run.run_id, (decision_time(days[0]), run.as_of))
    return finish_stage(run, "risk", rows, written, watch)
