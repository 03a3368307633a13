"""Risk: the proposed book of each decision -> VaR and ES, components, DV01 ladder, repriced stress, limits."""

from __future__ import annotations

from prefect import flow

from tasks.run.measured_risk import measure_risk
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.run import Run
from tasks.run.stages import MeasuredRisk, ProposedBook, RiskResult, Stopwatch, finish_stage, require_rows


@flow(name="risk", flow_run_name="risk-{run.day}", validate_parameters=False)
async def risk(run: Run, proposed: ProposedBook, panel_input: PanelInput | None = None) -> RiskResult:
    """Measures what the portfolio stage proposes; the gate judges it, and writes it.

    `panel_input`: the transform stage's; built from the store when None. Raises StageFailed when there is no metric or
    no limit.
    """
    watch = Stopwatch()
    run.progress.event("stage", "risk", "started")
    panel_input = panel_input or await read_panel_input(run)
    frames, since = await measure_risk(run, proposed.frames, panel_input)
    rows = require_rows("risk", {name: frames[name] for name in ("risk_metrics_daily", "risk_limits_status")})
    return RiskResult(finish_stage(run, "risk", rows, None, watch), MeasuredRisk(frames, since))
