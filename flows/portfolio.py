"""Portfolio: convictions -> the marked model book: contracts, NAV, P&L, orders."""

from __future__ import annotations

import polars as pl
from prefect import flow

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio.book_state_json import to_json
from desk.strategies import STRATEGIES
from tasks.run.continued_book import compute_book
from tasks.run.decision_plan import plan_decision
from tasks.run.decision_tickets import decision_tickets
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.run import Run
from tasks.run.stages import PortfolioResult, ProposedBook, Stopwatch, finish_stage, require_rows


@flow(name="portfolio", flow_run_name="portfolio-{run.day}", validate_parameters=False)
async def portfolio(run: Run, panel_input: PanelInput | None = None) -> PortfolioResult:
    """Reads the convictions that the signals stage stored, and writes the book's tables of the days after the last
    decision, from whose stored state the book goes on; of every day since its inception where it begins. The day's own
    orders are proposed to the gate, which alone issues them.

    `panel_input`: the transform stage's; built from the store when None. The list of orders may be empty. Raises
    StageFailed when the book or its positions have no row.
    """
    watch = Stopwatch()
    run.progress.event("stage", "portfolio", "started")
    panel_input = panel_input or await read_panel_input(run)
    book = await compute_book(run, await plan_decision(run), panel_input)
    today = pl.col("as_of") == run.as_of
    frames = {**book.frames, "action": book.frames["action"].filter(~today)}
    rows = require_rows("portfolio", {name: frames[name] for name in ("portfolio_state", "target_position")})
    tickets = await decision_tickets(run, book.frames)
    since = frames["portfolio_state"]["as_of"].to_list()[0]
    written = await run.store.write_gold(frames, run.run_id, (since, run.as_of))
    ids, strategies = load_desk_parameters().instrument_ids, [strategy.id for strategy in STRATEGIES]
    states = {decision_time(day): to_json(state, ids, strategies) for day, state in book.states.items()}
    proposed = ProposedBook(book.frames["action"].filter(today), tickets, states)
    return PortfolioResult(finish_stage(run, "portfolio", rows, written, watch), proposed)
