"""Gate: the book that the portfolio stage proposes, against its own risk -> positions and orders, issued or not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl
from prefect import flow

from desk.catalog.defence import load_defence
from desk.gold import GATE_VERDICT, GATED_ORDER, GOLD, TICKET
from desk.risk.gate import FAILED, RELEASED, check_actions, stopped
from desk.risk.gate_limits import asks_for_the_book_without_orders
from desk.risk.gate_proposal import RELEASED_ORDERS, proposal_code, with_releases
from tasks.run.continued_book import compute_book
from tasks.run.data_weights import weigh_data
from tasks.run.decision_plan import plan_decision
from tasks.run.gate_input import read_gate_input
from tasks.run.measured_risk import Frames, first_day, measure_risk, measure_without_orders
from tasks.run.panel_input import PanelInput, read_panel_input
from tasks.run.position_changes import no_changes
from tasks.run.report_gold import RISK_TABLES
from tasks.run.run import Run
from tasks.run.stages import GateResult, MeasuredRisk, ProposedBook, Stopwatch, finish_stage, stored_states
from tasks.store import WriteCounts

VERDICT_TABLES = ("action_gate", "gate_verdict", "data_weight")
UNMEASURED = ("the risk of the orders is not known",)


@flow(name="gate", flow_run_name="gate-{run.day}", validate_parameters=False)
async def gate(
    run: Run, proposed: ProposedBook, measured: MeasuredRisk | None, panel_input: PanelInput | None = None
) -> GateResult:
    """Writes the book, its risk and the verdict on it; the day's orders and tickets where every check passes, or where
    a person has released these very orders.

    Else the day is held: the book is computed again without a decision on it, and its risk, so that the next day goes
    on from the positions as they were; the orders are kept in `gated_order`. So it is where the risk stage has no
    result (`measured` None) and where a required dataset is absent: no check is made then, and nobody can release such
    orders. Nobody sees a proposed position before this stage has written it.
    """
    watch = Stopwatch()
    run.progress.event("stage", "gate", "started")
    orders = proposed.frames["action"].filter(as_of=run.as_of)
    status = await run.store.read_gold("dataset_status", run.as_of, run.as_of)
    absent = run.catalog.required_absent(dict(status.select("dataset", "state").iter_rows()))
    if measured is None or absent:
        held = await _hold_the_day(run, panel_input or await read_panel_input(run), is_measured=measured is not None)
        # An earlier run of the day may have been judged: nothing of that stands for this one.
        gone = VERDICT_TABLES if measured is not None else (*VERDICT_TABLES, *RISK_TABLES)
        written = await _write(run, held, orders, {name: pl.DataFrame(schema=GOLD[name].schema) for name in gone})
        why = UNMEASURED if measured is None else tuple(f"required dataset {name} is absent" for name in absent)
        return GateResult(finish_stage(run, "gate", orders.height, written, watch), held.proposed.states, why)
    found = await read_gate_input(run, proposed, measured)
    if asks_for_the_book_without_orders(found):
        panel_input = panel_input or await read_panel_input(run)
        without = await measure_without_orders(run, proposed.frames, measured.frames, panel_input)
        found = replace(found, without=without)
    checks = check_actions(found, load_defence().gate)
    code = proposal_code(orders, found.today["portfolio_state"], checks)
    checks = with_releases(checks, code, [one.proposal for one in await run.store.action_releases(run.as_of)])
    is_stopped = stopped(checks)
    decided, kept = _Decided(proposed, measured), orders.clear()
    if is_stopped:
        kept = orders
        decided = await _hold_the_day(run, panel_input or await read_panel_input(run))
    state = "stopped" if is_stopped else "released" if (checks["state"] == RELEASED).any() else "issued"
    nav = found.today["portfolio_state"]["nav_brl"].to_list()
    verdict = {"as_of": run.as_of, "proposal": code, "state": state, "orders": orders.height, "nav_brl": nav[0]}
    frames = {
        "action_gate": checks,
        "gate_verdict": pl.DataFrame([verdict], schema=GATE_VERDICT.schema),
        "data_weight": await weigh_data(run, decided.book_and_risk, orders),
    }
    written = await _write(run, decided, kept, frames)
    stage = finish_stage(run, "gate", checks.height + orders.height - kept.height, written, watch)
    return GateResult(stage, decided.proposed.states, reasons(checks) if is_stopped else ())


def reasons(checks: pl.DataFrame) -> tuple[str, ...]:
    """The failed checks in words."""
    rules = load_defence().gate
    found = []
    for row in checks.filter(pl.col("state") == FAILED).iter_rows(named=True):
        rule = rules[row["check_id"]]
        if row["check_id"] == RELEASED_ORDERS:
            found.append(f"the orders are not those that a person released ({row['detail']})")
            continue
        value = "not finite" if row["value"] is None else f"{row['value']:,.4g}"
        found.append(f"{rule.name} {value}, at most {rule.threshold:g} ({row['detail'] or rule.unit})")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Decided:
    """The book that is written, and its risk where that is known."""

    proposed: ProposedBook
    measured: MeasuredRisk | None

    @property
    def book_and_risk(self) -> Frames:
        """The tables of both."""
        return {**self.proposed.frames, **(self.measured.frames if self.measured else {})}


async def _hold_the_day(run: Run, panel_input: PanelInput, *, is_measured: bool = True) -> _Decided:
    """The book with the run's day as one without a decision, and its risk."""
    plan = replace(await plan_decision(run), kind="held")
    book = await compute_book(run, plan, panel_input)
    proposed = ProposedBook(book.frames, pl.DataFrame(schema=TICKET.schema), no_changes(), stored_states(book))
    measured = MeasuredRisk(*await measure_risk(run, book.frames, panel_input)) if is_measured else None
    return _Decided(proposed, measured)


async def _write(
    run: Run, decided: _Decided, kept: pl.DataFrame, verdict: dict[str, pl.DataFrame]
) -> dict[str, WriteCounts]:
    """`kept`: the orders that are not issued; of a held day the book has none."""
    book, risk = decided.proposed, decided.measured
    frames = {
        **book.frames,
        **book.changes,
        "ticket": book.tickets,
        "gated_order": kept.select(list(GATED_ORDER.schema)),
        **verdict,
    }
    written = await run.store.write_gold(frames, run.run_id, (first_day(book.frames), run.as_of))
    if risk is not None:
        written |= await run.store.write_gold(risk.frames, run.run_id, (risk.since, run.as_of))
    return written
