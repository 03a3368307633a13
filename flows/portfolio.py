"""Portfolio: convictions -> the marked model book: contracts, NAV, P&L, orders; as a proposal to the gate."""

from __future__ import annotations

from prefect import flow

from tasks.run.continued_book import compute_book
from tasks.run.decision_plan import plan_decision
from tasks.run.decision_tickets import decision_tickets
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.position_changes import explain_changes
from tasks.run.run import Run
from tasks.run.stages import PortfolioResult, ProposedBook, Stopwatch, finish_stage, require_rows, stored_states


@flow(name="portfolio", flow_run_name="portfolio-{run.day}", validate_parameters=False)
async def portfolio(run: Run, panel_input: PanelInput | None = None) -> PortfolioResult:
    """Reads the convictions that the signals stage stored, and computes the book's tables of the days after the last
    decision, from whose stored state the book goes on; of every day since its inception where it begins.

    Nothing of it is stored here: the gate alone writes positions and orders, once they are decided. `panel_input`: the
    transform stage's; built from the store when None. The list of orders may be empty. Raises StageFailed when the book
    or its positions have no row.
    """
    watch = Stopwatch()
    run.progress.event("stage", "portfolio", "started")
    panel_input = panel_input or await read_panel_input(run)
    plan = await plan_decision(run)
    book = await compute_book(run, plan, panel_input)
    rows = require_rows("portfolio", {name: book.frames[name] for name in ("portfolio_state", "target_position")})
    tickets = await decision_tickets(run, book.frames)
    changes = await explain_changes(run, plan, panel_input, book)
    proposed = ProposedBook(book.frames, tickets, changes, stored_states(book))
    return PortfolioResult(finish_stage(run, "portfolio", rows, None, watch), proposed)
