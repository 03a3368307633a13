"""Portfolio: convictions -> the marked model book from its inception: contracts, NAV, P&L, orders."""

from __future__ import annotations

from prefect import flow

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import run_book
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.run import Run
from tasks.run.stages import StageResult, Stopwatch, finish_stage, require_rows


@flow(name="portfolio", validate_parameters=False)
async def portfolio(run: Run, panel_input: PanelInput | None = None) -> StageResult:
    """Reads the convictions that the signals stage stored, and writes the book's tables from its inception on.

    `panel_input`: the transform stage's; built from the store when None. The list of orders may be empty. Raises
    StageFailed when the book or its positions have no row.
    """
    watch = Stopwatch()
    run.progress.event("stage", "portfolio", "started")
    panel_input = panel_input or await read_panel_input(run)
    since = decision_time(panel_input.inception)
    convictions = await run.store.read_gold("aggregated_signal", since, run.as_of)
    frames = run_book(panel_input.panel.values, convictions, load_desk_parameters(), panel_input.inception)
    rows = require_rows("portfolio", {name: frames[name] for name in ("portfolio_state", "target_position")})
    written = await run.store.write_gold(frames, run.run_id, (since, run.as_of))
    return finish_stage(run, "portfolio", rows, written, watch)
