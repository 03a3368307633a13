"""Gate: the book that the portfolio stage proposes, against its own risk -> its orders, issued or not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
from prefect import flow

from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import load_desk_parameters
from desk.gold import GATED_ORDER
from desk.model import decision_time
from desk.portfolio.book_state_json import to_json
from desk.risk.gate import FAILED, RELEASED, check_actions, stopped
from desk.strategies import STRATEGIES
from flows.risk import risk
from tasks.run.continued_book import compute_book
from tasks.run.decision_plan import plan_decision
from tasks.run.gate_input import read_gate_input
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.run import Run
from tasks.run.stages import GateResult, ProposedBook, Stopwatch, finish_stage


@flow(name="gate", flow_run_name="gate-{run.day}", validate_parameters=False)
async def gate(run: Run, proposed: ProposedBook, panel_input: PanelInput | None = None) -> GateResult:
    """Writes `action_gate`, and orders and tickets where every check passes or a person has released them.

    Else the day is held: the book is computed again without a decision on it, and its risk, so that the next day goes
    on from the positions as they were; the orders are kept in `gated_order`.
    """
    watch = Stopwatch()
    run.progress.event("stage", "gate", "started")
    checks = check_actions(await read_gate_input(run, proposed.orders), load_defence().gate)
    release = await run.store.action_release(run.as_of)
    is_stopped = stopped(checks) and release is None
    states, issued, kept = proposed.states, proposed.orders, proposed.orders.clear()
    tickets = proposed.tickets
    if is_stopped:
        states = await _hold_the_day(run, panel_input or await read_panel_input(run))
        issued, kept, tickets = kept, issued, tickets.clear()
    elif release is not None:
        failed = pl.col("state") == FAILED
        checks = checks.with_columns(state=pl.when(failed).then(pl.lit(RELEASED)).otherwise("state"))
    frames = {
        "action": issued,
        "ticket": tickets,
        "action_gate": checks,
        "gated_order": kept.select(list(GATED_ORDER.schema)),
    }
    written = await run.store.write_gold(frames, run.run_id, (run.as_of, run.as_of))
    stage = finish_stage(run, "gate", checks.height + issued.height, written, watch)
    return GateResult(stage, states, reasons(checks) if is_stopped else ())


def reasons(checks: pl.DataFrame) -> tuple[str, ...]:
    """The failed checks in words."""
    rules = load_defence().gate
    found = []
    for row in checks.filter(pl.col("state") == FAILED).iter_rows(named=True):
        rule = rules[row["check_id"]]
        value = "not finite" if row["value"] is None else f"{row['value']:,.4g}"
        found.append(f"{rule.name} {value}, at most {rule.threshold:g} ({row['detail'] or rule.unit})")
    return tuple(found)


async def _hold_the_day(run: Run, panel_input: PanelInput) -> dict[dt.datetime, str]:
    """Writes the book and its risk with the run's day as one without a decision. Returns the books after the days."""
    plan = replace(await plan_decision(run), kind="held")
    book = await compute_book(run, plan, panel_input)
    since = book.frames["portfolio_state"]["as_of"].to_list()[0]
    await run.store.write_gold(book.frames, run.run_id, (since, run.as_of))
    await risk(run, panel_input)
    ids, strategies = load_desk_parameters().instrument_ids, [strategy.id for strategy in STRATEGIES]
    return {decision_time(day): to_json(state, ids, strategies) for day, state in book.states.items()}
